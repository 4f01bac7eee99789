"""Says in Chinese what is missing or wrong, before it is needed."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from bot.channels.base import Channel
from bot.rules.calendar.missing import missing
from bot.rules.calendar.notice_check import Opinion, disagreements, odd_sum
from bot.rules.calendar.workdays import GovChina
from bot.rules.people.routing import desk, named_supervisors, usable_addresses
from storage.records import Directory, Revision, RevisionStatus, Role

log = logging.getLogger(__name__)

NAMED = 3  # of many findings of one kind, how many are named
# kind -> the sentence about one of them, and about several: how many, and the first names
KINDS = {
    "no_primary": ("账号{}未登记A角，请补登。", "有{}个账号未登记A角，请补登：{}。"),
    "no_backup": ("账号{}未登记B角，请补登。", "有{}个账号未登记B角，请补登：{}。"),
    "no_leader": ("账号{}未登记分管领导，请补登。", "有{}个账号未登记分管领导，请补登：{}。"),
    "no_supervisor": (
        "单位{}及其上级未登记监督人员，逾期将直接报市级督办。",
        "有{}个单位本级和上级都未登记监督人员，逾期将直接报市级督办：{}。",
    ),
    "left": ("{}已离岗，名下仍有账号或监督职责，请更换。", "有{}人已离岗，名下仍有账号或监督职责，请更换：{}。"),
    "no_way": ("{}没有可用的联系方式，请重新绑定。", "有{}人没有可用的联系方式，请重新绑定：{}。"),
    "inbox_only": (
        "{}只能通过网页收件箱联系，建议绑定企业微信、微信或Telegram。",
        "有{}人只能通过网页收件箱联系，建议绑定企业微信、微信或Telegram：{}。",
    ),
}


class Level(StrEnum):
    RED = "red"  # work is or will be lost
    YELLOW = "yellow"  # works, but not as it should


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    level: Level
    about: str  # register | calendar | channel | proof
    sentence: str
    kind: str = ""  # findings of one kind can be told together; empty: always by itself
    name: str = ""  # whom or what a finding of that kind is about


def findings(directory: Directory, calendar: GovChina, today: date) -> list[Finding]:
    """Look at register and calendar; `today` is the Shanghai date."""
    return [*_desk(directory), *_accounts(directory), *_people(directory), *calendar_findings(calendar, today)]


def together(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings with those of one kind as one, where the first of them stood; the urgent ones first."""
    groups: dict[object, list[Finding]] = {}
    for number, one in enumerate(found):
        groups.setdefault(one.kind or number, []).append(one)
    told = [_as_one(many) for many in groups.values()]
    return sorted(told, key=lambda one: one.level != Level.RED)


def _as_one(many: list[Finding]) -> Finding:
    if len(many) == 1:
        return many[0]
    names = "、".join(one.name for one in many[:NAMED]) + ("等" if len(many) > NAMED else "")
    return replace(many[0], name="", sentence=KINDS[many[0].kind][1].format(len(many), names))


def calendar_findings(calendar: GovChina, today: date) -> Iterator[Finding]:
    """Say whether the years needed are there."""
    found = missing(calendar, today)
    if found is not None:
        level = Level.RED if found.urgent else Level.YELLOW
        begun, waiting = "无法计算时限，请立即导入", "国务院办公厅公布后请及时导入"
        sentence = f"缺少{found.year}年放假安排，{begun if found.begun else waiting}（calendar import）。"
        yield Finding(level=level, about="calendar", sentence=sentence)


def proof_findings(trouble: str) -> Iterator[Finding]:
    """Say what keeps the journals from being proved."""
    if trouble:
        yield Finding(level=Level.RED, about="proof", sentence=f"流水没有在存证：{trouble}。")


def governed_findings(
    revisions: Iterable[Revision], unit_hours: Iterable[str], directory: Directory, waiting: int
) -> Iterator[Finding]:
    """Say what waits for a person or a year, and which office hours belong to a unit nobody knows."""
    for revision in revisions:
        if revision.status is RevisionStatus.PROPOSED:
            sentence = (
                f"第{revision.number}号《{revision.notice.document}》由{revision.proposed.name}提交，待另一人批准。"
            )
            yield Finding(level=Level.YELLOW, about="calendar", sentence=sentence)
    if waiting:
        sentence = f"有{waiting}件在办工单在等放假安排，时限待定。"
        yield Finding(level=Level.YELLOW, about="calendar", sentence=sentence)
    names = {unit.name for unit in directory.units.values()}
    for name in sorted(set(unit_hours) - names):
        sentence = f"上班时间里写的单位“{name}”不在登记簿中，请核对名称。"
        yield Finding(level=Level.YELLOW, about="calendar", sentence=sentence)


def opinion_findings(calendar: GovChina, years: Iterable[int], opinions: Mapping[str, Opinion]) -> Iterator[Finding]:
    """Set the years beside what independent libraries say, and beside the sum of working days the law gives."""
    for year in years:
        if not calendar.published(year):
            continue
        for sentence in (*disagreements(calendar, year, opinions), *odd_sum(calendar, year)):
            yield Finding(level=Level.YELLOW, about="calendar", sentence=sentence)


async def channel_findings(channels: Mapping[str, Channel]) -> list[Finding]:
    """Ask each configured platform once, all at the same time."""
    answers = await asyncio.gather(*(_asked(name, channel) for name, channel in channels.items()))
    return [
        Finding(level=Level.RED, about="channel", sentence=f"渠道 {name}：{sentence}")
        for name, sentences in zip(channels, answers, strict=True)
        for sentence in sentences
    ]


async def _asked(name: str, channel: Channel) -> Sequence[str]:
    try:
        return await channel.check()
    except Exception as error:
        # One that breaks must not silence the others; the error's own words may hold secrets.
        log.error("check failed", extra={"action": "check", "channel": name, "error": type(error).__name__})
        return [f"检查时出错（{type(error).__name__}），请核对这一渠道的设置"]


def _desk(directory: Directory) -> Iterator[Finding]:
    if not directory.accounts:
        yield Finding(
            level=Level.RED, about="register", sentence="登记簿里还没有账号，请先导入登记簿（register import）。"
        )
    if not any(usable_addresses(one, directory) for one in desk(directory)):
        sentence = "没有可联系的市级督办人员，无人接手的工单将没有去处，请登记。"
        yield Finding(level=Level.RED, about="register", sentence=sentence)


def _accounts(directory: Directory) -> Iterator[Finding]:
    kept = [account for account in directory.accounts.values() if account.state != "cancelled"]
    for role in (Role.PRIMARY, Role.BACKUP, Role.LEADER):
        for account in kept:
            if (account.id, role) not in directory.duties:
                level = Level.RED if role == Role.PRIMARY else Level.YELLOW
                yield _of_kind(level, f"no_{role}", f"“{account.name}”（{account.platform}）")
    for unit_id in sorted({one.unit_id for one in kept}):
        if not named_supervisors(unit_id, directory):
            yield _of_kind(Level.YELLOW, "no_supervisor", f"“{directory.units[unit_id].name}”")


def _people(directory: Directory) -> Iterator[Finding]:
    on_duty = set(directory.duties.values()) | {one for many in directory.supervisors.values() for one in many}
    for person_id in sorted(on_duty):
        person = directory.people[person_id]
        if not person.active:
            yield _of_kind(Level.RED, "left", person.name)
        elif not usable_addresses(person_id, directory):
            yield _of_kind(Level.RED, "no_way", person.name)
        elif all(way.channel == "inbox" for way in usable_addresses(person_id, directory)):
            yield _of_kind(Level.YELLOW, "inbox_only", person.name)


def _of_kind(level: Level, kind: str, name: str) -> Finding:
    return Finding(level=level, about="register", sentence=KINDS[kind][0].format(name), kind=kind, name=name)
