"""Everyday words in a conversation: asked back, answered in halves, item by item, with what waits kept in mind."""

from datetime import timedelta

import pytest

from bot.actions.messages.misunderstood import aside, masked
from bot.actions.work import read
from handlers.chat.reply import Reply
from storage.sql.database import Database
from tests.cast.rows import sh
from tests.handlers.chat.conversation.office import Office


@pytest.fixture
def office(database: Database) -> Office:
    """The office on each database, without tickets."""
    return Office(database)


@pytest.fixture
def one(office: Office) -> Office:
    """The office with one ticket, as the sheet brought it."""
    office.receive("A-1001")
    return office


@pytest.fixture
def three(office: Office) -> Office:
    """The office with three tickets for 甲, who has looked at the list."""
    office.receive("A-1001", "A-1002", "A-1003")
    office.say("甲", "我的工单")
    return office


def press(office: Office, who: str, reply: Reply, label: str) -> Reply:
    """Press a button of an answer."""
    return office.conversation.hear(
        person_id=office.people[who],
        text="",
        at=office.clock.now(),
        via="telegram",
        event_id=f"tap{next(office.events)}",
        action=dict(reply.buttons)[label],
    )


def kinds(office: Office, number: str = "A-1001") -> list[str]:
    return [line.kind for line in office.story(number)]


class TestUnfinished:
    def test_it_is_asked_back_and_either_button_answers(self, one: Office) -> None:
        asked = one.say("甲", "已修改，待审核发布")
        assert [label for label, _ in asked.buttons] == ["办结", "还没完"]
        assert asked.reason == "像是没有全部办完：“待审核”还在等"
        assert not asked.aside
        assert press(one, "甲", asked, "还没完").text.startswith("已签收：A-1001")
        assert one.ticket("A-1001").state == "acknowledged"
        assert press(one, "甲", asked, "办结").text.startswith("已记录：A-1001")
        assert one.ticket("A-1001").completion_text == ""

    def test_what_was_only_not_understood_is_kept_as_the_explanation(self, one: Office) -> None:
        asked = one.say("甲", "已删除，并开展了栏目自查自纠")
        assert press(one, "甲", asked, "办结").text.endswith("已删除，并开展了栏目自查自纠")

    def test_in_words_it_is_answered_as_well(self, three: Office) -> None:
        three.say("甲", "2改了一半")
        assert three.say("甲", "还没完").text.startswith("已签收：A-1002")
        three.say("甲", "2改了一半")
        assert three.say("甲", "都改好了").text.startswith("已记录：A-1002")
        assert three.states() == {"A-1001": "new", "A-1002": "completed", "A-1003": "new"}

    def test_yes_alone_is_no_answer(self, one: Office) -> None:
        one.say("甲", "已修改，待审核发布")
        one.say("甲", "是的")
        assert one.ticket("A-1001").state == "acknowledged"

    def test_of_several_the_numbers_are_named_and_nothing_waits(self, three: Office) -> None:
        reply = three.say("甲", "已修改，待审核发布")
        assert reply.text.splitlines()[0].startswith("还没全部办完？暂未记为办结。您有3件待办")
        assert "状态" in three.say("甲", "2").text
        assert set(three.states().values()) == {"new"}

    @pytest.mark.parametrize("words", ["办结不了", "还没办结", "不签收", "没收到", "不是误报", "没改"])
    def test_a_denial_is_no_offer_of_what_is_denied(self, one: Office, words: str) -> None:
        reply = one.say("甲", words)
        assert "您是不是要" not in reply.text
        assert {"办结", "误报"}.isdisjoint(dict(reply.buttons)) or words == "没收到"
        assert kinds(one) == []


class TestHalves:
    def test_taken_and_completed_are_two_lines_of_the_story(self, one: Office) -> None:
        reply = one.say("甲", "签收 已删除")
        assert "已签收：A-1001" in reply.text
        assert "已记录：A-1001" in reply.text
        assert kinds(one) == ["acknowledge", "complete"]
        assert one.ticket("A-1001").completion_text == "已删除"
        one.say("甲", "撤销")
        assert one.ticket("A-1001").state == "acknowledged"

    def test_taken_and_asked(self, one: Office) -> None:
        text = one.say("甲", "收到，谁负责").text
        assert "已签收：A-1001" in text
        assert "A角甲，B角乙，分管领导丙" in text

    def test_taken_already_only_the_other_half_is_answered(self, one: Office) -> None:
        one.say("甲", "签收")
        reply = one.say("甲", "收到，已改")
        assert "无需再签收" not in reply.text
        assert one.ticket("A-1001").state == "completed"

    def test_taken_and_not_ours_offers_to_move_it(self, one: Office) -> None:
        reply = one.say("甲", "收到，不过这不是我们局的")
        assert "已签收：A-1001" in reply.text
        assert "不归您办理？" in reply.text
        assert reply.buttons[0] == ("转派", f"move:{one.ticket('A-1001').id}")

    def test_in_hand_for_long_it_tells_where_it_stands(self, one: Office) -> None:
        one.say("甲", "签收")
        reply = one.say("甲", "正在处理")
        assert "未记为办结" in reply.text
        assert "时限：8月24日18:00前办结" in reply.text
        assert kinds(one) == ["acknowledge"]


class TestLists:
    def test_each_item_counts_and_one_question_waits(self, three: Office) -> None:
        reply = three.say("甲", "1已删除，2误报，3延期")
        assert "已记录：A-1001" in reply.text
        assert "请写明理由" in reply.text
        assert "请问延到何时" in reply.text
        assert "申诉误报。理由：原文为引用古籍" in three.say("甲", "原文为引用古籍").text
        assert three.states() == {"A-1001": "completed", "A-1002": "disputed", "A-1003": "new"}

    def test_a_line_for_each_ticket_keeps_its_own_explanation(self, three: Office) -> None:
        three.say("甲", "办结1 已改错字\n办结2 已删视频\n链接见网站")
        assert three.ticket("A-1001").completion_text == "已改错字"
        assert three.ticket("A-1002").completion_text == "已删视频\n链接见网站"

    def test_all_of_them_are_asked_for_once(self, three: Office) -> None:
        asked = three.say("甲", "都删了")
        assert "请问要办结哪一件？10分钟内回复序号（如“1和3”）或“全部”" in asked.text
        three.say("甲", "全部")
        assert {three.ticket(number).completion_text for number in three.states()} == {"都删了"}
        assert set(three.states().values()) == {"completed"}

    def test_several_numbers_answer_the_question(self, three: Office) -> None:
        three.say("甲", "都删了")
        three.say("甲", "1和3")
        assert three.states() == {"A-1001": "completed", "A-1002": "new", "A-1003": "completed"}

    def test_all_alone_means_nothing(self, three: Office) -> None:
        assert three.say("甲", "全部").aside
        assert set(three.states().values()) == {"new"}

    def test_with_one_ticket_open_numbered_lines_are_parts_of_it(self, one: Office) -> None:
        words = "1.已删除错字\n2.已更换图片"
        one.say("甲", words)
        assert one.ticket("A-1001").completion_text == words

    def test_one_part_undone_and_nothing_is(self, one: Office) -> None:
        assert "还没全部办完" in one.say("甲", "1.已删除错字 2.图片还没换").text
        assert one.ticket("A-1001").state == "new"

    def test_many_at_once_are_told_a_line_each(self, office: Office) -> None:
        office.receive(*(f"L-{n:04}" for n in range(12)))
        reply = office.say("甲", "全部签收")
        assert len(reply.text.splitlines()) == 12
        assert set(office.states().values()) == {"acknowledged"}


class TestWhatWaits:
    def test_looking_at_the_list_keeps_the_question_and_says_so(self, three: Office) -> None:
        three.say("甲", "误报 2")
        listed = three.say("甲", "我的工单")
        assert listed.text.endswith("刚才问您的（工单 A-1002，申诉误报）还在等您回答；不办请回复“取消”。")
        three.say("甲", "原文为引用古籍")
        assert three.ticket("A-1002").state == "disputed"

    def test_so_does_a_question_for_a_number(self, three: Office) -> None:
        three.say("甲", "已删除")
        assert "刚才问您要办结哪一件，还在等您回答" in three.say("甲", "我的工单").text
        three.say("甲", "2")
        assert three.ticket("A-1002").completion_text == "已删除"

    def test_a_whole_new_command_takes_its_place(self, three: Office) -> None:
        three.say("甲", "延期 A-1001")
        reply = three.say("甲", "延期 A-1002 到8月27日 平台审核慢")
        assert "A-1002（水清三明）于8月23日10:00申请延期至8月27日24:00。理由：平台审核慢" in reply.text
        assert "无需取消" in three.say("甲", "取消").text

    def test_a_question_is_answered_and_the_reason_still_waits(self, one: Office) -> None:
        one.say("甲", "误报")
        assert "时限：" in one.say("甲", "几点前").text
        assert one.say("甲", "好的").text.startswith("刚才的问题还在等您回答")
        one.say("甲", "正在核实的人名，没有错")
        assert one.ticket("A-1001").state == "disputed"


class TestMistakes:
    def test_a_slip_is_taken_back_at_a_press(self, three: Office) -> None:
        three.say("甲", "办结 1 已删除")
        offered = three.say("甲", "错了，是2号")
        assert offered.text.startswith("要撤销刚才的办结吗？工单 A-1001（水清三明）。")
        assert press(three, "甲", offered, "撤销").text.startswith("已撤销办结：A-1001")
        assert set(three.states().values()) == {"new"}

    def test_later_it_only_says_that_nothing_can_be_undone(self, one: Office) -> None:
        one.say("甲", "已删除")
        one.clock.wind(timedelta(minutes=6))
        assert one.say("甲", "错了").text.startswith("没有刚刚办理、还可以撤销的操作")
        assert one.ticket("A-1001").state == "completed"


class TestNotes:
    def test_a_note_goes_into_the_story_of_a_completed_ticket(self, one: Office) -> None:
        one.say("甲", "已删除")
        assert one.say("甲", "补充：已同步更新网站").text == (
            "已补充到工单 A-1001（水清三明）的办理记录，记录时间8月23日10:00。"
        )
        assert one.story("A-1001")[-1].data["text"] == "已同步更新网站"
        assert one.ticket("A-1001").completion_text == "已删除"
        assert one.say("甲", "撤销").text.startswith("已撤销办结")  # a note hinders no undo

    def test_an_archived_ticket_takes_one_by_its_number(self, one: Office) -> None:
        one.say("甲", "已删除")
        one.does_close("A-1001")
        one.say("乙", "补充 A-1001 网民已满意")
        assert kinds(one)[-1] == "note"
        assert one.ticket("A-1001").state == "closed"

    def test_the_words_are_asked_for(self, one: Office) -> None:
        one.say("甲", "已删除")
        assert one.say("甲", "补充").text.startswith("请问要补充什么？")
        one.say("甲", "网站同步更新了")
        assert one.story("A-1001")[-1].data["text"] == "网站同步更新了"

    def test_while_it_is_open_what_may_end_the_work_is_asked_back(self, one: Office) -> None:
        one.say("甲", "补充")
        assert one.say("甲", "网站同步更新了").text.startswith("刚才在等您说明补充。")
        assert kinds(one) == []

    def test_somebody_elses_ticket_takes_none(self, one: Office) -> None:
        assert "不存在或不归您办理" in one.say("己", "补充 A-1001 我来说两句").text
        assert kinds(one) == []


class TestQuestions:
    def test_what_is_wrong_is_told_again(self, one: Office) -> None:
        lines = one.say("甲", "什么意思").text.splitlines()
        assert lines[:2] == ["A-1001（水清三明，微信公众号）", "问题：错别字"]

    def test_away_the_command_is_filled_in(self, one: Office) -> None:
        assert "请假 到8月24日 由乙代" in one.say("甲", "明天休息怎么办").text

    def test_the_time_is_kept_and_the_reason_asked_for(self, one: Office) -> None:
        assert one.say("甲", "能不能晚两天").text.startswith("请写明理由")
        assert "申请延期至8月26日24:00。理由：平台审核慢" in one.say("甲", "平台审核慢").text

    def test_the_calendar(self, one: Office) -> None:
        assert one.say("甲", "日历").text.splitlines() == [
            "今天8月23日（周一）上班，08:00–12:00、15:00–18:00。",
            "接下来的工作日：8月24日周二、8月25日周三、8月26日周四、8月27日周五、8月30日周一。",
            "下一个假期：中秋节，9月19日至9月21日。",
            "调休上班：9月18日周六、9月26日周日。",
        ]
        one.clock.wind_to(sh(9, 20))
        assert one.say("甲", "日历").text.startswith("今天9月20日（周一）中秋节不上班。")

    def test_the_calendar_of_a_year_nobody_published(self, one: Office) -> None:
        one.clock.wind_to(sh(8, 24).replace(year=2033))
        assert one.say("甲", "日历").text == "2033年放假安排尚未公布。"

    def test_the_weekly_summary_is_for_its_readers(self, one: Office) -> None:
        assert one.say("甲", "周报").reason == "not_above"
        assert one.say("戊", "周报").text.startswith("还没有发过周报。")


class TestAside:
    def test_what_was_not_understood_is_kept_masked(self, one: Office) -> None:
        one.say("甲", "今天天气不错，电话13812345678，固话0598-8221234，身份证350402199001011234")
        with read(one.context) as work:
            [kept] = aside(work)
        assert kept.text == "今天天气不错，电话138****5678，固话0598****34，身份证350****1234"
        assert (kept.person_id, kept.reason) == (one.people["甲"], "没看懂")

    @pytest.mark.parametrize("text", ["2021-08-24", "FJ-20210823-01", "工单12345678"])
    def test_dates_and_numbers_stay(self, text: str) -> None:
        assert masked(text) == text
