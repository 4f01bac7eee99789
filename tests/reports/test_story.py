"""A ticket's story has a sentence for every kind of line its journal can hold, in both languages."""

from datetime import UTC, datetime

import pytest

from bot.delivery.wording import Language, Wording
from bot.reports.story import story_lines
from storage.records import JournalKind, JournalLine, TicketStory
from tests.cast.values import NOON, ticket
from tests.rules.calendar.oracle import CALENDAR

K = JournalKind
# Of the system journal, which is no ticket's; a climbed rung shows in who was told.
ELSEWHERE = {
    *(K.LEAVE, K.BACK, K.BOUND, K.BIND_CODE, K.BIND_ASKED, K.BIND_LOCKED, K.BIND_CODE_SHOWN, K.LEAVER_ERASED),
    *(K.REKEYED, K.UNREACHABLE, K.REACHABLE, K.SIGNIN_LINK, K.REGISTER_IMPORTED),
    *(K.CALENDAR_PROPOSED, K.CALENDAR_APPROVED, K.CALENDAR_REFUSED, K.CALENDAR_WITHDRAWN),
    *(K.CLOSURE_DECIDED, K.CLOSURE_WITHDRAWN, K.STEP, K.UNKNOWN),
    *(K.REGISTER_IMPORTED, K.REGISTER_CHANGED, K.BREAK_ACCEPTED),
}
DATA = {
    "source": "省平台",
    "step": "overdue",
    "to": 1,
    "channel": "wecom",
    "state": "accepted",
    "document": "通知",
    "from": {},
    "text": "已改",
    "name": "图.png",
    "verb": "acknowledge",
    "target": "三明林业",
    "policy": "monitor_1wd",
    "role": "primary",
    **dict.fromkeys(("until", "was"), datetime(2021, 8, 26, tzinfo=UTC).isoformat()),
}


def told(kind: JournalKind, language: Language) -> str:
    data = {**DATA, "to": {}} if kind == K.DEADLINE_MOVED else DATA
    line = JournalLine(ticket_id=12, seq=1, kind=kind, at=NOON, actor="person:1", data=data)
    story = TicketStory(ticket=ticket(), unit="市水利局", lines=(line,), messages=(), evidence=(), names={1: "甲"})
    return story_lines(story, CALENDAR, Wording(language), NOON)[3]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", sorted(set(JournalKind) - ELSEWHERE))
def test_every_kind_of_line_has_a_sentence(kind: JournalKind, language: Language) -> None:
    assert told(K.UNKNOWN, language).split("  ")[1].startswith(Wording(language)("story.other"))
    assert Wording(language)("story.other") not in told(kind, language)


def test_a_line_of_a_later_version_is_shown_as_one() -> None:
    assert JournalKind("brought by pigeon") is K.UNKNOWN
