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
    logging.basicConfig(level=level, handlers=[handler])
    for noisy in ("httpx", "httpcore", "telegram", "urllib3", "alembic", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It warns of each beat it leaves out because the one before is still at work, as it should.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
