"""The sample files: built from the facts of the notice, readable without a single remark, plainly made-up people."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.rules.people.roster import Roster
from bot.rules.people.roster_check import check_roster
from handlers.intake.fields import map_columns, read_arrivals, ticket_headings
from handlers.intake.files import SpreadsheetFile
from handlers.intake.register_file import read_register
from samples import build
from storage.records import Directory

NOW = datetime(2021, 8, 23, 4, tzinfo=UTC)
FILES = ("register.xlsx", "tickets-2021-08-23.xlsx", "tickets-2021-08-23.csv")


def contents(path: Path) -> list[dict[str, str]]:
    book = SpreadsheetFile(path)
    sheets = [
        book.sheet(lambda text: text in {"工单编号", "姓名", "单位名称", "账号名称"}, name) for name in book.sheet_names
    ]
    return [dict(row.cells) for sheet in sheets for row in sheet.rows()]


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_what_the_script_builds(tmp_path: Path, name: str) -> None:
    build.main(tmp_path)
    assert contents(tmp_path / name) == contents(build.HERE / name)


@pytest.fixture
def roster() -> Roster:
    return read_register(build.HERE / "register.xlsx")


def test_the_register_is_taken_whole_without_a_warning(roster: Roster) -> None:
    checked = check_roster(roster, Directory(version=0))
    assert checked.refused == checked.warnings == ()
    assert (len(checked.units), len(checked.people), len(checked.accounts)) == (46, 120, 39)
    assert [unit.name for unit in checked.units if unit.desk] == ["三明市人民政府办公室"]


def test_every_account_of_the_notice_is_there_as_written(roster: Roster) -> None:
    facts = json.loads((build.HERE / "seed_facts.json").read_text(encoding="utf-8"))
    named = {
        (row["platform"], row["account_name"], row.get("verified_entity") or row["operator"])
        for annex in facts["annexes"]
        for row in annex["rows"]
    }
    assert {(one.platform, one.name, one.verified_entity) for one in roster.accounts} == named
    assert Counter(one.state for one in roster.accounts) == {"pending_cancel": 37, "active": 2}


def test_people_are_plainly_made_up(roster: Roster) -> None:
    assert all(person.name.startswith("测试") for person in roster.people)
    assert all(person.phone.startswith("+861380000") for person in roster.people)
    assert len({person.phone for person in roster.people}) == len(roster.people)


def test_the_ticket_of_the_notice_and_its_made_up_neighbours() -> None:
    [good] = arrivals("tickets-2021-08-23.xlsx")
    same, aside, unknown = arrivals("tickets-2021-08-23.csv")
    assert good[1].ticket is not None
    assert (good[1].ticket.number, good[1].ticket.account_name) == ("FJ-20210823-01", "水清三明")
    assert good[1].ticket.received_at == datetime(2021, 8, 23, 2, tzinfo=UTC)
    assert same[1].event_id == good[1].event_id
    assert "没有年份" in aside[1].reason
    assert unknown[1].ticket is not None


def arrivals(name: str) -> list:  # type: ignore[type-arg]
    sheet = SpreadsheetFile(build.HERE / name).sheet(ticket_headings())
    return list(read_arrivals(sheet, map_columns(sheet.headings), source="省平台", now=NOW))
