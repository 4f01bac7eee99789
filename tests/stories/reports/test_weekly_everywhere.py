"""The weekly summary as it reaches each kind of reader: words and table, as file, document or attachment."""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from openpyxl import load_workbook

from storage.people import register
from storage.records import PersonDraft
from tests.cast.bureau import DESK, NUMBER
from tests.cast.served import ServedOffice
from tests.fakes import mpapi as mp
from tests.fakes import qyapi as qy
from tests.fakes.mpapi import MpApi
from tests.fakes.peer import serving
from tests.fakes.qyapi import QyApi
from tests.fakes.smtp import MailServer, mail_server
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_wire import TOKEN

FILE = "督办周报-2021年第34周.xlsx"
READERS = {"子": ("wecom", "ZhangSan"), "丑": ("telegram", "1001"), "寅": ("mail", "yin@example.org")}
READERS |= {"卯": ("wechat", "openid-zhang-san")}


class Far:
    """The platforms."""

    def __init__(self, wecom: QyApi, telegram: FakeTelegram, mail: MailServer, wechat: MpApi) -> None:
        self.wecom, self.telegram, self.mail, self.wechat = wecom, telegram, mail, wechat


Opened = Callable[..., tuple[ServedOffice, Far]]


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Opened]:
    with ExitStack() as stack:

        def open_with(**wecom: str) -> tuple[ServedOffice, Far]:
            far = Far(QyApi(), stack.enter_context(FakeTelegram()), stack.enter_context(mail_server()), MpApi())
            far.telegram.person(1001, "丑")
            keys = {"token": "callback", "aes_key": "A" * 43}
            settings = {
                "wecom": {"corp_id": qy.CORP, "secret": qy.SECRET, "agent_id": qy.AGENT, **keys, **wecom}
                | {"base_url": stack.enter_context(serving(far.wecom))},
                "telegram": {"token": TOKEN, "base_url": far.telegram.url},
                "mail": {"host": "127.0.0.1", "port": far.mail.port, "sender": "duban@example.org", "tls": "none"},
                "wechat": {"app_id": mp.APP, "secret": mp.SECRET, **keys}
                | {"base_url": stack.enter_context(serving(far.wechat))},
            }
            office = ServedOffice(database_url, tmp_path, "2021-08-23 09:00", settings)
            stack.callback(office.close)
            far.wecom.clock = far.wechat.clock = office.clock
            with office.database.begin() as conn:
                for name in READERS:
                    office.people[name] = register.save_person(conn, PersonDraft(name=name, unit_id=DESK))
            for name, (channel, address) in READERS.items():
                office.bind(name, channel, address)
            return office, far

        yield open_with


def a_week_later(office: ServedOffice, far: Far) -> None:
    """水清三明 is taken in and never answered; on the next Monday the desk gets its summary."""
    far.wechat.hear("openid-zhang-san")
    office.at("08-23 10:00")
    office.receives(NUMBER)
    office.at("08-30 08:29")
    for sent in (far.wecom.sent, far.telegram.sent, far.mail.got):
        sent.clear()
    far.wechat.hear("openid-zhang-san")
    office.at("08-30 08:31")
    assert office.engine.weekly()
    office.settle()


def holds_the_ticket(body: bytes) -> bool:
    book = load_workbook(io.BytesIO(body))
    return any(NUMBER in str(cell.value) for sheet in book for row in sheet for cell in row)


def test_words_and_table_reach_every_kind_of_reader(opened: Opened) -> None:
    office, far = opened()
    a_week_later(office, far)
    words, file = [one for one in far.wecom.sent if one.kind != "template_card"][-2:]
    assert (words.kind, file.kind) == ("text", "file")
    assert "督办周报 2021年第34周" in words.text
    assert NUMBER in words.text
    name, body = far.wecom.uploads[file.body["file"]["media_id"]]
    assert name == FILE
    assert holds_the_ticket(body)

    [document] = [one for one in far.telegram.sent if one.document]
    assert document.document is not None
    assert document.document[0] == FILE
    assert holds_the_ticket(document.document[1])
    assert "督办周报" in "".join(one.text for one in far.telegram.sent)

    [mail] = [one.mail for one in far.mail.got if "督办周报" in str(one.mail["Subject"])]
    [attached] = mail.iter_attachments()
    assert attached.get_filename() == FILE
    assert holds_the_ticket(attached.get_payload(decode=True))  # type: ignore[arg-type]

    assert (
        f"附件《{FILE}》无法在公众号里发送" in [one.text for one in far.wechat.sent if one.to == "openid-zhang-san"][-1]
    )


def test_laid_out_where_the_setting_says_so_and_never_for_tickets(opened: Opened) -> None:
    office, far = opened(overview="markdown")
    a_week_later(office, far)
    words = next(one for one in far.wecom.sent if one.kind == "markdown")
    first, *_ = words.text.split("\n")
    assert first.startswith("**督办周报 2021年第34周")
    assert '<font color="warning">已逾期3个工作日（5个自然日）</font>' in words.text
    assert "**告知前已逾期（1件，不计入以上逾期件数）：**" in words.text  # A角 and B角 can be reached nowhere
    assert len(words.text.encode()) <= 2048
    assert [one.kind for one in far.wecom.sent][-1] == "file"
    assert "markdown" not in [one.kind for one in far.wecom.sent if f"工单 {NUMBER}" in one.text]
