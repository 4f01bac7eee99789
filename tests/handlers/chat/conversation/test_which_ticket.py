"""Which ticket is meant, whose it is, and what is told of it."""

from datetime import timedelta

import pytest

from handlers.chat.commands import pressed
from storage.people import leaves, register
from storage.records import InboundState
from tests.cast.rows import sh
from tests.handlers.chat.conversation.office import NUMBER, Office, kept


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
        assert [label for label, _ in listed.buttons] == ["全部签收", "2", "3"]
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
        assert "，已逾期1个工作日（1个自然日）" in three.say("甲", "我的工单").text

    def test_a_list_is_each_persons_own(self, three: Office) -> None:
        three.receive("B-2001", account="三明林业")
        three.say("甲", "我的工单")
        assert three.say("庚", "办结 1 已删除").text.startswith("没有序号1。")
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
            reply = one.say("庚", words)
            assert reply.text == f"工单 {number} 不存在或不归您办理。发送“我的工单”查看。"
        assert one.states() == {NUMBER: "new", "B-2001": "new"}

    def test_replying_to_somebody_elses_message_does_nothing(self, one: Office) -> None:
        assert one.say("庚", "已删除", to=NUMBER).reason == "not_visible"
        assert one.ticket(NUMBER).state == "new"

    def test_who_oversees_may_look_and_not_answer(self, one: Office) -> None:
        assert "状态：待签收" in one.say("丁", f"工单 {NUMBER}").text
        assert one.say("丁", f"办结 {NUMBER} 已删除").reason == "not_yours"
        assert one.ticket(NUMBER).state == "new"

    @pytest.mark.parametrize("who", ["甲", "乙", "丙", "戊"])
    def test_both_roles_leader_and_desk_may_answer(self, one: Office, who: str) -> None:
        one.say(who, f"办结 {NUMBER} 已删除")
        assert one.ticket(NUMBER).completed_by == one.people[who]

    def test_a_deputy_has_the_tickets_while_the_leave_lasts(self, one: Office) -> None:
        with one.database.begin() as conn:
            leave = (sh(8, 23, 8), sh(8, 24, 8))
            leaves.add(conn, one.people["甲"], *leave, one.people["庚"])
        assert NUMBER in one.say("庚", "我的工单").text
        one.clock.wind_to(sh(8, 24, 9))
        assert one.say("庚", "我的工单").text == "您现在没有待办工单。"

    def test_the_holder_of_an_account_taken_away_keeps_the_ticket(self, one: Office) -> None:
        one.say("甲", "签收")
        with one.database.begin() as conn:
            directory = one.context.directory(conn)
            for (account, role), who in directory.duties.items():
                if who == one.people["甲"]:
                    register.set_duty(conn, account, role, one.people["庚"])
        assert NUMBER in one.say("甲", "我的工单").text


class TestTelling:
    def test_a_ticket_as_it_stands(self, one: Office) -> None:
        one.say("乙", "签收")
        assert one.say("甲", "工单").text.splitlines() == [
            f"{NUMBER}（水清三明，微信公众号）",
            "状态：处理中",
            "收到：8月23日（周一）10:00",
            "时限：8月24日18:00前办结，最迟24:00。",
            "距办结时限还有12个工作小时。",
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
