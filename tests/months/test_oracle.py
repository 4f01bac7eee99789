"""The oracle itself can fail: any digit that is changed is found, and so is every promise that is broken."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from bot.rules.calendar.zone import SHANGHAI
from bot.simulator.scenario import Scenario
from tests.months.numbers import Auditor
from tests.months.promises import broken
from tests.months.test_numbers import office, ticket
from tests.months.world import Line, World
from tests.months.writing import play

AT = datetime(2021, 8, 23, 10, tzinfo=SHANGHAI)
SAID = ((30, "jia", "签收 FJ-0"), (40, "jia", "延期 FJ-1 到8月26日 “服务商排期已满”"), (50, "sup", "同意 FJ-1"))
OTHER = str.maketrans("0123456789", "1234567890")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, Sequence[Line]]:
    """Two tickets, one of them extended, both overdue, one finished at last."""
    events = [ticket(place, AT, "monitor_1wd", AT) for place in (0, 1)]
    events += [{"at": AT + timedelta(minutes=after), "say": {"person": who, "text": said}} for after, who, said in SAID]
    events.append({"at": AT + timedelta(days=10), "say": {"person": "jia", "text": "办结 FJ-0 已整改"}})
    return play(office("monitor_1wd", AT, AT + timedelta(days=12), events), tmp_path_factory.mktemp("oracle"))


def test_any_digit_that_is_changed_is_found(played: tuple[Scenario, Sequence[Line]]) -> None:
    scenario, lines = played
    auditor = Auditor(World(scenario), "zh")
    missed, tried = [], 0
    for line in lines:
        if line["event"] == "message":
            text = auditor.world.mask(line["text"])
            for place in (place for place, sign in enumerate(text) if sign.isdigit()):
                changed = text[:place] + text[place].translate(OTHER) + text[place + 1 :]
                tried += 1
                if not [*auditor.read(line | {"text": changed})]:
                    missed.append(f"{line['step'] or line['kind']}: {text[max(0, place - 12) : place + 6]!r}")
        assert [*auditor.wrong(line)] == []
    assert tried > 1_000
    assert missed == []


def test_every_promise_that_is_broken_is_found(played: tuple[Scenario, Sequence[Line]]) -> None:
    scenario, lines = played
    assert broken(scenario, lines) == []
    first = next(line for line in lines if line["event"] == "message")
    last = next(line for line in reversed(lines) if line["event"] == "message" and line["step"] == "still_overdue")
    sunday = first | {"at": "2021-08-29T10:00:00+08:00", "text": "another"}
    below = {"jia", "yi", "lead"}
    cases = {
        "told_twice": [*lines, first],
        "outside_hours": [*lines, sunday],
        "outside_the_area": [*lines, first | {"to": "li", "text": "another"}],
        "without_content": [
            line | {"text": line["text"].replace("https", "")} if line is first else line for line in lines
        ],
        "forgotten": [line for line in lines if line.get("step") != "still_overdue" or line["to"] not in below],
        "chased": [*lines, last | {"ticket": "FJ-0", "at": "2021-09-03T10:00:00+08:00", "text": "another"}],
        "accused_first": [line for line in lines if line.get("to") not in ("jia", "yi")],
    }
    for promise, spoilt in cases.items():
        assert promise in {fault.partition(":")[0] for fault in broken(scenario, spoilt)}, promise
