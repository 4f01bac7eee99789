"""`deadline [TIME…|-]`: when a ticket received then is due, and why; works before anything is set up."""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from json import JSONEncoder
from typing import Annotated, Any

import typer

from bot.clock import SystemClock
from bot.delivery.explaining import explain, explain_by_day
from bot.rules.calendar.deadline import FixedMomentMissing, compute
from bot.rules.calendar.hours import WorkingTime
from bot.rules.tickets.arrivals import Refusal
from bot.rules.tickets.policies.naming import find_policy
from handlers.intake.moments import read_limit, read_moment
from handlers.shell.terminal.asking import known
from handlers.shell.terminal.lines import local, refuse
from storage.records import Policy

app = typer.Typer(add_completion=False)

CLOCK = re.compile(r"\d{1,2}[:\uff1a]\d{2}([:\uff1a]\d{2})?")
STDIN = "-"
ENCODER = JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class DeadlineQuery:
    """What holds for every time asked about."""

    policy: Policy
    working: WorkingTime
    fixed_at: datetime | None
    by_day: bool


@app.command()
def deadline(
    times: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TIME…|-]", help="收到的时间，如 2026-09-30 16:00；缺省为现在；- 从标准输入逐行读"),
    ] = None,
    policy: Annotated[str, typer.Option("--policy", help="时限规则，缺省为默认规则")] = "",
    unit: Annotated[str, typer.Option("--unit", help="单位名称：计入该单位的停工、加班和上班时间")] = "",
    fixed_at: Annotated[
        str, typer.Option("--fixed-at", help="文件写明的截止时间（notice_report 用）；只写日期的，到当日24:00")
    ] = "",
    by_day: Annotated[bool, typer.Option("--explain", help="逐日列出，并注明每一天的依据")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False,
) -> None:
    """计算并解释办结时限。不改动任何数据，未安装数据库也能用。"""
    question = _question(policy, unit, fixed_at, by_day)
    batch = times == [STDIN]
    asked = (line for line in sys.stdin if line.strip()) if batch else _joined(times or [])
    answer = _json_line if as_json or batch else _sentences
    good = True
    for received in asked if batch or times else [SystemClock().now()]:
        try:
            text = answer(question, _moment(received))
        except (ValueError, OverflowError) as error:
            good = False
            _complain(received, error, as_json or batch)
        else:
            sys.stdout.write(text + "\n")
    if not good:
        raise typer.Exit(1)


def facts(question: DeadlineQuery, received: datetime) -> dict[str, Any]:
    """Return the answer as it is given out in JSON; times in Asia/Shanghai."""
    found = compute(question.policy, received, question.working, fixed_at=question.fixed_at)
    line: dict[str, Any] = {
        "received_at": local(found.received_at),
        "policy": found.policy,
        "due_day": found.due_day.isoformat() if found.due_day else None,
        "target_at": local(found.target_at),
        "due_at": local(found.due_at),
        "status": str(found.status),
        "earliest_day": found.earliest_day.isoformat() if found.earliest_day else None,
        "explanation": explain(question.policy, found, question.working),
        "calendar_revision": found.calendar_revision,
    }
    if question.by_day:
        line["by_day"] = list(explain_by_day(question.policy, found, question.working))
    return line


def _question(policy_name: str, unit_name: str, fixed_at: str, by_day: bool) -> DeadlineQuery:
    sources = known()
    policy = find_policy(policy_name or sources.policies.default, sources.policies.book)
    if isinstance(policy, Refusal):
        raise refuse(policy.reason + "。")
    fixed = read_limit(fixed_at.strip()) if fixed_at else None
    if isinstance(fixed, Refusal):
        raise refuse(fixed.reason + "。")
    return DeadlineQuery(policy=policy, working=sources.working(unit_name), fixed_at=fixed, by_day=by_day)


def _joined(times: Iterable[str]) -> Iterator[str]:
    """A day and a clock typed without quotes are one time."""
    held = ""
    for word in times:
        if held and CLOCK.fullmatch(word):
            yield f"{held} {word}"
            held = ""
            continue
        if held:
            yield held
        held = word
    if held:
        yield held


def _moment(received: str | datetime) -> datetime:
    if isinstance(received, datetime):
        return received
    found = read_moment(received.strip())
    if isinstance(found, Refusal):
        raise ValueError(found.reason + "。")
    return found.at


def _json_line(question: DeadlineQuery, received: datetime) -> str:
    return ENCODER.encode(facts(question, received))


def _sentences(question: DeadlineQuery, received: datetime) -> str:
    found = facts(question, received)
    lines = [found["explanation"], *found.get("by_day", ())]
    return "\n".join([*lines, f"（规则：{question.policy.title}；日历：{found['calendar_revision']}）"])


def _complain(received: str | datetime, error: Exception, as_json: bool) -> None:
    if isinstance(error, FixedMomentMissing):
        sentence = str(error).removesuffix("。") + "(--fixed-at)。"
    elif isinstance(error, OverflowError):
        sentence = "时间超出可计算的范围。"
    else:
        sentence = str(error)
    if as_json:
        sys.stdout.write(ENCODER.encode({"input": str(received).strip(), "error": sentence}) + "\n")
    else:
        print(sentence, file=sys.stderr)
