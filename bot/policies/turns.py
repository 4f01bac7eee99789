"""Refuses steps that never have their turn, with the reason and the fix."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bot.policies.places import Place
from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.workdays import GovChina
from bot.rules.tickets.policies.firing import IN_WORKING_HOURS, TO_TARGET, most_hours, never_fires
from storage.calendar.schedules import base_schedules
from storage.records import MomentKind, OfficeHours, Policy, Step


@dataclass(frozen=True, kw_only=True, slots=True)
class IdleStep:
    """A step that has its turn for no moment of receipt."""

    policy: Policy
    step: Step
    why: str  # with the fix


def idle_steps(policies: Iterable[Policy], working: WorkingTime) -> Iterator[IdleStep]:
    """Yield the steps that never have their turn."""
    for policy in policies:
        for step in policy.steps:
            if never_fires(step, policy, working):
                yield IdleStep(policy=policy, step=step, why=_why(step, policy, working))


def refuse_idle_steps(
    policies: Iterable[Policy], own: Iterable[str], hours: tuple[OfficeHours, ...], file: Place
) -> None:
    """Raise PolicyInvalid at the first step that never has its turn under these office hours, on the shipped years."""
    working = WorkingTime(GovChina(base_schedules(), ""), hours)
    for idle in idle_steps(policies, working):
        step, policy = idle.step, idle.policy
        if policy.name not in own:
            whose = f"照这里的上班时间，策略 {policy.name} 的 {step.name} 这一级永远轮不到；请在本文件里另写这个策略"
            raise file.wrong("office_hours", f"{whose}（{idle.why}）")
        here = replace(file, table=("policies", policy.name), step=policy.steps.index(step))
        raise here.wrong(str(step.moment), f"{step.name} 这一级永远轮不到：{idle.why}")


def _why(step: Step, policy: Policy, working: WorkingTime) -> str:
    if step.moment is MomentKind.WORKING_MORNINGS_AFTER_OVERDUE:
        return "过期以后不再只催无人签收的，请去掉 while_new，或改到时限以前"
    if step.moment is MomentKind.BEFORE_HOLIDAY:
        return "截止日不会落在这样的假期里，请删去，或改用 before_target_working_hours"
    most = most_hours(step, policy, working)
    if most is None:
        return "总在时限以后，请改小；过期以后的用 working_mornings_after_overdue"
    if step.moment in TO_TARGET:
        hours = "个工作小时" if step.moment in IN_WORKING_HOURS else "小时"
        return f"从收到到时限最多{most:g}{hours}，请不超过{most:g}" if most else "收到就到时限，请删去"
    return f"总在时限以后，请不超过{most:g}；过期以后的用 working_mornings_after_overdue"
