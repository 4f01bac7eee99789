"""Texts: both languages say the same things, and moments read as people write them."""

from datetime import UTC, date, datetime, time
from string import Formatter
from typing import Any

import pytest

from bot.delivery.wording import Wording, texts
from bot.rules.calendar.zone import at
from bot.rules.refused import MoveRefused
from bot.rules.tickets.lifecycle import Verb
from storage.records import DeadlineStatus, Ticket, TicketState

ZH, EN = Wording("zh"), Wording("en")


def sh(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """A moment in Asia/Shanghai."""
    return at(day, time(hour, minute))


def placeholders(text: str) -> set[str]:
    """The names a text wants filled."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def ticket(**given: Any) -> Ticket:
    """A ticket of the story with other lines."""
    values: dict[str, Any] = {
        "id": 1,
        "source": "省平台",
        "number": "FJ-1",
        "policy": "monitor_1wd",
        "policy_key": "k",
        "account_id": 1,
        "unit_id": 1,
        "platform": "微信公众号",
        "account_name": "水清三明",
        "received_at": sh(date(2021, 8, 23), 10),
        "created_at": sh(date(2021, 8, 23), 10),
        "deadline_status": DeadlineStatus.OK,
        "calendar_revision": "base",
        "due_day": date(2021, 8, 24),
        "target_at": sh(date(2021, 8, 24), 18),
        "due_at": sh(date(2021, 8, 25)),
    }
    return Ticket(**values | given)


def test_both_languages_have_the_same_texts() -> None:
    assert texts("zh").keys() == texts("en").keys()


@pytest.mark.parametrize("key", sorted(texts("zh")))
def test_both_languages_fill_the_same_placeholders(key: str) -> None:
    # How a day is put together is a language's own affair.
    assert placeholders(texts("zh")[key]) == placeholders(texts("en")[key])
    assert texts("zh")[key].strip()
    assert "" not in placeholders(texts("zh")[key])


def test_a_missing_text_or_parameter_is_an_error() -> None:
    with pytest.raises(KeyError):
        ZH("chat.no_such_text")
    with pytest.raises(KeyError):
        ZH("chat.completed", number="FJ-1")
    assert not ZH.has("chat.no_such_text")
    assert ZH.has("chat.completed")


def test_values_are_put_in_as_they_are() -> None:
    text = ZH("chat.paste", text="{number} %s {0}")
    assert text.endswith("{number} %s {0}")


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (MoveRefused("not_yours", number="FJ-1"), "工单 FJ-1 不归您办理，未作任何记录。发送“我的工单”查看。"),
        (MoveRefused("unknown_ticket", number="FJ-1"), "工单 FJ-1 不存在或不归您办理。发送“我的工单”查看。"),
        (
            MoveRefused("already_acknowledge", number="FJ-1", who="张三", at=datetime(2021, 8, 23, 6, 2, tzinfo=UTC)),
            "工单 FJ-1 已由张三于8月23日（周一）14:02签收，无需再签收。",
        ),
        (
            MoveRefused("already_complete", number="FJ-1", who="张三", at=datetime(2021, 8, 23, 6, 2, tzinfo=UTC)),
            "工单 FJ-1 已由张三于8月23日（周一）14:02办结，无需再答复。",
        ),
        (
            MoveRefused("wrong_state", number="FJ-1", state=TicketState.VOID, verb=Verb.COMPLETE),
            "工单 FJ-1 现在是“无需整改”，不能办结。",
        ),
        (
            MoveRefused("reason_needed", number="FJ-1", verb=Verb.RETURN),
            "请写明理由（至少两个字），例如“退回 FJ-1 理由”。",
        ),
    ],
)
def test_refusals_are_whole_sentences(refused: MoveRefused, said: str) -> None:
    assert ZH.refusal(refused) == said
    assert "{" not in EN.refusal(refused)


def test_moments_are_read_in_sanming() -> None:
    moment = datetime(2021, 8, 23, 16, 5, tzinfo=UTC)
    assert ZH.moment(moment) == "8月24日（周二）00:05"
    assert ZH.moment_short(moment) == "8月24日00:05"
    assert ZH.day(date(2021, 12, 1)) == "12月1日"
    assert ZH.day_with_year(date(2027, 1, 4)) == "2027年1月4日"
    assert EN.moment(moment) == "24 August (Tue) 00:05"
    with pytest.raises(ValueError):
        ZH.moment(datetime(2021, 8, 23))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({}, "8月24日18:00前办结，最迟24:00"),
        ({"target_at": sh(date(2021, 8, 24), 18), "due_at": sh(date(2021, 8, 24), 18)}, "8月24日18:00前办结"),
        ({"target_at": sh(date(2021, 8, 25)), "due_at": sh(date(2021, 8, 25))}, "8月24日24:00前办结"),
        (
            {"target_at": sh(date(2021, 8, 24), 18), "due_at": sh(date(2021, 8, 25), 9)},
            "8月24日18:00前办结，最迟8月25日09:00",
        ),
        (
            {"target_at": sh(date(2021, 8, 27), 18), "due_at": sh(date(2021, 8, 29))},
            "8月27日18:00前办结，最迟8月28日24:00",
        ),
        (
            {
                "deadline_status": DeadlineStatus.UNPUBLISHED,
                "target_at": None,
                "due_at": None,
                "earliest_day": date(2027, 1, 4),
            },
            "时限待定（节假日安排尚未公布），不早于2027年1月4日",
        ),
    ],
)
def test_both_lines_of_a_time_limit(lines: dict[str, Any], said: str) -> None:
    assert ZH.due(ticket(**lines)) == said
