"""Conversations on both databases: what is typed, what is answered, what is then in the books."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from bot.actions.messages import conversation
from bot.actions.messages.conversation import Said
from bot.actions.work import begin
from handlers.chat.commands import pressed
from storage.people import leaves, register
from storage.records import AnswerTo, InboundState, MessageKind, PersonDraft
from storage.sql.database import Database
from storage.tables import inbound, policies
from storage.tickets import journal
from tests.cast.rows import open_of_person
from tests.handlers.chat.office import Office, sh

NUMBER = "FJ-20210823-01"


@pytest.fixture
def office(database: Database) -> Office:
    """The office on each database, without tickets."""
    return Office(database)


@pytest.fixture
def one(office: Office) -> Office:
    """The office with the ticket of the story."""
    office.receive(NUMBER)
    return office


@pytest.fixture
def three(office: Office) -> Office:
    """The office with three tickets for 甲."""
    office.receive("A-1001", "A-1002", "A-1003")
    return office


def kept(office: Office, event: str) -> dict[str, object]:
    """The raw row of an event."""
    with office.database.read() as conn:
        row = conn.execute(select(inbound).where(inbound.c.event_id == event)).mappings().one()
    return dict(row)


class TestTheStory:
    def test_taking_shows_both_lines_and_what_is_left(self, one: Office) -> None:
        reply = one.say("甲", "签收")
        assert reply.text == (
            f"已签收：{NUMBER}（水清三明），记录时间8月23日10:00。\n"
            "时限：8月24日18:00前办结，最迟24:00。\n"
            "还剩工作时间12小时0分。\n"
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
        assert line.data == {"text": "已删除该文", "raw": raw, "via": "telegram", "message_id": "tg-77"}
        row = kept(one, "tg-77")
        assert (row["state"], row["ticket_id"]) == ("settled", one.ticket(NUMBER).id)
        assert json.loads(str(row["raw"]))["text"] == raw

    def test_an_answer_by_telephone_is_recorded_as_such(self, one: Office) -> None:
        for said in ("已删除", "签收", "转B角", "误报 不是错字", "延期 到明天 领导出差", f"转派 {NUMBER} 不归本单位"):
            early = one.say("甲", said, at=sh(8, 23, 9), via="say", behalf="丁")
            assert "10:00才收到，答复不能更早，未作任何记录" in early.text
        assert one.story(NUMBER) == []
        one.clock.wind_to(sh(8, 23, 15))
        reply = one.say("甲", "已删除", at=sh(8, 23, 14), via="say", behalf="丁")
        assert "由丁代为记录。" in reply.text
        assert one.ticket(NUMBER).completed_at == sh(8, 23, 14)
        assert one.story(NUMBER)[0].data["via"] == "say:丁"

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


class TestWhichTicket:
    def test_several_open_ones_are_asked_back_with_a_numbered_list(self, three: Office) -> None:
        reply = three.say("甲", "办结 已删除")
        assert reply.text.splitlines()[0].startswith("您有3件工单，请问要办结哪一件？")
        assert reply.text.splitlines()[2] == "2. A-1002（水清三明）待签收，8月24日18:00前办结，最迟24:00"
        assert set(three.states().values()) == {"new"}

    def test_the_choice_carries_out_what_was_said_even_after_a_restart(self, three: Office) -> None:
        three.say("甲", "已删除错字")
        three.restart()
        three.clock.wind(timedelta(minutes=9))
        assert "已记录：A-1002（水清三明）" in three.say("甲", "2").text
        assert three.ticket("A-1002").completion_text == "已删除错字"
        assert three.states() == {"A-1001": "new", "A-1002": "completed", "A-1003": "new"}
        assert "状态" in three.say("甲", "3").text  # the question is answered: a number only shows now
        assert three.ticket("A-1003").state == "new"

    def test_the_question_lapses_after_ten_minutes(self, three: Office) -> None:
        three.say("甲", "已删除")
        three.clock.wind(timedelta(minutes=10))
        reply = three.say("甲", "2")
        assert reply.text.startswith("上次的提问已过10分钟，未作任何记录。")
        assert three.ticket("A-1002").state == "new"

    def test_cancel_drops_the_question(self, three: Office) -> None:
        three.say("甲", "已删除")
        assert three.say("甲", "取消").text == "已取消，未作任何记录。"
        assert "状态：待签收" in three.say("甲", "2").text
        assert "无需取消" in three.say("甲", "取消").text
        assert set(three.states().values()) == {"new"}

    def test_another_command_leaves_the_question(self, three: Office) -> None:
        three.say("甲", "已删除")
        three.say("甲", "签收 A-1001")
        three.say("甲", "2")
        assert three.states() == {"A-1001": "acknowledged", "A-1002": "new", "A-1003": "new"}

    def test_looking_first_does_not_leave_the_question(self, three: Office) -> None:
        three.say("甲", "已删除")
        three.say("甲", "工单 3")
        three.say("甲", "3")
        assert three.ticket("A-1003").state == "completed"

    def test_a_full_number_answers_the_question_too(self, three: Office) -> None:
        three.say("甲", "已删除")
        three.say("甲", "A-1003")
        assert three.ticket("A-1003").state == "completed"

    def test_a_place_that_is_not_there_is_asked_again_and_the_words_are_kept(self, three: Office) -> None:
        three.say("甲", "已删除")
        assert three.say("甲", "8").text.startswith("没有序号8。")
        three.say("甲", "1")
        assert three.ticket("A-1001").completion_text == "已删除"

    def test_a_button_of_the_list_carries_the_words_too(self, three: Office) -> None:
        reply = three.say("甲", "已删除错字")
        words, ticket_id = pressed(reply.buttons[1][1]) or ("", 0)
        assert ticket_id == three.ticket("A-1002").id
        three.say("甲", words, to="A-1002")
        assert three.ticket("A-1002").completion_text == "已删除错字"

    def test_a_ticket_keeps_its_number_while_it_is_open(self, three: Office) -> None:
        three.say("甲", "我的工单")
        three.say("甲", "办结 1 已删除")
        listed = three.say("甲", "我的工单")
        assert [line[:9] for line in listed.text.splitlines()[1:3]] == ["2. A-1002", "3. A-1003"]
        assert [label for label, _ in listed.buttons] == ["2", "3"]
        three.receive("A-1004")
        assert "4. A-1004" in three.say("甲", "我的工单").text
        three.say("甲", "办结 2 已修改")  # as the first list said
        assert three.ticket("A-1002").completion_text == "已修改"

    def test_when_all_is_done_counting_starts_anew(self, three: Office) -> None:
        three.say("甲", "我的工单")
        for number in (1, 2, 3):
            three.say("甲", f"办结 {number} 已删除")
        three.receive("A-1004", "A-1005")
        assert "1. A-1004" in three.say("甲", "我的工单").text

    def test_the_numbers_of_my_tickets_hold_for_days(self, three: Office) -> None:
        listed = three.say("甲", "我的工单")
        assert listed.text.splitlines()[0] == "您有3件待办："
        three.clock.wind(timedelta(days=2))
        three.say("甲", "办结 2 已删除")
        assert three.ticket("A-1002").state == "completed"
        three.say("甲", "办结 3 已修改")  # still the third of the list, though only two are open
        assert three.ticket("A-1003").completion_text == "已修改"
        assert "【已逾期】" in three.say("甲", "我的工单").text

    def test_a_list_is_each_persons_own(self, three: Office) -> None:
        three.receive("B-2001", account="三明林业")
        three.say("甲", "我的工单")
        assert three.say("己", "办结 1 已删除").text.startswith("没有序号1。")
        assert set(three.states().values()) == {"new"}

    def test_a_number_nobody_was_shown_is_asked_back(self, three: Office) -> None:
        assert three.say("甲", "办结 2 已删除").text.startswith("没有序号2。")
        assert set(three.states().values()) == {"new"}
        three.say("甲", "2")
        assert three.ticket("A-1002").completion_text == "已删除"

    def test_vague_words_take_nothing_while_several_are_open(self, three: Office) -> None:
        three.say("甲", "签收 A-1001")
        three.say("甲", "签收 A-1002")
        assert three.say("甲", "收到").reason == "asked_which"
        assert three.ticket("A-1003").state == "new"
        three.say("甲", "签收")  # says so outright, and only one is left to take
        assert three.ticket("A-1003").state == "acknowledged"
        assert three.say("甲", "签收").text.startswith("您的3件待办都不能再签收：")

    def test_several_numbers_take_each_of_them(self, three: Office) -> None:
        three.say("甲", "签收 A-1002")
        three.say("甲", "我的工单")
        reply = three.say("甲", "签收 1、2和3")
        assert reply.text.count("已签收：") == 2
        assert "A-1002 已由甲" in reply.text
        assert set(three.states().values()) == {"acknowledged"}

    def test_of_several_numbers_each_is_answered_for_itself(self, three: Office) -> None:
        three.say("甲", "我的工单")
        reply = three.say("甲", "签收 1 A-1009 7 3")
        assert reply.text.count("已签收：") == 2
        assert "工单 A-1009 不存在或不归您办理" in reply.text
        assert "没有序号7" in reply.text
        assert three.states() == {"A-1001": "acknowledged", "A-1002": "new", "A-1003": "acknowledged"}

    def test_more_than_ten_at_once_are_refused(self, three: Office) -> None:
        three.say("甲", "我的工单")
        reply = three.say("甲", "签收 1 2 3 4 5 6 7 8 9 10 11")
        assert "一次最多签收10件" in reply.text
        assert set(three.states().values()) == {"new"}

    def test_a_list_completes_each_of_them(self, three: Office) -> None:
        three.say("甲", "A-1001 已删除，A-1003也已删除")
        assert three.states() == {"A-1001": "completed", "A-1002": "new", "A-1003": "completed"}

    def test_a_second_ticket_that_is_only_mentioned_is_asked_back(self, three: Office) -> None:
        reply = three.say("甲", "办结 A-1001 已删除，与A-1003重复")
        assert [line[:9] for line in reply.text.splitlines()[1:]] == ["1. A-1001", "2. A-1003"]
        assert set(three.states().values()) == {"new"}

    def test_a_reply_means_that_ticket(self, three: Office) -> None:
        three.say("甲", "已删除", to="A-1003")
        assert three.states() == {"A-1001": "new", "A-1002": "new", "A-1003": "completed"}

    def test_a_reply_that_names_another_ticket_is_asked_back(self, three: Office) -> None:
        reply = three.say("甲", "办结 A-1001 已删除", to="A-1003")
        assert [line[:9] for line in reply.text.splitlines()[1:]] == ["1. A-1003", "2. A-1001"]
        assert set(three.states().values()) == {"new"}

    def test_a_place_that_is_also_a_number_is_asked_back(self, office: Office) -> None:
        office.receive("2", "A-1002")
        office.say("甲", "我的工单")
        assert office.say("甲", "办结 2 已删除").reason == "asked_which"
        assert set(office.states().values()) == {"new"}

    def test_one_number_of_two_sources_is_asked_back(self, one: Office) -> None:
        one.receive(NUMBER, source="热线")
        assert one.say("甲", f"办结 {NUMBER} 已删除").reason == "asked_which"

    def test_a_long_list_is_cut_with_a_word(self, office: Office) -> None:
        office.receive(*(f"L-{n:04}" for n in range(20)))
        lines = office.say("甲", "我的工单").text.splitlines()
        assert lines[0] == "您有20件待办："
        assert lines[15].startswith("15. L-0014")
        assert lines[16] == "另有5件未列出，请直接发送完整编号。"
        office.say("甲", "办结 16 已删除")
        assert set(office.states().values()) == {"new"}

    def test_nothing_open(self, office: Office) -> None:
        for words in ("签收", "办结 已删除", "我的工单", "工单", "为什么"):
            assert office.say("甲", words).text == "您现在没有待办工单。"


class TestWhose:
    @pytest.mark.parametrize("number", [NUMBER, "FJ-20210823-99"])
    def test_a_number_that_is_not_theirs_sounds_like_one_that_does_not_exist(self, one: Office, number: str) -> None:
        one.receive("B-2001", account="三明林业")
        for words in (f"办结 {number} 已删除", f"签收 {number}", f"工单 {number}", f"为什么 {number}", number):
            reply = one.say("己", words)
            assert reply.text == f"工单 {number} 不存在或不归您办理。发送“我的工单”查看。"
        assert one.states() == {NUMBER: "new", "B-2001": "new"}

    def test_replying_to_somebody_elses_message_does_nothing(self, one: Office) -> None:
        assert one.say("己", "已删除", to=NUMBER).reason == "not_visible"
        assert one.ticket(NUMBER).state == "new"

    def test_who_oversees_may_look_and_not_answer(self, one: Office) -> None:
        assert "状态：待签收" in one.say("戊", f"工单 {NUMBER}").text
        assert one.say("戊", f"办结 {NUMBER} 已删除").reason == "not_yours"
        assert one.ticket(NUMBER).state == "new"

    @pytest.mark.parametrize("who", ["甲", "乙", "丙", "丁"])
    def test_both_roles_leader_and_desk_may_answer(self, one: Office, who: str) -> None:
        one.say(who, f"办结 {NUMBER} 已删除")
        assert one.ticket(NUMBER).completed_by == one.people[who]

    def test_a_deputy_has_the_tickets_while_the_leave_lasts(self, one: Office) -> None:
        with one.database.begin() as conn:
            leave = (sh(8, 23, 8), sh(8, 24, 8))
            leaves.add(conn, one.people["甲"], *leave, one.people["己"])
        assert NUMBER in one.say("己", "我的工单").text
        one.clock.wind_to(sh(8, 24, 9))
        assert one.say("己", "我的工单").text == "您现在没有待办工单。"

    def test_the_holder_of_an_account_taken_away_keeps_the_ticket(self, one: Office) -> None:
        one.say("甲", "签收")
        with one.database.begin() as conn:
            directory = one.context.directory(conn)
            for (account, role), who in directory.duties.items():
                if who == one.people["甲"]:
                    register.set_duty(conn, account, role, one.people["己"])
        assert NUMBER in one.say("甲", "我的工单").text


class TestTelling:
    def test_a_ticket_as_it_stands(self, one: Office) -> None:
        one.say("乙", "签收")
        assert one.say("甲", "工单").text.splitlines() == [
            f"{NUMBER}（水清三明，微信公众号）",
            "状态：处理中",
            "收到：8月23日（周一）10:00",
            "时限：8月24日18:00前办结，最迟24:00。",
            "还剩工作时间12小时0分。",
            "问题：错别字",
            "签收：乙，8月23日（周一）10:00",
        ]

    def test_after_hours_and_after_the_limit(self, one: Office) -> None:
        one.clock.wind_to(sh(8, 24, 19))
        assert "下班时间已过，请尽快办结。" in one.say("甲", "工单").text
        one.clock.wind_to(sh(8, 26, 9))
        assert "应于8月24日办结，已逾期2个工作日（2个自然日）。" in one.say("甲", "工单").text

    def test_why_explains_with_the_document(self, one: Office) -> None:
        answer = one.say("甲", "为什么").text
        assert (
            "8月23日（周一）收到，当日不计；8月24日（周二）为第1个工作日。请于8月24日18:00前办结，最迟24:00。" in answer
        )
        assert "国办发明电〔2020〕27号" in answer

    def test_what_was_not_understood_is_set_aside_with_a_suggestion(self, one: Office) -> None:
        assert f"您是不是要：“签收 {NUMBER}”？" in one.say("甲", "那个帮我签收一下吧", event="x1").text
        assert kept(one, "x1")["state"] == InboundState.SET_ASIDE
        assert "发送“帮助”" in one.say("甲", "今天天气不错").text
        assert one.ticket(NUMBER).state == "new"

    def test_what_was_perhaps_meant_names_the_ticket_and_can_be_pressed(self, three: Office) -> None:
        three.say("甲", "我的工单")
        reply = three.say("甲", "那个帮我签收一下吧 3")
        assert "您是不是要：“签收 3”？" in reply.text
        assert reply.buttons == (("签收", f"ack:{three.ticket('A-1003').id}"),)
        assert "您是不是要：“签收 A-1002”？" in three.say("甲", "那个A-1002帮我签收一下吧").text
        assert three.say("甲", "那个帮我签收一下吧").buttons == ()  # nobody knows which
        # Both buttons, so that nobody ends the work who only looks for a way on.
        assert [label for label, _ in three.say("甲", "那个办结一下吧 3").buttons] == ["办结", "还没完"]
        assert set(three.states().values()) == {"new"}

    def test_half_done_is_not_done_until_it_is_said_outright(self, one: Office) -> None:
        for words in ("已删除部分内容", f"办结 {NUMBER} 已删除部分内容"):
            reply = one.say("甲", words)
            assert reply.text == (
                f"还没全部办完？工单 {NUMBER}（水清三明）暂未记为办结。"
                f"确已全部办完请点“办结”或回复“办结 {NUMBER}”，没有办完请点“还没完”。"
            )
            assert one.ticket(NUMBER).state == "new"
        one.say("甲", f"办结 {NUMBER}")
        assert one.ticket(NUMBER).state == "completed"
        assert one.ticket(NUMBER).completion_text == ""  # words that warn are no explanation

    def test_a_question_is_not_an_answer(self, one: Office) -> None:
        assert one.say("甲", "已删除了吗？").text.startswith("这句话像是提问")
        assert one.ticket(NUMBER).state == "new"


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
            assert [broken for _, broken in journal.verify(conn) if broken] == []

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
