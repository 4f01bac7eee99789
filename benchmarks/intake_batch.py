"""A spreadsheet of many tickets, in batches."""

from collections.abc import Iterator
from pathlib import Path

import xlsxwriter

from benchmarks import office, rowcopy
from benchmarks.measure import Row, Spread, in_turn, number, rates, ratio, seconds
from benchmarks.stage import Stage, settled
from bot.actions.tickets.intake import BATCH, Arrival
from handlers.intake.fields import map_columns, read_arrivals, ticket_headings
from handlers.intake.files import SpreadsheetFile
from storage.sql.database import Database

QUESTION = "how many tickets a second come in from a spreadsheet, everything written and durable?"

TICKETS = 10_000
ROUNDS = 5
WANTED, AIM = 3_000, 10_000
SHARE = 1 / 5  # of what bare Core reaches with the same rows


def measure(stage: Stage) -> Iterator[Row]:
    """From memory, from the file, and bare Core with the very rows that were written; on both databases."""
    count = stage.count(TICKETS)
    path = stage.path("tickets.xlsx")
    for name, opened, wanted in (("SQLite", stage.sqlite, WANTED), ("PostgreSQL", stage.postgres, None)):
        with opened() as database:
            bench = _Bench(database, count, path)
            subjects = {"memory": bench.from_memory, "core": bench.core, "file": bench.from_file, "read": bench.read}
            found = rates(in_turn(stage.rounds(ROUNDS), subjects), count)
        yield _taken(f"take_in by {BATCH}, {name}", found["memory"], found["core"], wanted, share=SHARE)
        yield _taken(f"the .xlsx file read and taken in, {name}", found["file"], found["core"], wanted)
        yield Row(
            what=f"Core, the same {bench.rows / count:.1f} rows a ticket, {name}",
            figure=found["core"],
            unit="tickets/s",
            against=f"{number(found['core'].median * bench.rows / count)} rows/s",
        )
        yield Row(what=f"only reading the .xlsx file ({name} round)", figure=found["read"], unit="tickets/s")


def _taken(what: str, figure: Spread, core: Spread, wanted: int | None, share: float = 0.0) -> Row:
    part = ratio(figure, core)
    target = [f">= {number(wanted)} (aim {number(AIM)})"] if wanted else []
    target += [f">= {number(share)} x Core"] if share else []
    met = (wanted is None or figure.median >= wanted) and part >= share
    return Row(
        what=what,
        figure=figure,
        unit="tickets/s",
        against=f"{number(part)} x Core",
        target=", ".join(target),
        met=met if target else None,
    )


class _Bench:
    """One database, emptied after every measurement, so that all begin alike."""

    def __init__(self, database: Database, count: int, path: Path) -> None:
        self.database, self.count, self.path, self.rows = database, count, path, 0
        office.fill(database)
        self.context = office.context_at(database)
        self._kept: rowcopy.Rows = {}

    def from_memory(self) -> float:
        """Arrivals are there already."""
        given = office.arrivals(self.count)
        settled(self.database)
        took = seconds(lambda: office.take_all(self.context, given, BATCH))
        self._empty()
        return took

    def from_file(self) -> float:
        """From opening the file to the last commit."""
        write_xlsx(self.path, office.rows(self.count))
        settled(self.database)
        took = seconds(lambda: office.take_all(self.context, self._arrivals(), BATCH))
        self._empty()
        return took

    def read(self) -> float:
        """The reading alone."""
        return seconds(self._arrivals)

    def core(self) -> float:
        """What the round before wrote, inserted by bare Core in as many transactions."""
        slices = list(rowcopy.slices(self._kept, -(-self.count // BATCH)))

        def all_slices() -> None:
            for rows in slices:
                with self.database.begin() as conn:
                    rowcopy.put_back(conn, rows)

        settled(self.database)
        took = seconds(all_slices)
        rowcopy.taken_out(self.database)
        return took

    def _arrivals(self) -> list[Arrival]:
        sheet = SpreadsheetFile(self.path).sheet(ticket_headings())
        columns = map_columns(sheet.headings)
        return [one for _, one in read_arrivals(sheet, columns, source=office.SOURCE, now=self.context.now())]

    def _empty(self) -> None:
        self._kept = rowcopy.taken_out(self.database)
        self.rows = rowcopy.count(self._kept)


def write_xlsx(path: Path, rows: Iterator[dict[str, str]]) -> None:
    """Write rows as a spreadsheet of texts, headings first."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("工单")
    for line, row in enumerate(rows, 1):
        if line == 1:
            sheet.write_row(0, 0, row)
        sheet.write_row(line, 0, row.values())
    book.close()
