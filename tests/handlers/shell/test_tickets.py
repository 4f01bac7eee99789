"""The table of open tickets, as a terminal of the usual width shows it."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.fakes.sheets import HEADINGS, WATER, xlsx
from tests.handlers.shell.commands import Shell, copied

FIRST, SECOND = "FJ-20210823-01", "FJ-20210823-02"


@pytest.fixture(scope="module")
def shell(register_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Two tickets that were due years ago; the number of one looks like markup."""
    folder = tmp_path_factory.mktemp("table")
    ready = copied(register_folder, folder)
    rows = (HEADINGS, WATER, (SECOND, *WATER[1:]), ("[red]3[/]", *WATER[1:]))
    assert ready("intake", str(xlsx(folder / "a.xlsx", rows))).code == 0
    return ready


def lines(shell: Shell, width: int) -> list[str]:
    return replace(shell, extra=(("COLUMNS", str(width)),))("tickets").out.splitlines()


def test_at_80_columns_a_ticket_is_one_line(shell: Shell) -> None:
    heading, *rows = lines(shell, 80)
    assert heading.split() == ["工单", "账号", "平台", "状态", "应办结", "情况"]
    assert len(rows) == 3
    assert all(cell_len(row.rstrip()) <= 80 for row in rows)
    assert rows[0].split()[:5] == [FIRST, "水清三明", "微信公众号", "待签收", "2021-08-24"]
    assert rows[0].split()[5].startswith("逾期")
    assert "个工作日（" in rows[0]


def test_a_narrow_terminal_breaks_names_and_not_how_late_it_is(shell: Shell) -> None:
    heading, *rows = lines(shell, 60)
    assert "平台" not in heading
    assert sum("2021-08-24 逾期" in row for row in rows) == 3


def test_a_number_is_shown_as_it_is(shell: Shell, tmp_path: Path) -> None:
    assert any("[red]3[/]" in row for row in lines(shell, 120))
