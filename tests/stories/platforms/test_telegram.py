"""The whole case on Telegram: binding, the card, a tap, an answer in words, the card as it stands then, the ledger."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.actions.people.binding import ask_to_confirm
from bot.channels.telegram.client import hook_path
from bot.reports.story import story_lines
from bot.sealing import read_phone, row_of_person
from storage import views
from storage.people import addresses, register
from storage.records import PersonDraft, TicketState
from storage.tables import inbound
from tests.cast.bureau import NUMBER
from tests.cast.served import ServedOffice
from tests.fakes.telegram import FakeTelegram, Group
from tests.fakes.telegram_wire import TOKEN, USERNAME

SECRET = "a-secret-that-only-telegram-knows"


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as running:
        yield running


@pytest.fixture
def office(database_url: str, tmp_path: Path, fake: FakeTelegram) -> Iterator[ServedOffice]:
    telegram = {"token": TOKEN, "base_url": fake.url, "mode": "webhook", "webhook_secret": SECRET}
    sections = {"telegram": telegram, "web": {"public_url": "https://duban.example.gov.cn"}}
    opened = ServedOffice(database_url, tmp_path, "2021-08-23 08:00", sections)
    fake.clock = lambda: opened.clock.now().timestamp()
    path = hook_path(opened.engine.settings.telegram)
    fake.hook = lambda update: fake.push(update, f"{opened.url}/hooks/telegram/{path}", secret=SECRET)  # type: ignore[attr-defined]
    yield opened
    opened.close()


def bring(fake: FakeTelegram, office: ServedOffice, update: dict[str, object]) -> None:
    assert fake.hook(update) == 200  # type: ignore[attr-defined]
    office.settle()


def test_the_case_of_2021_answered_in_time_on_telegram(office: ServedOffice, fake: FakeTelegram) -> None:
    jia, yi, stranger = fake.person(1001, "甲"), fake.person(1002, "乙"), fake.person(1003, "路人")

    # Whoever is not bound gets one hint; a code binds, once.
    bring(fake, office, jia.start())
    bring(fake, office, jia.says("在吗"))
    assert [one.text for one in jia.sees if "还没有绑定" in one.text] == [jia.sees[0].text]
    code = office.code("jia")
    bring(fake, office, jia.start(code))
    assert "甲，您好" in jia.sees[-1].text
    bring(fake, office, stranger.start(code))
    assert "绑定没有成功" in stranger.sees[-1].text
    bring(fake, office, yi.says(f"绑定 {office.code('yi')}"))
    assert "乙，您好" in yi.sees[-1].text

    # The ticket arrives as a card with buttons; a tap takes it, and the card shows its new state.
    office.at("08-23 10:00")
    office.receives(NUMBER)
    card = jia.sees[-1]
    assert NUMBER in card.text
    assert "请于8月24日18:00前办结，最迟24:00" in card.text
    assert [label for label, _ in card.buttons] == ["签收", "办结", "为什么"]
    assert "抄送" in yi.sees[-1].text
    office.at("08-23 10:30")
    bring(fake, office, jia.taps(card, card.buttons[0][1]))
    assert office.ticket(NUMBER).state == TicketState.ACKNOWLEDGED
    assert fake.answered
    changed = next(one for one in jia.sees if one.id == card.id)
    assert changed.edits == 1
    assert "签收" in changed.text
    assert "签收" not in [label for label, _ in changed.buttons]

    # The same update again changes nothing.
    told = len(jia.sees)
    update = jia.taps(changed, f"done:{office.ticket(NUMBER).id + 999}")
    bring(fake, office, update)
    bring(fake, office, update)
    assert office.ticket(NUMBER).state == TicketState.ACKNOWLEDGED
    assert len(jia.sees) <= told + 1

    # A picture and an answer in words, as a reply to the card.
    bring(fake, office, jia.sends_photo(b"\x89PNG a picture of the corrected article", reply_to=changed))
    assert "佐证" in jia.sees[-1].text
    office.at("08-24 09:40")
    bring(fake, office, jia.says("已修改，链接已更新", reply_to=changed))
    assert office.ticket(NUMBER).state == TicketState.COMPLETED
    assert office.ticket(NUMBER).completed_at == office.moment("08-24 09:40")
    assert "请将以下内容粘贴到省平台：" in jia.sees[-1].text

    # 乙 hears once that there is nothing to do; nothing more is said, and an old button tells the present state.
    office.at("08-24 09:45")
    assert yi.sees[-1].text == f"工单 {NUMBER}（水清三明）已由甲于8月24日09:40办结，您无需处理。"
    heard = (len(jia.sees), len(yi.sees))
    office.at("08-27 18:00")
    assert (len(jia.sees), len(yi.sees)) == heard
    bring(fake, office, yi.taps(next(one for one in yi.sees if one.buttons), f"ack:{office.ticket(NUMBER).id}"))
    assert "甲" in str([one.text for one in yi.sees])
    assert office.ticket(NUMBER).state == TicketState.COMPLETED

    # The ledger says who was told what over which channel, and what was answered.
    assert {one.data["channel"] for one in office.story(NUMBER, "told")} == {"telegram"}
    [done] = office.story(NUMBER, "complete")
    assert done.data["raw"] == "已修改，链接已更新"
    assert done.data["via"] == "telegram"
    assert len(office.story(NUMBER, "file")) == 1


def test_one_press_binds_whoever_is_registered_with_the_number_telegram_has_verified(
    office: ServedOffice, fake: FakeTelegram
) -> None:
    jia, stranger = fake.person(1001, "甲"), fake.person(1003, "路人")
    with office.database.begin() as conn:
        [unit] = {one.unit_id for one in register.load(conn).people.values() if one.name == "甲"}
        phone = office.engine.sealer.sealed_phone(read_phone("13800001234"), row_of_person(unit, "甲"))
        register.save_person(conn, PersonDraft(name="甲", unit_id=unit, phone=phone))
    for person in (jia, stranger):
        bring(fake, office, person.start())
        keyboard = person.sees[0].keyboard
        assert keyboard is not None
        assert keyboard["keyboard"] == [[{"text": "发送我的手机号", "request_contact": True}]]
    bring(fake, office, stranger.shares_phone("+8613800001234", owner=1001))
    bring(fake, office, stranger.shares_phone("+8613900009999"))
    assert "绑定没有成功" in stranger.sees[-1].text
    bring(fake, office, jia.shares_phone("8613800001234"))
    assert "甲，您好" in jia.sees[-1].text
    office.at("08-23 10:00")
    office.receives(NUMBER)
    assert NUMBER in jia.sees[-1].text
    assert NUMBER not in str([one.text for one in stranger.sees])


def test_who_blocks_the_bot_is_unreachable_at_once_and_the_desk_hears(office: ServedOffice, fake: FakeTelegram) -> None:
    jia, wu = fake.person(1001, "甲"), fake.person(1004, "戊")
    bring(fake, office, jia.start(office.code("jia")))
    bring(fake, office, wu.start(office.code("wu")))
    bring(fake, office, jia.blocks())
    assert "甲的Telegram联系方式已失效" in wu.sees[-1].text
    office.at("08-23 10:00")
    office.receives(NUMBER)
    assert NUMBER not in str([one.text for one in jia.sees])
    assert NUMBER in wu.sees[-1].text


def test_a_forged_update_is_never_believed(office: ServedOffice, fake: FakeTelegram) -> None:
    jia = fake.person(1001, "甲")
    path = hook_path(office.engine.settings.telegram)
    update = jia.start(office.code("jia"))
    url = f"{office.url}/hooks/telegram/{path}"
    assert fake.push(update, url, secret="guessed") == 403
    assert fake.push(update, url) == 403
    office.settle()
    assert jia.sees == []


def test_bound_anew_the_old_account_is_told_and_hears_nothing_more(office: ServedOffice, fake: FakeTelegram) -> None:
    old, new = fake.person(1001, "甲"), fake.person(2001, "甲的新号")
    bring(fake, office, old.start(office.code("jia")))
    bring(fake, office, old.says("绑定"))
    code = old.sees[-1].text.rsplit(" ", 1)[1]
    bring(fake, office, new.says(f"绑定 {code}"))
    assert "甲，您好" in new.sees[-1].text
    assert "已在另一个账号上绑定，这里不再接收工单" in old.sees[-1].text
    heard = len(old.sees)
    office.at("08-23 10:00")
    office.receives(NUMBER)
    assert NUMBER in new.sees[-1].text
    # From the old account nothing is believed, and the one hint is all it gets.
    bring(fake, office, old.says(f"办结 {NUMBER} 已改"))
    bring(fake, office, old.says("在吗"))
    assert office.ticket(NUMBER).state == TicketState.NEW
    assert ["还没有绑定" in one.text for one in old.sees[heard:]] == [True]


def test_a_document_with_words_is_evidence_and_an_answer(office: ServedOffice, fake: FakeTelegram) -> None:
    jia = fake.person(1001, "甲")
    bring(fake, office, jia.start(office.code("jia")))
    office.at("08-23 10:00")
    office.receives(NUMBER)
    bring(fake, office, jia.sends_document("整改说明.docx", b"PK word", "已整改，说明见附件"))
    assert office.ticket(NUMBER).state == TicketState.COMPLETED
    assert [one.data["name"] for one in office.story(NUMBER, "file")] == ["整改说明.docx"]
    assert "佐证" in jia.sees[-1].text
    with office.database.read() as conn:
        told = views.timeline(conn, office.ticket(NUMBER).id)
        calendar = office.engine.context.working(conn).calendar
    lines = "\n".join(story_lines(told, calendar, office.engine.wording, office.clock.now()))
    assert "甲提交佐证文件：整改说明.docx（经Telegram）" in lines


def test_who_speaks_or_sends_too_much_is_told_that_nothing_was_recorded(
    office: ServedOffice, fake: FakeTelegram
) -> None:
    jia, stranger = fake.person(1001, "甲"), fake.person(1003, "路人")
    bring(fake, office, jia.start())
    assert jia.sees[-1].keyboard is not None
    assert "keyboard" in jia.sees[-1].keyboard
    # Bound by a code, the question for the telephone number goes away.
    bring(fake, office, jia.start(office.code("jia")))
    assert jia.sees[-1].keyboard == {"remove_keyboard": True}
    office.at("08-23 10:00")
    office.receives(NUMBER)
    bring(fake, office, jia.speaks())
    assert "只看得懂文字、图片和文件，这一条未作任何记录" in jia.sees[-1].text
    bring(fake, office, stranger.speaks())
    assert ["还没有绑定" in one.text for one in stranger.sees] == [True]

    office.at("08-23 10:05")
    large = jia.sends_document("录像.mp4", b"small after all")
    fake.said_sizes[large["message"]["document"]["file_id"]] = 21_000_000
    bring(fake, office, large)
    assert "文件超过 20 MB" in jia.sees[-1].text
    assert office.story(NUMBER, "file") == []
    # Whoever replies to that means its ticket.
    office.receives("FJ-2")
    office.at("08-23 10:06")
    bring(fake, office, jia.says("已改正", reply_to=next(one for one in jia.sees if "20 MB" in one.text)))
    assert office.ticket(NUMBER).state == TicketState.COMPLETED


class TestInAGroup:
    """Privacy mode: the bot hears its name, commands and replies to it; what concerns one person goes to them alone."""

    @pytest.fixture
    def group(self, office: ServedOffice, fake: FakeTelegram) -> Group:
        for number, name in ((1001, "jia"), (1004, "wu")):
            bring(fake, office, fake.person(number, name).start(office.code(name)))
        office.at("08-23 10:00")
        office.receives(NUMBER)
        return fake.group(-500)

    def test_called_by_name_it_answers_there_and_acts(
        self, office: ServedOffice, fake: FakeTelegram, group: Group
    ) -> None:
        jia = fake.people[1001]
        bring(fake, office, jia.says(f"@{USERNAME} 工单 {NUMBER}", chat=group.id))
        assert "状态：待签收" in jia.sees[-1].text
        assert group.sees == []
        bring(fake, office, jia.says(f"签收 {NUMBER} @{USERNAME}", chat=group.id))
        shown = group.sees[-1]
        assert "已签收" in shown.text
        assert shown.reply_to is not None
        office.at("08-23 10:30")
        bring(fake, office, jia.says("已改正", chat=group.id, reply_to=shown))
        assert office.ticket(NUMBER).state == TicketState.COMPLETED
        assert "请将以下内容粘贴到省平台" in group.sees[-1].text

    def test_a_reply_to_an_answer_means_the_ticket_it_speaks_of(
        self, office: ServedOffice, fake: FakeTelegram, group: Group
    ) -> None:
        jia = fake.people[1001]
        office.receives("FJ-2")
        bring(fake, office, jia.says(f"@{USERNAME} 签收 {NUMBER}", chat=group.id))
        shown = group.sees[-1]
        assert f"已签收：{NUMBER}" in shown.text
        # Words about one ticket are not the reason another one waits for.
        bring(fake, office, jia.says("误报 FJ-2"))
        assert "请写明理由" in jia.sees[-1].text
        bring(fake, office, jia.says("已改正", chat=group.id, reply_to=shown))
        assert office.ticket(NUMBER).state == TicketState.COMPLETED

    def test_what_is_not_said_to_it_is_left_alone(self, office: ServedOffice, fake: FakeTelegram, group: Group) -> None:
        jia, stranger = fake.people[1001], fake.person(1009, "路人")
        told = len(fake.sent)
        for update in (
            jia.says("收到", chat=group.id),
            jia.says("办结", chat=group.id),
            stranger.says(f"@{USERNAME} 工单 {NUMBER}", chat=group.id),
            stranger.says(f"@{USERNAME} 绑定 {office.code('yi')}", chat=group.id),
            stranger.says("/start", chat=group.id),
        ):
            bring(fake, office, update)
        assert len(fake.sent) == told
        assert office.ticket(NUMBER).state == TicketState.NEW

    def test_lists_of_others_codes_and_refusals_go_to_the_person_alone(
        self, office: ServedOffice, fake: FakeTelegram, group: Group
    ) -> None:
        wu, jia = fake.people[1004], fake.people[1001]
        office.at("08-25 09:00")
        before = len(group.sees)
        bring(fake, office, wu.says(f"@{USERNAME} 督办列表", chat=group.id))
        assert NUMBER in wu.sees[-1].text
        bring(fake, office, jia.says(f"@{USERNAME} 绑定", chat=group.id))
        assert "要绑定的聊天窗口" in jia.sees[-1].text
        assert len(group.sees) == before

    def test_a_group_that_moves_is_answered_where_it_is_now(
        self, office: ServedOffice, fake: FakeTelegram, group: Group
    ) -> None:
        jia = fake.people[1001]
        asked = jia.says(f"@{USERNAME} 签收 {NUMBER}", chat=group.id)
        moved = group.becomes_supergroup(-1_000_500)
        bring(fake, office, asked)
        office.settle()
        assert NUMBER in moved.sees[-1].text


def test_forwarded_words_are_nobodys_answer(office: ServedOffice, fake: FakeTelegram) -> None:
    jia = fake.person(1001, "甲")
    bring(fake, office, jia.start(office.code("jia")))
    office.at("08-23 10:00")
    office.receives(NUMBER)
    update = jia.says("办结 已整改")
    update["message"]["forward_origin"] = {"type": "hidden_user", "date": 1, "sender_user_name": "乙"}
    bring(fake, office, update)
    assert "转发的话不算您的答复" in jia.sees[-1].text
    assert office.ticket(NUMBER).state == TicketState.NEW
    bring(fake, office, jia.says("办结 已整改"))
    assert office.ticket(NUMBER).state == TicketState.COMPLETED


def test_a_code_opens_only_the_door_it_was_made_for(office: ServedOffice, fake: FakeTelegram) -> None:
    stranger, jia = fake.person(1003, "路人"), fake.person(1001, "甲")
    code = ""

    def words(drawn: str) -> str:
        nonlocal code
        code = drawn
        return drawn

    assert ask_to_confirm(office.engine.context, office.people["jia"], "wecom", "ZhangSan", words, "是我本人")
    for forged in (f"/start {code}@wecom:ZhangSan", f"/start wecom:ZhangSan{code}", f"/start {code}"):
        bring(fake, office, stranger.says(forged))
        assert "绑定没有成功" in stranger.sees[-1].text
    with office.database.read() as conn:
        assert addresses.person_at(conn, "telegram", "1003") is None
    office.forget()
    # What is said in a group is read by others too, be it meant for the bot or not.
    fake.privacy = False
    group = fake.group()
    for said in ("/start {}", f"@{USERNAME} 绑定 {{}}", "绑定码 {} 谁帮忙绑一下"):
        code = office.code("jia")
        bring(fake, office, stranger.says(said.format(code), chat=group.id))
        bring(fake, office, jia.start(code))
        assert "绑定没有成功" in jia.sees[-1].text
    assert group.sees == []
    bring(fake, office, jia.start(office.code("jia")))
    assert "甲，您好" in jia.sees[-1].text
    office.forget()


def test_contacts_of_others_are_never_kept_and_ones_own_only_until_it_is_compared(
    office: ServedOffice, fake: FakeTelegram
) -> None:
    jia, stranger = fake.person(1001, "甲"), fake.person(1003, "路人")
    office.bind("jia", "telegram", "1001")
    theirs, nested = jia.shares_phone("+8613812340001", owner=555), jia.says("见上")
    nested["message"]["reply_to_message"] = {**theirs["message"]}  # type: ignore[index]
    nested["message"]["external_reply"] = {"contact": {"phone_number": "+8613812340002", "first_name": "x"}}  # type: ignore[index]
    for update in (theirs, nested, stranger.shares_phone("+8613812340003")):
        bring(fake, office, update)
    with office.database.read() as conn:
        kept = [row.raw for row in conn.execute(select(inbound)).all() if row.kind == "update"]
    assert len(kept) == 3
    assert not any("1381234000" in raw for raw in kept)
    office.forget()
