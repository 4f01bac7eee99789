"""Nobody can hold the bot up: hostile text costs work in proportion to its length, and no more."""

import sys
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from wechatpy.enterprise.crypto import WeChatCrypto

from bot.rules.tickets.extension import Until
from handlers.chat.listing import parse_all
from handlers.chat.platforms.callbacks import Door, Turned
from handlers.chat.words.until import read_period, read_until
from handlers.intake import InputRefused
from handlers.intake.files import SpreadsheetFile
from tests.fakes.sheets import rewrite, xlsx
from tests.fuzzing import CORP, KEY, LONGEST, NOW, TODAY, TOKEN, inputs, parsers

SHEET = "xl/worksheets/sheet1.xml"
CALLS_A_CHARACTER, CALLS_ANYHOW = 400, 200_000
MANY = 120  # inputs a parser; `python -m benchmarks fuzz` takes ten thousand and measures
STRANGE = (
    "囧",
    "\u0489",
    "a\u0301",
    "\ufdfa",
    "到",
    "延期到",
    "十",
    "1 ",
    "明天到",
    "8月",
    " ",
    "\n",
    "二十五三天",
    "请假 ",
)


def calls(work: Callable[[], object]) -> int:
    """How many functions were called, Python's own among them: the same on every machine, however busy."""
    count = 0

    def seen(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("name", list(parsers(Path())))
def test_whatever_comes_is_read_or_refused_in_proportion_to_its_length(tmp_path: Path, name: str) -> None:
    parser = parsers(tmp_path)[name]
    for text in inputs(len(name), MANY, parser.longest):
        spent = calls(lambda text=text: parser(text))  # type: ignore[misc]
        assert spent <= CALLS_ANYHOW + CALLS_A_CHARACTER * len(text), text[:200]


@pytest.mark.parametrize("piece", STRANGE)
@pytest.mark.parametrize("command", ["请假 ", "延期 ", "请假到"])
def test_four_thousand_strange_characters_behind_a_leave_cost_no_more_than_twice_two_thousand(
    command: str, piece: str
) -> None:
    def work(length: int) -> int:
        text = command + (piece * length)[:length]
        return calls(lambda: (parse_all(text), read_period(text, TODAY, lasting=True)))

    work(64)  # what is remembered of single characters is not counted
    assert work(LONGEST) <= 2.5 * work(LONGEST // 2) + 2_000


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("二十五三天", None),
        ("五三天", None),
        ("十十天", None),
        ("二十五天", Until(days=25)),
        ("十天", Until(days=10)),
        ("两个工作日", Until(working_days=2)),
    ],
)
def test_numbers_that_are_none_name_no_time(said: str, until: Until | None) -> None:
    found = read_until(f"请假 {said}", date(2021, 8, 23))
    assert (found[0] if found else None) == until


def test_a_time_is_looked_for_where_people_name_one() -> None:
    early, late = f"延期到8月26日 {'等' * 3_000}", f"{'等' * 3_000} 延期到8月26日"
    found = read_until(early, date(2021, 8, 23))
    assert found is not None
    assert found[1] == "等" * 3_000
    assert read_until(late, date(2021, 8, 23)) is None


def test_an_unsigned_callback_is_turned_away_unparsed() -> None:
    door = Door(TOKEN, WeChatCrypto(TOKEN, KEY, CORP))
    query = {"timestamp": str(int(NOW.timestamp())), "nonce": "n", "msg_signature": "0" * 40}

    def knock(body: bytes) -> None:
        with pytest.raises(Turned, match="signature"):
            door.open(query, body, NOW)

    for body in (b"<a>" * 87_000, b"<xml>" + b"<Encrypt>" * 29_000, b"<Encrypt>" + b"<a>" * 87_000 + b"</Encrypt>"):
        assert calls(lambda body=body: knock(body)) < 500  # type: ignore[misc]


@pytest.mark.parametrize(
    "evil",
    [
        b"<c " * 2_000_000,
        b"<c r=" * 1_200_000,
        b'<c r="' * 1_000_000,
        b"<c r='\"' x=" * 600_000,
        b"<c " + b"a" * 6_000_000,
        b"<c " + b"a='b' " * 1_000_000,
        b"<c " + b"\"'" * 3_000_000,
        b"<a:" * 2_000_000,
        b"<" + b"a" * 6_000_000,
    ],
)
def test_a_workbook_made_to_make_a_pattern_go_back_is_refused_or_read_at_once(tmp_path: Path, evil: bytes) -> None:
    # Packed each is a few kilobytes; a pattern that goes back would need hours.
    special = b'<c t="e"><f>1</f></c>'
    path = rewrite(
        xlsx(tmp_path / "a.xlsx"), SHEET, lambda xml: xml.replace(b"</sheetData>", special + evil + b"</sheetData>")
    )
    assert path.stat().st_size < 40_000
    with pytest.raises(InputRefused):
        SpreadsheetFile(path).sheet(lambda _: True)


def test_a_list_of_sheets_that_is_no_list_is_refused_unread(tmp_path: Path) -> None:
    path = rewrite(
        xlsx(tmp_path / "a.xlsx"), "xl/workbook.xml", lambda xml: xml + b"<!-- " + b"x" * (5 << 20) + b" -->"
    )
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("xl/workbook.xml").file_size > 4 << 20
    with pytest.raises(InputRefused):
        SpreadsheetFile(path).sheet(lambda _: True)


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
@pytest.mark.parametrize("name", ["a holiday notice", "raw JSON of Telegram"])
def test_brackets_without_end_are_refused_like_any_other_junk(tmp_path: Path, name: str, deep: str) -> None:
    parser = parsers(tmp_path)[name]
    with pytest.raises(parser.refuses):
        parser.call(deep)
