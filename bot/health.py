"""Says in Chinese what is missing or wrong, before it is needed."""

import asyncio
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from bot.channels.base import Channel
from bot.policies.loading import Policies
from bot.policies.turns import idle_steps
from bot.pulse import DEAD_AFTER, Trouble, disk_left, shared_trouble
from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.missing import missing
from bot.rules.calendar.notice_check import Opinion, disagreements, odd_sum
from bot.rules.calendar.workdays import GovChina
from bot.rules.calendar.zone import SHANGHAI
from bot.rules.people.routing import ONE_WAY, desk, named_supervisors, usable_addresses
from storage.nodes import beats
from storage.records import Audience, Directory, Revision, RevisionStatus, Role
from storage.sql.database import Database

PROBE = "check"  # the name under which `check` tries whether anything can be written
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
    "no_chat": (
        "{}没有能用的聊天绑定，网页收件箱不打开就不算告知，请绑定（bind 姓名，生成绑定码）。",
        "有{}人没有能用的聊天绑定，网页收件箱不打开就不算告知，请逐人绑定（bind 姓名，生成绑定码）：{}。",
    ),
    "nobody_hears": (
        "策略{}的催办对象在登记簿里没有任何人，轮到时直接找上一级，请补登。",
        "有{}个策略的某几级，催办对象在登记簿里没有任何人，轮到时直接找上一级，请补登：{}。",
    ),
}


class Level(StrEnum):
    RED = "red"  # work is or will be lost
    YELLOW = "yellow"  # works, but not as it should


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    level: Level
    about: str  # register | calendar | channel | policy | work | proof
    sentence: str
    kind: str = ""  # findings of one kind can be told together; empty: always by itself
    name: str = ""  # whom or what a finding of that kind is about


def findings(directory: Directory, calendar: GovChina, today: date, channels: Collection[str]) -> list[Finding]:
    """Look at register and calendar; `today` is the Shanghai date, `channels` are those that are set up."""
    people = [*_desk(directory, channels), *_accounts(directory), *_people(directory, channels)]
    return [*people, *calendar_findings(calendar, today)]


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


def ladder_findings(policies: Policies, directory: Directory, working: Mapping[str, WorkingTime]) -> Iterator[Finding]:
    """Say which steps never have their turn in units with hours of their own, and which have nobody to tell.

    `working` is the working time of such a unit by its name.
    """
    for unit, theirs in working.items():
        for idle in idle_steps(policies.by_name.values(), theirs):
            which = f"策略“{idle.policy.title}”的 {idle.step.name} 这一级"
            sentence = f"按“{unit}”自己的上班时间，{which}永远轮不到：{idle.why}。"
            yield Finding(level=Level.YELLOW, about="policy", sentence=sentence)
    if directory.accounts:  # without any, the register itself is missing
        yield from _unheard(policies, _held(directory))


def _held(directory: Directory) -> frozenset[Audience]:
    """The audiences that stand for at least one person of the register."""
    roles = {Audience(role.value) for _, role in directory.duties}
    above = {Audience.SUPERVISOR} if any(directory.supervisors.values()) or desk(directory) else set[Audience]()
    works = {Audience.HOLDER, Audience.OTHER} if {Audience.PRIMARY, Audience.BACKUP} & roles else set[Audience]()
    return frozenset({*roles, *above, *works, *([Audience.DESK] if desk(directory) else [])})


def _unheard(policies: Policies, held: frozenset[Audience]) -> Iterator[Finding]:
    for policy in policies.by_name.values():
        steps = [step.name for step in policy.steps if held.isdisjoint(step.to)]
        if steps:
            yield _of_kind(Level.YELLOW, "nobody_hears", f"“{policy.title}”的 {'、'.join(steps)}", about="policy")


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


def work_findings(database: Database, now: datetime, folder: Path, least_mb: int) -> Iterator[Finding]:
    """Look at what nodes share and at the disk: does anybody work, can anything be written, does anything lie about.

    Any error of the database is the caller's to tell.
    """
    with database.begin() as conn:  # a write that is taken back: where it fails, nothing can be kept
        beats.note(conn, PROBE, now)
        beats.forget(conn, PROBE)
        seen = beats.last(conn)
        troubles = list(shared_trouble(conn, now, folder, least_mb))
    if seen is not None and now - seen > DEAD_AFTER:
        yield _of_work(f"机器人没有在工作：上次工作是{seen.astimezone(SHANGHAI):%-m月%-d日%H:%M}，请启动（run）。")
    if Trouble.OUTBOX in troubles:
        yield _of_work("有消息到时20分钟仍无人发出，请查看机器人是否在运行、日志里有没有错误。")
    if Trouble.DISK in troubles:
        yield _of_work(f"磁盘只剩{disk_left(folder)} MB，快写不进了，请腾出空间。")


def _of_work(sentence: str) -> Finding:
    return Finding(level=Level.RED, about="work", sentence=sentence)


def _hears(person_id: int, directory: Directory, channels: Collection[str]) -> bool:
    """Whether somebody can be told: on a channel that is set up, and where what is taken counts as told."""
    ways = {address.channel for address in usable_addresses(person_id, directory)}
    return not (ways - ONE_WAY).isdisjoint(channels)


def _desk(directory: Directory, channels: Collection[str]) -> Iterator[Finding]:
    if not directory.accounts:
        yield Finding(
            level=Level.RED, about="register", sentence="登记簿里还没有账号，请先导入登记簿（register import）。"
        )
    if not any(_hears(one, directory, channels) for one in desk(directory)):
        sentence = "没有可联系的市级督办人员，无人接手的工单将没有去处，请登记并绑定聊天。"
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


def _people(directory: Directory, channels: Collection[str]) -> Iterator[Finding]:
    on_duty = set(directory.duties.values()) | {one for many in directory.supervisors.values() for one in many}
    for person_id in sorted(on_duty):
        person = directory.people[person_id]
        if not person.active:
            yield _of_kind(Level.RED, "left", person.name)
        elif not usable_addresses(person_id, directory):
            yield _of_kind(Level.RED, "no_way", person.name)
        elif not _hears(person_id, directory, channels):
            yield _of_kind(Level.RED, "no_chat", person.name)


def _of_kind(level: Level, kind: str, name: str, *, about: str = "register") -> Finding:
    return Finding(level=level, about=about, sentence=KINDS[kind][0].format(name), kind=kind, name=name)
