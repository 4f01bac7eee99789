"""`intake FILE…`: spreadsheets of tickets in; bad rows are set aside with their reason."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from bot.actions.tickets import sources
from bot.actions.tickets.intake import BATCH, Arrival, ArrivalOutcome, ArrivalResult, preview, take_in
from bot.delivery.reasons import chosen
from bot.delivery.wording import Wording
from bot.engine import Engine
from bot.rules.tickets.policies.choosing import PolicyChoice
from handlers.intake.fields import map_columns, read_arrivals, read_mapping, ticket_headings
from handlers.intake.files import SpreadsheetFile
from handlers.shell.terminal.opening import emit, input_file, local, opened
from storage.records import Deadline

app = typer.Typer(add_completion=False)

WORDS = {ArrivalOutcome.CREATED: "新建", ArrivalOutcome.DUPLICATE: "重复", ArrivalOutcome.SET_ASIDE: "搁置"}
SHOWN = 50  # more than this on a screen nobody reads; every row is kept with its reason

Row = tuple[int, Arrival]


@app.command()
def intake(
    files: Annotated[list[Path], typer.Argument(help="工单表格：.xlsx、.xls、.csv")],
    source: Annotated[str, typer.Option(help="来源名称；同一来源的列对应关系会记住")] = "省平台",
    sheet: Annotated[str | None, typer.Option(help="工作表名称")] = None,
    columns: Annotated[list[str] | None, typer.Option("--map", help="我方字段=列名，可多次")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会发生什么，不写入")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False,
) -> None:
    """导入工单表格。坏行搁置并说明原因，其余照常导入；重复导入不会产生重复工单。涉密内容严禁录入。"""
    counts: Counter[ArrivalOutcome] = Counter()
    followed: Counter[str] = Counter()  # by the title of a policy, how many tickets follow it
    notes: list[str] = []
    with opened() as engine:
        for path in map(input_file, files):
            before = counts.total()
            rows = _rows(engine, path, source, sheet, columns or [], remember=not dry_run)
            done = _taken(engine, source, rows, dry_run=dry_run, show=not as_json and sys.stdout.isatty())
            for number, taken in done:
                counts[taken.outcome] += 1
                followed.update([taken.choice.policy.title] if taken.choice else ())
                if as_json:
                    emit(_line(path, number, taken, engine.wording))
                else:
                    remarks = _noteworthy(taken, engine.wording, dry_run=dry_run)
                    notes += [f"{path.name} 第{number}行{remark}" for remark in remarks]
            if counts.total() == before:
                notes.append(f"{path.name} 表头下面没有内容，请检查是不是选错了文件或工作表")
    for note in notes[:SHOWN]:
        print(note, file=sys.stderr)
    if len(notes) > SHOWN:
        print(f"另有{len(notes) - SHOWN}行类似情况，均已记录。", file=sys.stderr)
    if not as_json:
        said = "，".join(f"{word}{counts[outcome]}件" for outcome, word in WORDS.items())
        Console(highlight=False).print(("试运行，未写入：" if dry_run else "导入完成：") + said + "。")
        if followed:
            print("适用规则：" + "，".join(f"“{title}”{count}件" for title, count in followed.items()) + "。")
    if counts[ArrivalOutcome.SET_ASIDE]:
        raise typer.Exit(1)


def _rows(
    engine: Engine, path: Path, source: str, sheet: str | None, written: Sequence[str], *, remember: bool
) -> Iterator[Row]:
    given = read_mapping(written)
    # A field keeps its newest column only.
    known = {
        column: field
        for column, field in sources.columns(engine.context, source).items()
        if field not in given.values()
    }
    opened_sheet = SpreadsheetFile(path, only=sheet).sheet(ticket_headings(*given, *known), sheet)
    columns = map_columns(opened_sheet.headings, given=given, remembered=known)
    if given and remember:
        sources.remember(engine.context, source, {**known, **given})
    return read_arrivals(opened_sheet, columns, source=source, now=engine.clock.now())


def _taken(
    engine: Engine, source: str, rows: Iterator[Row], *, dry_run: bool, show: bool
) -> Iterator[tuple[int, ArrivalResult]]:
    take = preview if dry_run else take_in
    with Progress(disable=not show, transient=True) as progress:
        task = progress.add_task("导入", total=None)
        for batch in _batches(rows):
            done = take(engine.context, source, [arrival for _, arrival in batch])
            progress.advance(task, len(batch))
            yield from zip((number for number, _ in batch), done, strict=True)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        yield batch


def _noteworthy(taken: ArrivalResult, wording: Wording, *, dry_run: bool) -> Iterator[str]:
    if taken.outcome == ArrivalOutcome.SET_ASIDE:
        yield f"搁置：{taken.reason}"
    elif not taken.matched:
        yield f"：登记簿里没有这个账号，已转市级督办核对（{taken.number}）"
    if dry_run and taken.choice and (why := chosen(taken.choice.because, taken.choice.policy.title, wording)):
        yield f"：{why}（{taken.number}）"


def _line(path: Path, number: int, taken: ArrivalResult, wording: Wording) -> dict[str, object]:
    line: dict[str, object] = {"file": path.name, "row": number, "outcome": str(taken.outcome), "ticket": taken.number}
    if taken.reason:
        line["reason"] = taken.reason
    if taken.outcome == ArrivalOutcome.CREATED:
        line["matched"] = taken.matched
        line |= _policy(taken.choice, wording) if taken.choice else {}
        line |= _deadline(taken.deadline) if taken.deadline else {}
    return line


def _policy(choice: PolicyChoice, wording: Wording) -> dict[str, object]:
    """The policy and why: `chosen_by` is empty where the default one is followed."""
    why = chosen(choice.because, choice.policy.title, wording)
    return {"policy": choice.policy.name, "chosen_by": dict(choice.because), "why": why}


def _deadline(deadline: Deadline) -> dict[str, object]:
    return {
        "received_at": local(deadline.received_at),
        "status": str(deadline.status),
        "due_day": deadline.due_day.isoformat() if deadline.due_day else None,
        "target_at": local(deadline.target_at),
        "due_at": local(deadline.due_at),
    }
