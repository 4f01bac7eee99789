"""Structured logs: one JSON object a line, without phone numbers and secrets."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

# Mainland mobile numbers; e-mail and web addresses keep their digits.
PHONE = re.compile(r"(?<![\d-])(?:\+?86[- ]?)?(1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?!\d)")
SECRET = re.compile(r"((?:corpsecret|secret|access_token|token|key|password)[=:]\s*)[^&\s\"']+", re.IGNORECASE)
BOT_TOKEN = re.compile(r"(?<!\d)\d{6,12}(?::|%3A)[A-Za-z0-9_-]{30,}")  # in an address it follows "/bot" at once
PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def scrub(text: str) -> str:
    """Mask phone numbers and secrets in a text that goes to a log."""
    return SECRET.sub(r"\1***", BOT_TOKEN.sub("***", PHONE.sub(r"\1****\2", text)))


class Flood(logging.Filter):
    """Lets the same trouble through once a minute, with how often it came meanwhile, and few traces a minute in all.

    A database that is away for an hour, or a thousand half-open connections, must not fill the disk.
    """

    def __init__(self, seconds: float = 60.0, traces: int = 20, kinds: int = 1_000) -> None:
        super().__init__()
        self._seconds, self._traces, self._kinds = seconds, traces, kinds
        self._seen: dict[tuple[object, ...], tuple[float, int]] = {}  # since when, and how often left out since
        self._since, self._traced = 0.0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written; a trace too many is taken off it."""
        if record.levelno < logging.WARNING:
            return True
        moment = record.created
        kind = _kind(record)
        since, left_out = self._seen.get(kind, (None, 0))
        if since is not None and 0 <= moment - since < self._seconds:
            self._seen[kind] = (since, left_out + 1)
            return False
        if len(self._seen) >= self._kinds:
            self._seen.clear()
        self._seen[kind] = (moment, 0)
        if left_out:
            record.repeated = left_out
        self._spare_trace(record, moment)
        return True

    def _spare_trace(self, record: logging.LogRecord, moment: float) -> None:
        if not record.exc_info:
            return
        if not 0 <= moment - self._since < self._seconds:
            self._since, self._traced = moment, 0
        self._traced += 1
        if self._traced > self._traces:
            record.exception = getattr(record.exc_info[0], "__name__", "")
            record.exc_info = None


def _kind(record: logging.LogRecord) -> tuple[object, ...]:
    """What makes two records the same: where they come from, what they say, and the kind of exception."""
    extra = {key: value for key, value in vars(record).items() if key not in PLAIN}
    raised = record.exc_info[0] if record.exc_info else None
    return record.name, record.levelno, record.getMessage()[:200], raised, str(sorted(extra.items()))[:200]


class JsonLines(logging.Formatter):
    """Writes time, level, logger, message and the extra fields of a record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in PLAIN}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return scrub(json.dumps(line, ensure_ascii=False, default=str))


def set_up(level: str) -> None:
    """Send all logs to stderr as JSON lines; libraries that print addresses with secrets are kept quiet."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(Flood())
    logging.basicConfig(level=level, handlers=[handler])
    for noisy in ("httpx", "httpcore", "telegram", "urllib3", "alembic", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It warns of each beat it leaves out because the one before is still at work, as it should.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
