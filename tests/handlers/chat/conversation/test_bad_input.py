"""Whatever comes is kept and answered, politely."""

import json
import logging

import pytest
from sqlalchemy import text, update

from storage.people import register
from storage.records import AnswerTo, InboundState, MessageKind, PersonDraft
from storage.tables import policies
from tests.cast.proof import checked
from tests.cast.rows import open_of_person
from tests.handlers.chat.conversation.office import NUMBER, Office, kept


class TestBadInput:
    def test_strangers_and_people_who_left_get_a_polite_sentence(self, one: Office) -> None:
        with one.database.begin() as conn:
            unit = one.context.directory(conn).people[one.people["甲"]].unit_id
            register.save_person(conn, PersonDraft(name="甲", unit_id=unit, active=False))
        for who in ("甲", "nobody"):
            reply = one.say(who, "办结 已删除", event=f"s-{who}")
            assert reply.text.startswith("通讯录里没有您的登记")
            assert kept(one, f"s-{who}")["state"] == InboundState.SET_ASIDE
        assert one.ticket(NUMBER).state == "new"

    @pytest.mark.parametrize("words", ["", "  \n", "\u200b\ufeff", "\x00"])
    def test_no_text(self, one: Office, words: str) -> None:
        assert one.say("甲", words, event="none").text.startswith("没有收到文字内容")
        assert kept(one, "none")["reason"] == "没有文字"

    def test_5000_characters_are_cut_with_a_word_and_kept_whole_raw(self, one: Office) -> None:
        words = "已删除" + "长" * 5_000
        reply = one.say("甲", words, event="long")
        text = one.ticket(NUMBER).completion_text
        assert len(text) == 2_000
        assert text.endswith("长（原文过长，已截断）")
        assert reply.text.endswith(text)
        assert json.loads(str(kept(one, "long")["raw"]))["text"] == words
        assert one.story(NUMBER)[0].data["raw"] == words

    @pytest.mark.parametrize(
        ("words", "stored"),
        [
            ("已删除👨‍👩‍👧👌", "已删除👨‍👩‍👧👌"),
            ("已\x00删除\x00该文", "已删除该文"),
            ("已删除\ud83d该文", "已删除该文"),
            ("已删除\u202e该文\x1b[31m", "已删除该文[31m"),
            ("办结 已删除'；DROP TABLE tickets; --", "已删除'；DROP TABLE tickets; --"),
            ("已删除{number}%s", "已删除{number}%s"),
        ],
    )
    def test_odd_characters(self, one: Office, words: str, stored: str) -> None:
        reply = one.say("甲", words, event="odd")
        assert one.ticket(NUMBER).completion_text == stored
        assert stored in reply.text
        assert json.loads(str(kept(one, "odd")["raw"]))["text"] == words
        with one.database.read() as conn:
            assert [broken for _, broken in checked(conn) if broken] == []

    def test_long_and_unprintable_event_ids_are_still_unique(self, one: Office) -> None:
        event = "签收\x00" * 200
        assert not one.say("甲", "签收", event=event).repeated
        assert one.say("甲", "签收", event=event).repeated
        assert not one.say("甲", "签收", event=event + "!").repeated

    def test_an_error_inside_is_told_politely_kept_and_logged_without_the_words(
        self, one: Office, caplog: pytest.LogCaptureFixture
    ) -> None:
        with one.database.begin() as conn:
            conn.execute(update(policies).values(body='{"broken": true}'))
        one.restart()
        with caplog.at_level(logging.ERROR):
            reply = one.say("甲", "已删除，请致电13812345678", event="bad")
        assert reply.text.startswith("这条消息已收到并留存")
        assert (kept(one, "bad")["state"], kept(one, "bad")["reason"]) == (InboundState.SET_ASIDE, "KeyError")
        assert one.ticket(NUMBER).state == "new"
        assert caplog.records
        assert all(not record.exc_info and "13812345678" not in str(vars(record)) for record in caplog.records)

    def test_who_is_not_on_the_line_hears_of_the_error_too(self, one: Office) -> None:
        with one.database.begin() as conn:
            conn.execute(update(policies).values(body="{}"))
        one.restart()
        one.conversation.hear(
            person_id=one.people["甲"],
            text="已删除",
            at=one.clock.now(),
            via="telegram",
            event_id="bad",
            answer_to=AnswerTo(channel="telegram", address="7"),
        )
        with one.database.read() as conn:
            answers = [m for m in open_of_person(conn, one.people["甲"]) if m.kind == MessageKind.ANSWER]
        assert [m.params.text[:10] for m in answers] == ["这条消息已收到并留存"]

    def test_what_cannot_even_be_kept_is_not_answered_for(self, one: Office) -> None:
        with one.database.begin() as conn:
            conn.execute(text("DROP TABLE inbound"))
        reply = one.say("甲", "已删除")
        assert (reply.kept, reply.text) == (False, "系统暂时没能记下这条消息，请稍后再发一次。")
        assert one.ticket(NUMBER).state == "new"
