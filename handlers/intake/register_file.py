"""Reads a register file: sheets of units, people and accounts, by heading."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from bot.rules.people.matching import PLATFORMS, name_key, platform_of
from bot.rules.people.roster import AccountRow, PersonRow, Roster, RowNote, UnitRow
from bot.rules.people.roster_check import ACCOUNTS, PEOPLE, UNITS
from bot.rules.tickets.arrivals import clean
from bot.sealing import PhoneInvalid, read_phone
from handlers.intake import InputRefused
from handlers.intake.files import Sheet, SheetRow, SpreadsheetFile
from handlers.intake.headings import heading_key, known_among
from storage.records import Role

SHEETS = {
    UNITS: ("单位", "单位表", "单位名单", "机构"),
    PEOPLE: ("人员", "人员表", "人员名单", "联系人", "通讯录"),
    ACCOUNTS: ("账号", "账号表", "账号名单", "帐号", "新媒体账号", "政务新媒体", "政务新媒体账号"),
}
COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    UNITS: {
        "name": ("单位名称", "名称", "单位", "机构名称"),
        "parent": ("上级单位", "主管单位", "上级"),
        "jurisdiction": ("辖区", "地区"),
        "desk": ("督办科室", "督办单位", "市政府办"),
        "supervisors": ("监督人员", "监督人", "督办人员"),
    },
    PEOPLE: {
        "name": ("姓名", "人员姓名", "联系人"),
        "unit": ("单位", "单位名称", "所在单位", "工作单位"),
        "phone": ("手机号", "手机号码", "手机", "联系电话", "电话"),
        "active": ("在岗", "是否在岗", "状态"),
        "wecom": ("企业微信账号", "企业微信"),
        "wechat": ("微信OpenID", "OpenID"),
        "telegram": ("Telegram", "Telegram账号"),
        "mail": ("邮箱", "电子邮箱", "邮件地址"),
    },
    ACCOUNTS: {
        "platform": ("平台", "平台类型", "注册平台"),
        "name": ("账号名称", "账号名", "账号", "名称"),
        "unit": ("开设主体", "主办单位", "单位", "单位名称", "责任单位"),
        "verified_entity": ("认证主体",),
        "state": ("状态", "账号状态"),
        Role.PRIMARY: ("A角", "A角姓名", "管理员A角"),
        Role.BACKUP: ("B角", "B角姓名", "管理员B角"),
        Role.LEADER: ("分管领导", "分管负责人"),
    },
}
REQUIRED = {UNITS: ("name",), PEOPLE: ("name", "unit"), ACCOUNTS: ("platform", "name", "unit", Role.PRIMARY)}
CHANNELS = ("wecom", "wechat", "telegram", "mail")
YES, NO = (
    {"是", "有", "√", "y", "yes", "1", "在岗", "在职", "正常"},
    {"否", "无", "×", "n", "no", "0", "离岗", "离职", "调离"},
)
STATES = {
    "active": ("正常", "在用", "运行中", "正常运行"),
    "pending_cancel": ("待注销", "注销中"),
    "cancelled": ("已注销", "注销", "已关停"),
}
MAX_LENGTHS = {"name": 200, "unit": 200, "parent": 200, "jurisdiction": 64, "verified_entity": 200}
LONGEST_PERSON, LONGEST_ADDRESS, LONGEST_OTHER = 64, 200, 1_000

_STATES = {word: state for state, words in STATES.items() for word in words}
_SEPARATORS = re.compile(r"[、,\uff0c;\uff1b\n]+")

T = TypeVar("T")
Cells = Mapping[str, str]  # our column -> text; only the columns the sheet has


class _Wrong(Exception):
    """A row that cannot be read; the message is the reason."""


def read_register(path: Path) -> Roster:
    """Read a register file; InputRefused when no sheet of it is one of ours, rows with errors are noted."""
    book = SpreadsheetFile(path)
    units: list[UnitRow] = []
    people: list[PersonRow] = []
    accounts: list[AccountRow] = []
    unread: list[RowNote] = []
    for kind, sheet in _sheets(book):
        if kind == UNITS:
            units += _rows(kind, sheet, _unit, unread)
        elif kind == PEOPLE:
            people += _rows(kind, sheet, _person, unread)
        else:
            accounts += _rows(kind, sheet, _account, unread)
    return Roster(units=tuple(units), people=tuple(people), accounts=tuple(accounts), unread=tuple(unread))


def _sheets(book: SpreadsheetFile) -> Iterator[tuple[str, Sheet]]:
    kinds = {name: kind for kind, names in SHEETS.items() for name in names}
    ours = [(kinds[heading_key(name)], name) for name in book.sheet_names if heading_key(name) in kinds]
    for kind, name in ours:
        yield kind, book.sheet(_known(kind), name)
    if ours:
        return
    if len(book.sheet_names) != 1:
        raise InputRefused(f"没有“单位”“人员”“账号”工作表，这个文件里有：{'、'.join(book.sheet_names)}")
    # One sheet under any name: its headings tell what it holds.
    every = known_among(word for columns in COLUMNS.values() for words in columns.values() for word in words)
    sheet = book.sheet(every)
    fitting = [one for one in (ACCOUNTS, PEOPLE, UNITS) if not _missing(one, _columns(one, sheet))]
    if not fitting:
        raise InputRefused(f"看不出这是单位、人员还是账号的名单，表里的列有：{'、'.join(sheet.headings)}")
    yield fitting[0], sheet


def _known(kind: str) -> Callable[[str], bool]:
    return known_among(word for words in COLUMNS[kind].values() for word in words)


def _columns(kind: str, sheet: Sheet) -> dict[str, str]:
    """Return our column → heading; of several likely headings the first synonym counts."""
    by_key = {heading_key(heading): heading for heading in reversed(sheet.headings)}
    found = {}
    for column, words in COLUMNS[kind].items():
        heading = next((by_key[heading_key(word)] for word in words if heading_key(word) in by_key), None)
        if heading is not None:
            found[column] = heading
    if kind == ACCOUNTS and "unit" not in found and "verified_entity" in found:
        found["unit"] = found["verified_entity"]
    return found


def _missing(kind: str, columns: Mapping[str, str]) -> list[str]:
    return [COLUMNS[kind][column][0] for column in REQUIRED[kind] if column not in columns]


def _rows(kind: str, sheet: Sheet, read: Callable[[int, Cells], T], unread: list[RowNote]) -> list[T]:
    columns = _columns(kind, sheet)
    missing = _missing(kind, columns)
    if missing:
        raise InputRefused(f"“{kind}”表缺少列：{'、'.join(missing)}。表里的列有：{'、'.join(sheet.headings)}")
    rows = []
    for row in sheet.rows():
        cells = {column: clean(row.cells.get(heading, "")) for column, heading in columns.items()}
        try:
            _check_cells(row, columns, cells, kind)
            rows.append(read(row.number, cells))
        except _Wrong as wrong:
            unread.append(RowNote(sheet=kind, row=row.number, name=cells["name"][:40], reason=str(wrong)))
    return rows


def _check_cells(row: SheetRow, columns: Mapping[str, str], cells: Cells, kind: str) -> None:
    if row.problem:
        raise _Wrong(row.problem)
    for column, heading in columns.items():
        if heading in row.faults:
            raise _Wrong(f"“{heading}”{row.faults[heading]}")
        # Folded for comparison, a name may grow; the key has to fit its column too.
        longest = MAX_LENGTHS.get(column, LONGEST_OTHER)
        if max(len(cells[column]), len(name_key(cells[column]))) > longest:
            raise _Wrong(f"“{heading}”太长，最多{longest}字")
    if not cells["name"]:
        raise _Wrong(f"没有写“{columns['name']}”，请补上" if kind != PEOPLE else "没有写姓名，请补上")


def _unit(number: int, cells: Cells) -> UnitRow:
    written = cells.get("supervisors")
    return UnitRow(
        row=number,
        name=cells["name"],
        parent=cells.get("parent"),
        jurisdiction=cells.get("jurisdiction"),
        desk=_yes(cells["desk"], "督办科室", empty=False) if "desk" in cells else None,
        supervisors=None if written is None else tuple(filter(None, map(str.strip, _SEPARATORS.split(written)))),
    )


def _person(number: int, cells: Cells) -> PersonRow:
    if len(cells["name"]) > LONGEST_PERSON:
        raise _Wrong(f"姓名太长，最多{LONGEST_PERSON}字")
    addresses = {channel: cells[channel] for channel in CHANNELS if cells.get(channel)}
    if any(len(address) > LONGEST_ADDRESS for address in addresses.values()):
        raise _Wrong(f"渠道账号太长，最多{LONGEST_ADDRESS}字")
    return PersonRow(
        row=number,
        name=cells["name"],
        unit=cells["unit"],
        phone=_phone(cells.get("phone", "")),
        active=_yes(cells["active"], "在岗", empty=True) if "active" in cells else None,
        addresses=addresses,
    )


def _account(number: int, cells: Cells) -> AccountRow:
    platform = platform_of(cells["platform"])
    if platform is None:
        raise _Wrong(f"平台“{cells['platform'][:40]}”不认得，可写：{'、'.join(PLATFORMS)}")
    state = cells.get("state") or None
    if state is not None and name_key(state) not in _STATES:
        raise _Wrong(f"状态“{state[:40]}”不认得，可写：{'、'.join(words[0] for words in STATES.values())}")
    return AccountRow(
        row=number,
        platform=platform,
        name=cells["name"],
        unit=cells["unit"],
        state=_STATES[name_key(state)] if state else None,
        verified_entity=cells.get("verified_entity"),
        duties={role: cells[role] for role in Role if role in cells},
    )


def _phone(text: str) -> str:
    try:
        return read_phone(text) if text else ""
    except PhoneInvalid as wrong:
        raise _Wrong(str(wrong)) from None


def _yes(text: str, title: str, *, empty: bool) -> bool:
    word = name_key(text)
    if not word:
        return empty
    if word not in YES | NO:
        raise _Wrong(f"“{title}”请写“是”或“否”")
    return word in YES
