"""Cards follow the ticket: after a tap they keep what they said, and the other role's card and ear follow."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.telegram.client import hook_path
from storage.records import MessageKind, MessageState, TicketState
from tests.cast.bureau import NUMBER
from tests.cast.served import ServedOffice
from tests.fakes import qyapi
from tests.fakes.peer import code
from tests.fakes.telegram import FakeTelegram, Person
from tests.fakes.telegram_wire import TOKEN
from tests.stories.platforms.rigs import WeComRig, wecom_rig

SECRET = "a-secret-that-only-telegram-knows"
FACTS = ["问题类型：错别字", "问题：“水力部门”", "建议：水利部门", "链接：https://mp.weixin.qq.com/s/1"]
GIVEN = {
    "problem_class": "错别字",
    "problem": "“水力部门”",
    "suggestion": "水利部门",
    "url": "https://mp.weixin.qq.com/s/1",
}
TAKEN = f"工单 {NUMBER}（水清三明）已由甲于8月23日10:30签收，您无需处理。"


class TelegramRig:
    """甲, 乙 and 丙 on Telegram."""

    def __init__(self, office: ServedOffice, fake: FakeTelegram) -> None:
        self.office, self.fake = office, fake
        path = hook_path(office.engine.settings.telegram)
        self._hook = f"{office.url}/hooks/telegram/{path}"
        self.jia, self.yi, self.bing = (fake.person(1001 + place, name) for place, name in enumerate("甲乙丙"))
        for who, person in (("jia", self.jia), ("yi", self.yi), ("bing", self.bing)):
            self.bring(person.start(office.code(who)))

    def bring(self, update: dict[str, object]) -> None:
        """Push what somebody did."""
        assert self.fake.push(update, self._hook, secret=SECRET) == 200
        self.office.settle()

    def taps(self, person: Person, label: str, place: int = -1) -> None:
        """Press a button of the last card, or another."""
        card = [one for one in person.sees if one.buttons][place]
        self.bring(person.taps(card, dict(card.buttons)[label]))

    def quiet(self, person: Person) -> list[bool]:
        """Of the messages to somebody, which came without a sound."""
        asked = [one for one in self.fake.calls if one.method == "sendMessage" and one.number("chat_id") == person.id]
        return [one.params.get("disable_notification") == "true" for one in asked]


@pytest.fixture
def telegram(database_url: str, tmp_path: Path) -> Iterator[TelegramRig]:
    with FakeTelegram() as fake:
        section = {"token": TOKEN, "base_url": fake.url, "mode": "webhook", "webhook_secret": SECRET}
        sections = {"telegram": section, "web": {"public_url": "https://duban.example.gov.cn"}}
        office = ServedOffice(database_url, tmp_path, "2021-08-23 08:00", sections)
        fake.clock = lambda: office.clock.now().timestamp()
        rig = TelegramRig(office, fake)
        office.at("08-23 10:00")
        office.receives(NUMBER, **GIVEN)
        office.at("08-23 10:30")
        yield rig
        office.close()


@pytest.fixture
def wecom(database_url: str, tmp_path: Path) -> Iterator[WeComRig]:
    with wecom_rig(database_url, tmp_path) as rig:
        rig.office.at("08-23 10:00").receives(NUMBER, problem="“水力部门”", suggestion="水利部门")
        rig.office.at("08-23 10:30")
        yield rig


def states(office: ServedOffice, kind: MessageKind) -> list[MessageState]:
    return [one.state for one in office.messages(NUMBER) if one.kind == kind]


class TestTelegram:
    def test_the_card_keeps_what_it_said_and_so_does_the_others(self, telegram: TelegramRig) -> None:
        telegram.taps(telegram.jia, "签收")
        mine, theirs = telegram.jia.sees[-1], telegram.yi.sees[-1]
        for card in (mine, theirs):
            assert card.edits == 1
            assert card.text.split("\n")[1:5] == FACTS
            assert [label for label, _ in card.buttons] == ["办结", "为什么"]
        assert theirs.text.startswith(f"【已签收】工单 {NUMBER}（水清三明，微信公众号）已由甲于8月23日10:30签收。")
        telegram.office.at("08-23 10:35")
        assert telegram.yi.sees[-1].text == TAKEN
        assert telegram.quiet(telegram.yi)[-2:] == [False, True]
        telegram.taps(telegram.yi, "办结", 0)
        assert telegram.office.ticket(NUMBER).state == TicketState.COMPLETED
        telegram.office.at("08-23 10:40")
        assert telegram.jia.sees[-1].text.startswith(f"工单 {NUMBER}（水清三明）已由乙于8月23日10:35办结")
        assert telegram.bing.sees[-1].text.startswith("丙，您好")  # who was never told of it hears nothing

    def test_undone_the_cards_stand_as_before_and_nobody_was_told(self, telegram: TelegramRig) -> None:
        telegram.taps(telegram.jia, "办结")
        assert [label for label, _ in telegram.jia.sees[-1].buttons] == ["撤销", "复制说明"]
        assert telegram.yi.sees[-1].text.startswith("【已办结】")
        telegram.taps(telegram.jia, "撤销")
        assert telegram.jia.sees[-1].edits == 2
        assert telegram.jia.sees[-1].text.split("\n")[1:5] == FACTS
        assert telegram.yi.sees[-1].text.startswith("【待签收】")
        assert [label for label, _ in telegram.yi.sees[-1].buttons] == ["签收", "办结", "为什么"]
        before = len(telegram.yi.sees)
        telegram.office.at("08-23 11:00")
        assert len(telegram.yi.sees) == before

    @pytest.mark.parametrize("why", ["Bad Request: message can't be edited", "Bad Request: message to edit not found"])
    def test_a_refused_change_is_followed_by_a_message(self, telegram: TelegramRig, why: str) -> None:
        telegram.fake.refuse("editMessageText", 400, why, times=2)
        telegram.taps(telegram.jia, "签收")
        answer = telegram.jia.sees[-1]
        assert (answer.edits, answer.text.startswith(f"已签收：{NUMBER}")) == (0, True)
        assert answer.text.split("\n")[1:5] == FACTS
        # 乙's card stays; the message that follows says the same.
        assert states(telegram.office, MessageKind.CARD) == [MessageState.SUPERSEDED]
        telegram.office.at("08-23 10:35")
        assert telegram.yi.sees[-1].text == TAKEN

    def test_what_is_typed_after_the_button_explains(self, telegram: TelegramRig) -> None:
        telegram.taps(telegram.jia, "办结")
        telegram.bring(telegram.jia.says("错字已改成水利"))
        assert telegram.jia.sees[-1].text.startswith(f"已补充为工单 {NUMBER}（水清三明）的办结说明。")
        assert dict(telegram.jia.sees[-1].buttons)["复制说明"] == "copy:错字已改成水利"
        telegram.bring(telegram.jia.says(f"补充 {NUMBER} 截图已报送"))
        assert telegram.jia.sees[-1].text.startswith(f"已补充到工单 {NUMBER}")
        assert [one.data["text"] for one in telegram.office.story(NUMBER, "note")] == ["错字已改成水利", "截图已报送"]

    def test_a_text_too_long_to_copy_has_no_button(self, telegram: TelegramRig) -> None:
        telegram.bring(telegram.jia.says("办结 " + "改" * 257))
        assert [label for label, _ in telegram.jia.sees[-1].buttons] == ["撤销"]

    def test_a_digest_is_taken_with_one_tap_and_stays(self, telegram: TelegramRig) -> None:
        telegram.office.receives("FJ-2", "FJ-3", "FJ-4")
        digest = telegram.jia.sees[-1]
        assert [label for label, _ in digest.buttons] == ["全部签收", "1", "2", "3"]
        telegram.taps(telegram.jia, "全部签收")
        assert (digest.edits, telegram.jia.sees[-1].text.count("已签收：")) == (0, 3)
        telegram.taps(telegram.jia, "2", [one for one in telegram.jia.sees if one.buttons].index(digest))
        assert telegram.jia.sees[-1].text.startswith("FJ-3（水清三明")
        telegram.office.at("08-23 10:35")
        assert telegram.yi.sees[-1].text.startswith("以下3件工单已有人办理")


class TestWeCom:
    def test_the_card_keeps_what_it_said_and_so_does_the_others(self, wecom: WeComRig) -> None:
        [mine], [theirs] = [[one for one in wecom.takes(who) if one.buttons] for who in ("jia", "yi")]
        wecom.taps(wecom.addresses["jia"], mine, "签收")
        for shown in (wecom.card(mine), wecom.card(theirs)):
            assert "问题：“水力部门”\n建议：水利部门" in shown["sub_title_text"]
            assert [one["text"] for one in shown["button_list"]] == ["办结", "为什么"]
        assert wecom.card(theirs)["main_title"]["title"].startswith("【已签收】")
        wecom.office.at("08-23 10:35")
        assert [one.text for one in wecom.takes("yi")] == [TAKEN]
        # The code that came with the card is spent: the second change is left to the message.
        wecom.taps(wecom.addresses["jia"], mine, "办结")
        assert wecom.card(theirs)["main_title"]["title"].startswith("【已签收】")
        wecom.office.at("08-23 10:40")
        assert "办结，您无需处理" in wecom.takes("yi")[-1].text
        assert states(wecom.office, MessageKind.CARD) == [MessageState.ACCEPTED, MessageState.SUPERSEDED]

    def test_a_refused_change_is_followed_by_a_message(self, wecom: WeComRig) -> None:
        [mine] = [one for one in wecom.takes("jia") if one.buttons]
        wecom.fake.fail(qyapi.UPDATE, code(60140), code(60140))
        wecom.taps(wecom.addresses["jia"], mine, "签收")
        assert any(f"已签收：{NUMBER}" in one.text for one in wecom.takes("jia"))
        assert states(wecom.office, MessageKind.CARD) == [MessageState.SUPERSEDED]

    def test_a_digest_is_taken_with_one_tap(self, wecom: WeComRig) -> None:
        wecom.takes("jia")
        wecom.office.receives("FJ-2", "FJ-3", "FJ-4")
        *_, digest = wecom.takes("jia")
        assert digest.labels == ["全部签收", "1", "2", "3"]
        wecom.taps(wecom.addresses["jia"], digest, "全部签收")
        assert {wecom.office.ticket(f"FJ-{number}").state for number in (2, 3, 4)} == {TicketState.ACKNOWLEDGED}
        assert "已签收：FJ-2" in wecom.takes("jia")[-1].text
