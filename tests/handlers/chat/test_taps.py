"""Buttons: equal to words; old, foreign and forged ones are refused, with the present state where one may know it."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from handlers.chat.platforms.heard import Heard, HeardFile, HeardKind
from handlers.chat.reply import Reply
from storage.records import MessageKind, TicketState
from storage.tables import evidence
from tests.cast.office import Office, pressable
from tests.cast.rows import open_of_person
from tests.fakes.stage import ScriptedStage


@pytest.fixture
def told(office: Office) -> Office:
    """FJ-1 came on Monday at 10:00; 甲 and 乙 heard."""
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    return office


def code(office: Office, name: str, number: str = "FJ-1") -> str:
    """A button's code for a ticket."""
    return f"{name}:{office.ticket(number).id}"


def test_every_button_under_a_ticket_does_what_its_words_do(told: Office) -> None:
    assert told.taps("jia", code(told, "ack")).text.startswith("已签收：FJ-1")
    assert "为第1个工作日" in told.taps("jia", code(told, "why")).text
    assert "状态：处理中" in told.taps("jia", code(told, "ticket")).text
    assert told.taps("jia", code(told, "done")).text.startswith("已记录：FJ-1")


def labels(reply: Reply) -> list[str]:
    return [label for label, _ in reply.buttons]


def test_a_ticket_looked_at_shows_every_button_that_fits_its_state(told: Office) -> None:
    assert labels(told.says("jia", "工单 FJ-1")) == ["签收", "办结", "延期", "误报", "转派", "转另一角"]
    told.says("jia", "签收")
    assert labels(told.says("jia", "工单")) == ["办结", "延期", "误报", "转派", "转另一角"]
    told.says("jia", "延期 到8月26日 等待平台审核")
    told.expect("ding", "request_extension")
    assert labels(told.says("jia", "工单")) == ["办结", "误报", "转派", "转另一角"]
    # Who decides sees the verdict, and the desk nothing it might press by mistake.
    assert labels(told.says("wu", "工单 FJ-1")) == ["同意", "不同意", "为什么"]
    told.says("jia", "已删除")
    assert labels(told.says("jia", "工单 FJ-1")) == ["为什么"]
    back = told.says("wu", "工单 FJ-1")
    assert labels(back) == ["退回", "为什么"]
    assert told.taps("wu", dict(back.buttons)["退回"]).text.startswith("请写明理由")
    assert labels(told.says("wu", "链接仍可打开")) == ["为什么"]
    told.forget()
    told.says("jia", "已删除")


def test_a_ticket_looked_at_says_what_the_card_said(told: Office) -> None:
    told.receives("FJ-9", suggestion="改为水利部门", url="https://example.gov.cn/1")
    told.forget()
    text = told.says("jia", "工单 FJ-9").text
    assert "建议：改为水利部门" in text
    assert "链接：https://example.gov.cn/1" in text
    told.says("jia", "办结 FJ-9 已改")
    told.says("jia", "办结 FJ-1 已改")


def test_a_button_that_needs_words_asks_for_them_and_leaves_the_card(told: Office) -> None:
    for name, question in (("false", "请写明理由"), ("more", "请问延到何时"), ("move", "请问转给谁")):
        reply = told.taps("jia", code(told, name))
        assert reply.text.startswith(question)
        assert reply.keeps_card
    told.taps("jia", code(told, "hand"))
    told.expect("yi", "handed_over")
    told.says("jia", "已删除")


def test_an_old_button_is_refused_with_who_did_it_and_when_and_what_can_still_be_done(told: Office) -> None:
    told.says("yi", "签收")
    told.at("08-23 11:00")
    reply = told.taps("jia", code(told, "ack"))
    assert reply.text == "工单 FJ-1 已由乙于8月23日（周一）10:00签收，无需再签收。"
    assert [label for label, _ in reply.buttons] == ["办结", "为什么"]
    told.says("yi", "已删除")
    late = told.taps("jia", code(told, "done"))
    assert late.text == "工单 FJ-1 已由乙于8月23日（周一）11:00办结，无需再答复。"
    assert [label for label, _ in late.buttons] == ["为什么"]
    assert [one.kind for one in told.story("FJ-1") if one.actor.startswith("person")] == ["acknowledge", "complete"]


def test_somebody_elses_button_is_refused_in_private_and_on_record_once(told: Office) -> None:
    for _ in range(3):
        reply = told.taps("ji", code(told, "done"))
        assert (reply.private, reply.reason) == (True, "not_visible")
        assert "FJ-1" not in reply.text
    [line] = told.story("FJ-1", "denied")
    assert (line.actor, line.data["verb"]) == (f"person:{told.people['ji']}", "complete")
    assert told.ticket("FJ-1").state == TicketState.NEW
    told.says("jia", "已删除")


def test_who_may_only_look_presses_in_vain(told: Office) -> None:
    reply = told.taps("ding", code(told, "ack"))
    assert (reply.private, reply.reason) == (True, "not_yours")
    assert told.ticket("FJ-1").state == TicketState.NEW
    assert [one.data["verb"] for one in told.story("FJ-1", "denied")] == ["acknowledge"]
    assert [label for label, _ in told.says("ding", "工单 FJ-1").buttons] == ["为什么"]
    told.says("jia", "已删除")


@pytest.mark.parametrize(
    "action",
    [
        "drop:1",
        "ack",
        "ack:",
        "ack:x",
        "ack:-1",
        "ack:１",
        "ack:1;done:2",
        "ok:999",
        "no:",
        "done:" + "9" * 30,
        "签收：1",
    ],
)
def test_a_forged_code_does_nothing(told: Office, action: str) -> None:
    reply = told.taps("jia", action)
    assert reply.text.startswith("这个按钮已不能使用，未作任何记录。")
    assert (reply.private, reply.aside) == (True, True)
    assert told.ticket("FJ-1").state == TicketState.NEW
    told.says("jia", "已删除")


def test_the_code_of_a_ticket_that_is_not_there(told: Office) -> None:
    assert told.taps("jia", "done:4711").reason == "not_visible"
    told.says("jia", "已删除")


def test_a_button_of_a_decided_request_does_not_decide_the_next(told: Office) -> None:
    told.says("jia", "延期 到8月26日 等待平台审核")
    first = pressable(told.expect("ding", "request_extension"))
    told.taps("ding", first["不同意"])
    for who in ("jia", "yi"):
        told.expect(who, "notice:extension_refused")
    told.says("jia", "延期 到8月27日 仍在等待审核")
    told.expect("ding", "request_extension")
    assert "已由丁于8月23日（周一）10:00答复不同意" in told.taps("ding", first["同意"]).text
    assert told.ticket("FJ-1").due_day == told.moment("08-24 12:00").date()
    told.says("jia", "已删除")


def test_two_requests_on_one_ticket_are_told_apart(told: Office) -> None:
    told.says("jia", "延期 到8月26日 等待平台审核")
    told.says("jia", "误报 原文为引用古籍")
    told.expect("ding", "request_extension")
    told.expect("ding", "request_dispute")
    reply = told.says("ding", "同意 FJ-1")
    assert reply.text.startswith("有2项申请等待您答复，请问同意哪一项？")
    assert reply.text.splitlines()[2].startswith("2. FJ-1（水清三明）甲于8月23日10:00申诉误报")
    assert [label for label, _ in reply.buttons] == ["同意 1", "同意 2"]
    shown = told.says("ding", "工单 FJ-1")
    assert "甲于8月23日10:00申请延期至8月26日24:00，等待答复。理由：等待平台审核" in shown.text
    assert [label for label, _ in shown.buttons] == ["同意", "不同意", "为什么"]
    assert "已同意：FJ-1（水清三明）延期" in told.says("ding", "同意延期 FJ-1").text
    for who in ("jia", "yi"):
        told.expect(who, "notice:extension_granted")
    assert "认定为误报" in told.says("ding", "同意").text
    for who in ("jia", "yi"):
        told.expect(who, "notice:dispute_granted")


def heard(event: str, at: datetime, **given: Any) -> dict[str, Heard]:
    """Something 甲 did in a group, by its event id."""
    group = {"chat": "group", "in_group": True, "card": "card-1", "callback": "cb"}
    values: dict[str, Any] = {"kind": HeardKind.TAP, "event_id": event, "address": "chat:jia", "at": at, **group}
    return {event: Heard(**values | given)}


def answers(office: Office, who: str) -> list[dict[str, object]]:
    """Where the answers to a person go, and what they say."""
    with office.database.read() as conn:
        found = [one for one in open_of_person(conn, office.people[who]) if one.kind == MessageKind.ANSWER]
    return [asdict(one.params) for one in found]


def test_in_a_group_a_refusal_goes_to_the_person_alone_and_the_card_stays(told: Office) -> None:
    told.listens("chat", **heard("e1", told.clock.now(), address="chat:ji", action=code(told, "done")))
    [answer] = answers(told, "ji")
    assert answer["to"] == {
        "channel": "chat", "address": "chat:ji", "reply_to": "", "edits": "", "callback": "cb", "private": "chat:ji",
    }  # fmt: skip
    told.settle().forget()
    told.says("jia", "已删除")


def test_in_a_group_a_good_answer_stays_there_and_the_card_changes(told: Office) -> None:
    told.listens("chat", **heard("e1", told.clock.now(), action=code(told, "ack")))
    [answer] = answers(told, "jia")
    assert (answer["to"]["address"], answer["to"]["edits"]) == ("group", "card-1")  # type: ignore[index]
    told.settle().forget()
    assert told.ticket("FJ-1").state == TicketState.ACKNOWLEDGED
    told.says("jia", "已删除")


class Camera(ScriptedStage):
    """A channel from which pictures can be fetched."""

    async def fetch(self, reference: str) -> bytes:
        """Return a picture."""
        return b"picture " + reference.encode()


def test_pictures_after_the_question_go_with_the_ticket(database_url: str, tmp_path: Path) -> None:
    office = Office(database_url, tmp_path, stage=[Camera(name="chat")])
    office.at("08-23 10:00").receives("FJ-1", "FJ-2")

    def picture(event: str) -> dict[str, Heard]:
        files = (HeardFile(reference=event, name="截图.png", media_type="image/png"),)
        return heard(event, office.clock.now(), kind=HeardKind.TEXT, files=files, in_group=False, chat="", card="")

    office.listens("chat", **picture("p1"))
    assert "不清楚文件属于哪件工单，还没有保存" in str(answers(office, "jia")[-1]["text"])
    office.says("jia", "误报 FJ-2")
    office.listens("chat", **picture("p2"))
    with office.database.read() as conn:
        assert conn.execute(select(evidence.c.ticket_id)).scalars().all() == [office.ticket("FJ-2").id]
    assert "理由：原文为引用古籍" in office.says("jia", "原文为引用古籍").text
    office.settle().forget()
    office.close()
