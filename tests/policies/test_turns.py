"""A step that can never have its turn is refused with its name and the fix; one of a unit's is named by `check`."""

from pathlib import Path

import pytest

from bot.health import ladder_findings
from bot.policies.loading import PolicyInvalid, load
from bot.rules.calendar.hours import WorkingTime
from storage.records import Directory
from tests.policies.test_policies import GOOD, written
from tests.rules.calendar.oracle import CALENDAR

RECEIPT = "at_receipt = true"
DUE = "at_due = true"
REFUSED = [
    (DUE, "before_target_working_hours = 22", "overdue 这一级永远轮不到：从收到到时限最多21个工作小时，请不超过21"),
    (DUE, "before_target_hours = 500", "从收到到时限最多"),
    (DUE, "before_holiday = true", "截止日不会落在这样的假期里，请删去，或改用 before_target_working_hours"),
    (DUE, "after_receipt_working_hours = 40", "总在时限以后，请不超过21；过期以后的用 working_mornings_after_overdue"),
    (DUE, "after_receipt_days = 30", "总在时限以后，请改小；过期以后的用 working_mornings_after_overdue"),
    (DUE, "working_mornings_after_overdue = 1, while_new = true", "过期以后不再只催无人签收的，请去掉 while_new"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), REFUSED)
def test_an_idle_step_is_refused_with_its_name_and_the_fix(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    key = wrong.partition(" ")[0]
    with pytest.raises(PolicyInvalid) as refused:
        load(written(tmp_path, GOOD.replace(right, wrong, 1)))
    assert f"policies.ours.steps.2.{key}：overdue 这一级永远轮不到：" in str(refused.value)
    assert said in str(refused.value)
    assert key in (tmp_path / "ours.toml").read_text(encoding="utf-8").splitlines()[refused.value.line - 1]


def test_what_the_sentence_says_is_the_most_is_taken(tmp_path: Path) -> None:
    load(written(tmp_path, GOOD.replace(DUE, "before_target_working_hours = 21", 1)))


def test_a_shorter_limit_makes_inherited_steps_idle(tmp_path: Path) -> None:
    text = '[policies.enquiry]\nextends = "enquiry"\namount = 0\n' + LAST_CALL
    with pytest.raises(PolicyInvalid, match="last_call 这一级永远轮不到：从收到到时限最多7个工作小时，请不超过7"):
        load(written(tmp_path, text))


LAST_CALL = 'steps = [{ name = "last_call", kind = "reminder", to = ["holder"], before_target_working_hours = 7.5 }]\n'
SHORT = '[[office_hours]]\n{units}from = "01-01"\nuntil = "12-31"\nsessions = ["09:00-10:30"]\n'


def test_office_hours_that_take_a_shipped_steps_turn_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        load(written(tmp_path, SHORT.format(units="")))
    assert "照这里的上班时间，策略 notice_report" not in str(refused.value)  # its moment is free
    assert "office_hours：照这里的上班时间，策略 veto_now" not in str(refused.value)
    assert "的 take_over 这一级永远轮不到；请在本文件里另写这个策略" in str(refused.value)


def test_a_units_own_hours_are_named_by_check(tmp_path: Path) -> None:
    policies = load(written(tmp_path, SHORT.format(units='units = ["大田县"]\n')))
    theirs = WorkingTime(CALENDAR, policies.office_hours, own=policies.unit_hours["大田县"])
    found = [one.sentence for one in ladder_findings(policies, Directory(version=1), {"大田县": theirs})]
    assert any(
        "按“大田县”自己的上班时间，策略“热线咨询、求助件”的 last_call 这一级永远轮不到：从收到到时限最多6个工作小时"
        in sentence
        for sentence in found
    ), found
    usual = WorkingTime(CALENDAR, policies.office_hours)
    assert list(ladder_findings(policies, Directory(version=1), {"大田县": usual})) == []
