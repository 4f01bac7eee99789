"""What is typed, what is answered, what is then in the books; and what is said again."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from bot.actions.messages import conversation
from bot.actions.messages.conversation import Said
from bot.actions.work import begin
from storage.records import MessageKind
from storage.sql.database import Database
from tests.cast.rows import open_of_person, sh
from tests.handlers.chat.conversation.office import NUMBER, Office, kept


class TestTheStory:
    def test_taking_shows_both_lines_and_what_is_left(self, one: Office) -> None:
        reply = one.say("甲", "签收")
        assert reply.text == (
            f"已签收：{NUMBER}（水清三明），记录时间8月23日10:00。\n"
            "时限：8月24日18:00前办结，最迟24:00。\n"
            "距办结时限还有12个工作小时。\n"
            "办结后请回复“办结 说明”。"
        )
        assert reply.ticket_id == one.ticket(NUMBER).id
        assert [label for label, _ in reply.buttons] == ["办结", "为什么"]
        assert one.ticket(NUMBER).holder_id == one.people["甲"]

    def test_the_late_answer_says_how_late_both_ways_and_what_to_paste(self, one: Office) -> None:
        one.clock.wind_to(sh(9, 2, 16))
        reply = one.say("甲", f"办结 {NUMBER} 已整改并答复")
        assert reply.text == (
            f"已记录：{NUMBER}（水清三明）于9月2日16:00办结。应于8月24日办结，逾期7个工作日（9个自然日）。\n"
            "请将以下内容粘贴到省平台：\n已整改并答复"
        )
        ticket = one.ticket(NUMBER)
        assert (ticket.state, ticket.completed_at, ticket.completed_by) == ("completed", sh(9, 2, 16), one.people["甲"])
        assert ticket.completion_text == "已整改并答复"

    def test_in_time_until_midnight_of_the_due_day(self, one: Office) -> None:
        one.clock.wind_to(sh(8, 24, 23, 59))
        assert "于8月24日23:59办结，未逾期。" in one.say("乙", "已删除该文").text
        assert one.ticket(NUMBER).completion_text == "已删除该文"

    def test_without_words_there_is_still_a_text_to_paste(self, one: Office) -> None:
        assert one.say("甲", "办结").text.endswith("请将以下内容粘贴到省平台：\n已整改完成。")
        assert one.ticket(NUMBER).completion_text == ""

    def test_a_limit_in_hours_passed_on_its_own_day(self, office: Office) -> None:
        office.receive("V-2021-1", policy="veto_now")
        office.clock.wind(timedelta(hours=3))
        assert "应于8月23日12:00前办结，已超过时限。" in office.say("甲", "已删除").text

    def test_no_date_is_invented_where_the_schedule_is_unpublished(self, office: Office) -> None:
        office.clock.wind_to(sh(8, 24).replace(year=2033))
        office.receive("N-2033-1")
        assert "时限待定（节假日安排尚未公布），不早于2033年" in office.say("甲", "签收").text
        assert "不计逾期" in office.say("甲", "已删除").text

    def test_the_books_keep_who_when_how_and_the_raw_words(self, one: Office) -> None:
        one.say("甲", f"办结 {NUMBER}：已删除该文。", event="tg-77")
        [line] = one.story(NUMBER)
        assert (line.kind, line.actor, line.at) == ("complete", f"person:{one.people['甲']}", one.clock.now())
        raw = f"办结 {NUMBER}：已删除该文。"
        stands = line.data["stands"]
        told = {"text": "已删除该文", "raw": raw, "via": "telegram", "message_id": "tg-77", "stands": stands}
        assert line.data == told
        assert (stands["state"], datetime.fromisoformat(stands["completed_at"])) == ("completed", line.at)
        row = kept(one, "tg-77")
        assert (row["state"], row["ticket_id"]) == ("settled", one.ticket(NUMBER).id)
        assert json.loads(str(row["raw"]))["text"] == raw

    def test_an_answer_by_telephone_is_recorded_as_such(self, one: Office) -> None:
        for said in ("已删除", "签收", "转B角", "误报 不是错字", "延期 到明天 领导出差", f"转派 {NUMBER} 不归本单位"):
            early = one.say("甲", said, at=sh(8, 23, 9), via="say", behalf="戊")
            assert "10:00才收到，答复不能更早，未作任何记录" in early.text
        assert one.story(NUMBER) == []
        one.clock.wind_to(sh(8, 23, 15))
        reply = one.say("甲", "已删除", at=sh(8, 23, 14), via="say", behalf="戊")
        assert "由戊代为记录。" in reply.text
        assert one.ticket(NUMBER).completed_at == sh(8, 23, 14)
        assert one.story(NUMBER)[0].data["via"] == "say:戊"

    def test_the_story_in_english(self, database: Database) -> None:
        office = Office(database, language="en")
        office.receive(NUMBER)
        assert office.say("甲", "ack").text.startswith(f"Taken: {NUMBER} (水清三明), recorded 23 August 10:00.")
        assert "1 open" in office.say("甲", "my").text
        office.clock.wind_to(sh(9, 2, 16))
        assert "7 working days (9 calendar days) late" in office.say("甲", "done deleted the article").text
        assert office.ticket(NUMBER).completion_text == "deleted the article"


@pytest.mark.parametrize("number", ["测试-0003", "闽监〔2021〕23号", "FJ-20210823-99", "FJ 20210823"])
def test_the_number_of_another_ticket_is_never_taken_for_words(one: Office, number: str) -> None:
    assert "不存在或不归您办理" in one.say("甲", f"办结 {number} 已整改").text
    assert one.ticket(NUMBER).state == "new"


class TestAgain:
    def test_a_redelivery_changes_nothing(self, one: Office) -> None:
        first = one.say("甲", "签收", event="u1")
        again = one.say("甲", "签收", event="u1")
        assert first.text
        assert (again.text, again.repeated) == ("", True)
        assert len(one.story(NUMBER)) == 1

    def test_the_same_id_on_another_channel_is_another_event(self, one: Office) -> None:
        one.say("甲", "签收", event="u1", via="telegram")
        assert not one.say("甲", "办结", event="u1", via="wecom").repeated
        assert one.ticket(NUMBER).state == "completed"

    def test_ten_deliveries_at_once_do_it_once(self, one: Office) -> None:
        with ThreadPoolExecutor(10) as pool:
            replies = list(pool.map(lambda _: one.say("甲", "签收", event="u1"), range(10)))
        assert sum(not reply.repeated for reply in replies) == 1
        assert len(one.story(NUMBER)) == 1

    def test_two_people_at_once_and_the_second_is_told(self, one: Office) -> None:
        with ThreadPoolExecutor(2) as pool:
            replies = list(pool.map(lambda who: one.say(who, "签收"), "甲乙"))
        assert sorted(reply.reason for reply in replies) == ["", "already_acknowledge"]
        assert len(one.story(NUMBER)) == 1

    def test_repeats_say_who_did_it_and_when(self, one: Office) -> None:
        one.say("甲", "签收")
        one.clock.wind(timedelta(hours=1))
        assert one.say("乙", "收到").text == f"工单 {NUMBER} 已由甲于8月23日（周一）10:00签收，无需再签收。"
        one.say("乙", "已删除")
        for words in ("办结", f"办结 {NUMBER}", "已删除", "签收"):
            assert one.say("甲", words).text == f"工单 {NUMBER} 已由乙于8月23日（周一）11:00办结，无需再答复。"
        assert len(one.story(NUMBER)) == 2

    def test_words_kept_before_a_crash_are_answered_when_they_come_again(self, one: Office) -> None:
        self._crash(one, "办结 已删除", "u1")
        assert one.ticket(NUMBER).state == "new"
        assert "已记录" in one.say("甲", "办结 已删除", event="u1").text
        assert one.say("甲", "办结 已删除", event="u1").repeated

    def test_words_kept_before_a_crash_are_answered_even_if_they_never_come_again(self, one: Office) -> None:
        said_at = one.clock.now()
        self._crash(one, "办结 已删除", "u1")
        assert one.conversation.resume() == 0  # too young: somebody may still be at it
        one.clock.wind(timedelta(days=3))
        one.restart()
        assert one.conversation.resume() == 1
        assert one.conversation.resume() == 0
        assert one.ticket(NUMBER).completed_at == said_at
        with one.database.read() as conn:
            [answer] = [m for m in open_of_person(conn, one.people["甲"]) if m.kind == MessageKind.ANSWER]
        assert "于8月23日10:00办结，未逾期" in answer.params.text

    def _crash(self, office: Office, words: str, event: str) -> None:
        """Stop where a killed process would: after the words are kept, before they are answered."""
        at = office.clock.now()
        said = Said(person_id=office.people["甲"], text=words, at=at, via="telegram", event_id=event)
        with begin(office.context) as work:
            assert conversation.keep(work, said) is not None


class TestTime:
    def test_the_chat_servers_time_counts(self, one: Office) -> None:
        said = sh(8, 24, 23, 58)
        one.clock.wind_to(sh(8, 25, 0, 3))
        assert "未逾期" in one.say("甲", "已删除", at=said).text
        assert one.ticket(NUMBER).completed_at == said

    def test_a_time_in_the_future_is_bounded_by_our_receipt(self, one: Office) -> None:
        one.say("甲", "已删除", at=sh(12, 31))
        assert one.ticket(NUMBER).completed_at == one.clock.now()

    def test_nobody_answers_before_the_ticket_came(self, one: Office) -> None:
        one.clock.wind(timedelta(hours=1))
        one.say("甲", "已删除", at=sh(1, 4))
        assert one.ticket(NUMBER).completed_at == one.ticket(NUMBER).received_at

    def test_a_time_without_a_zone_is_refused(self, one: Office) -> None:
        reply = one.say("甲", "已删除", at=datetime(2021, 8, 23, 10), event="naive")
        assert reply.aside
        assert kept(one, "naive")["reason"] == "时间没有写明时区"
        assert one.ticket(NUMBER).state == "new"
