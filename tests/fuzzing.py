"""Hostile inputs for every parser, and how each is called; `python -m benchmarks fuzz` takes very many of them."""

import json
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from wechatpy.enterprise.crypto import WeChatCrypto

from bot.rules.calendar.notice import NoticeRefused, read_notice
from bot.sealing import PhoneInvalid, read_phone
from handlers.chat.listing import parse_all
from handlers.chat.platforms import wechat, wecom
from handlers.chat.platforms.callbacks import Door, Turned, fields_of
from handlers.chat.platforms.telegram import TelegramReader
from handlers.chat.words.until import read_period
from handlers.intake import InputRefused
from handlers.intake.delimited import DelimitedGrid
from handlers.intake.fields import ticket_headings
from handlers.intake.grid import FileLimits
from handlers.intake.headings import KnownHeadings
from handlers.intake.moments import read_moment
from handlers.intake.xlsx_guard import faulty_cells

TODAY = date(2021, 8, 23)
NOW = datetime(2021, 8, 23, 2, tzinfo=UTC)
KEY, TOKEN, CORP = "A" * 43, "callback-token", "ww0123456789abcdef"
LONGEST = 4096  # characters of a message on the platforms
WORDS = (
    "请假 ", "延期 ", "办结 1 ", "签收", "误报 ", "转派 给", "到", "从", "至", "二十五三天", "8月24日",
    "2021-08-24", "周五", "3天", "10个工作日", "下午3点半", "1-3", "第2个", "和", "，", "。", "、", "\n",
    "FJ-20210823-01", "〔2021〕23号", "不", "还没", "了", "明天", "http://a.b/", "<a>", "</a>", "<![CDATA[",
    "]]>", "<Encrypt>", "</Encrypt>", "&a;", "<!DOCTYPE a [", "{", "[", '"', "'", "\\u0000", "null", "1e999",
    "-", "—", "放假", "调休", "共3天", "（星期一）", "节", "上班", "\ufeff", "\u202e", "\u200d", "😀", "é",
    "ﷺ", "<c ", '<c r="', "<row ", "<f>", 't="e"', "a:", "\t", ";", ",", "+86 138 0000 0000",
    "工单编号,账号名称\n",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Parser:
    """One way in: what it is fed, and what it may raise."""

    call: Callable[[str], object]
    refuses: tuple[type[Exception], ...] = ()
    longest: int = LONGEST

    def __call__(self, text: str) -> None:
        """Feed it; an exception of another family fails the test."""
        with suppress(*self.refuses):
            self.call(text)


class Itself:
    """Who the bot is on Telegram."""

    bot_id, username = 1, "duban_bot"


def inputs(seed: int, many: int, longest: int) -> Iterator[str]:
    """Make inputs: words in a heap, one piece over and over, noise, and noise amid words."""
    draw = random.Random(seed)
    for number in range(many):
        length = draw.choice((8, 64, 512, longest))
        kind = number % 4
        if kind == 0:
            pieces = "".join(draw.choice(WORDS) for _ in range(length // 3))
        elif kind == 1:
            pieces = "".join(draw.choice(WORDS) for _ in range(draw.randint(1, 3))) * length
        elif kind == 2:
            pieces = draw.choice(WORDS) + "".join(map(chr, _noise(draw, length)))
        else:
            pieces = "".join(draw.choice(WORDS) + chr(_one(draw)) for _ in range(length // 3))
        yield pieces[:length]


def parsers(folder: Path) -> Mapping[str, Parser]:
    """Every parser of what strangers, colleagues or platforms bring."""
    door, reader = Door(TOKEN, WeChatCrypto(TOKEN, KEY, CORP)), TelegramReader(Itself())
    query = {"timestamp": str(int(NOW.timestamp())), "nonce": "n", "msg_signature": "0" * 40}
    known = ticket_headings()
    return {
        "what people type": Parser(call=lambda text: parse_all(text, {"fj-20210823-01": "FJ-20210823-01"})),
        "until when": Parser(call=lambda text: read_period(text, TODAY, lasting=True)),
        "a time in a cell": Parser(call=read_moment),
        "a telephone number": Parser(call=read_phone, refuses=(PhoneInvalid,)),
        "an unsigned callback": Parser(
            call=lambda text: door.open(query, _bytes(text), NOW), refuses=(Turned,), longest=16 * 1024
        ),
        "XML of a callback": Parser(call=lambda text: fields_of(f"<xml>{text}</xml>"), refuses=(Turned,)),
        "a kept update of WeCom": Parser(call=lambda text: wecom.read(_kept(text)), refuses=(ValueError,)),
        "a kept update of WeChat": Parser(call=lambda text: wechat.read(_kept(text)), refuses=(ValueError,)),
        "an update of Telegram": Parser(call=lambda text: reader.read(_update(text)), refuses=(ValueError,)),
        "raw JSON of Telegram": Parser(call=reader.read, refuses=(ValueError,)),
        "a holiday notice": Parser(call=lambda text: read_notice(text, {}), refuses=(NoticeRefused,)),
        "a text file": Parser(call=lambda text: _delimited(folder, text, known), refuses=(InputRefused,)),
        "cells of a workbook": Parser(call=lambda text: _cells(folder, text), refuses=(InputRefused,)),
    }


def _noise(draw: random.Random, length: int) -> Iterator[int]:
    return (_one(draw) for _ in range(length))


def _one(draw: random.Random) -> int:
    planes = ((0x20, 0x7F), (0x80, 0x2FFF), (0x3000, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x1FFFF))
    return draw.randrange(*draw.choice(planes))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _kept(text: str) -> str:
    told = "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name in ("MsgType", "Event", "EventKey", "Content"))
    return json.dumps({"xml": f"<xml><FromUserName>a</FromUserName><CreateTime>1</CreateTime>{told}</xml>"})


def _update(text: str) -> str:
    person = {"id": 5, "is_bot": False, "first_name": text[:64]}
    group = {"id": -5, "type": "group", "title": text[:64]}
    message = {"message_id": 1, "date": 1629684000, "chat": group, "from": person, "text": text}
    return json.dumps({"update_id": 1, "message": message})


def _delimited(folder: Path, text: str, known: KnownHeadings) -> object:
    path = folder / "fuzzed.csv"
    path.write_bytes(_bytes(text))
    return [line.texts for line in DelimitedGrid(path, FileLimits(), known).lines()]


def _cells(folder: Path, text: str) -> object:
    """A sheet is text between its tags; that it is packed costs the same whatever is in it."""
    path = folder / "fuzzed.xlsx"
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "xl/workbook.xml", f'<workbook {main} xmlns:r="{links}"><sheet name="a" r:id="r1"/></workbook>'
        )
        archive.writestr("xl/_rels/workbook.xml.rels", '<R><Relationship Id="r1" Target="sheet.xml"/></R>')
        archive.writestr("xl/sheet.xml", _bytes(f'<c t="e">{text}'))
    return faulty_cells(path, "a")
