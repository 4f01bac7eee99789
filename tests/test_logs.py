"""What a log holds when much goes wrong at once."""

import logging

from bot.logs import Flood, JsonLines


def record(second: float, message: str, *, error: bool = True, **extra: object) -> logging.LogRecord:
    raised = None
    if error:
        try:
            raise ConnectionError("away")
        except ConnectionError as reason:
            raised = (ConnectionError, reason, reason.__traceback__)
    made = logging.LogRecord("bot.scheduler", logging.ERROR, "here.py", 1, message, (), raised)
    made.created = second
    vars(made).update(extra)
    return made


def test_the_same_trouble_is_written_once_a_minute_and_counted() -> None:
    flood = Flood()
    written = [second for second in range(150) if flood.filter(record(second, "beat failed", beat="tick"))]
    assert written == [0, 60, 120]
    last = record(181, "beat failed", beat="tick")
    assert flood.filter(last)
    assert '"repeated": 29' in JsonLines().format(last)


def test_different_troubles_are_all_written() -> None:
    flood = Flood()
    assert all(flood.filter(record(0, "set aside", error=False, ticket_id=number)) for number in range(2_000))
    assert flood.filter(record(0, "beat failed", beat="tick"))
    assert flood.filter(record(0, "beat failed", beat="brief"))


def test_what_merely_happens_is_never_left_out() -> None:
    flood = Flood()
    plain = logging.LogRecord("bot", logging.INFO, "here.py", 1, "ready", (), None)
    assert all(flood.filter(plain) for _ in range(5))


def test_few_traces_a_minute_and_then_only_the_name_of_the_error() -> None:
    flood = Flood(traces=3)
    lines = []
    for number in range(5):
        one = record(0, f"trouble {number}")
        assert flood.filter(one)
        lines.append(JsonLines().format(one))
    assert ["Traceback" in line for line in lines] == [True, True, True, False, False]
    assert '"exception": "ConnectionError"' in lines[4]


def test_a_clock_set_back_does_not_silence_the_log() -> None:
    flood = Flood()
    assert flood.filter(record(1_000, "beat failed"))
    assert flood.filter(record(10, "beat failed"))


def test_an_hour_of_outage_stays_small() -> None:
    flood, size = Flood(), 0
    for second in range(3_600):
        for beat in ("tick", "brief", "weekly", "warn", "drain"):
            one = record(second, "beat failed", beat=beat)
            if flood.filter(one):
                size += len(JsonLines().format(one))
    assert size < 300_000
