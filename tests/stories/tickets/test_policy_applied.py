"""A policy is changed while tickets are open: nothing happens until somebody applies it, and then once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.actions.calendar.notices import Who
from bot.actions.tickets.applying import apply_policies
from tests.cast.office import Office
from tests.fakes.stage import ScriptedStage

OPERATOR = Who(person_id=None, name="操作员", recorded_by="ops")
TWO_DAYS = '[policies.monitor_1wd]\nextends = "monitor_1wd"\namount = 2\n'
NO_LEADER = (
    '[policies.monitor_1wd]\nextends = "monitor_1wd"\nsteps = [\n'
    '  { name = "receipt", kind = "assigned", to = ["primary", "backup"], at_receipt = true },\n'
    '  { name = "overdue", kind = "escalation", to = ["desk"], at_due = true },\n]\n'
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The office's own policies: none yet."""
    path = tmp_path / "policies.toml"
    path.write_text("", encoding="utf-8")
    return path


@pytest.fixture
def office(database_url: str, file: Path, tmp_path: Path) -> Iterator[Office]:
    """One ticket that everybody was told of."""
    opened = Office(database_url, tmp_path, stage=[ScriptedStage(name="chat")], sections={"policies": file})
    opened.receives("FJ-1")
    opened.forget()
    yield opened
    opened.close()


def change(office: Office, file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    office.reopen()


def test_a_moved_limit_is_told_once_to_those_who_work_on_it(office: Office, file: Path) -> None:
    before = office.ticket("FJ-1")
    change(office, file, TWO_DAYS)
    office.settle()
    assert office.ticket("FJ-1") == before
    preview = apply_policies(office.engine.context, OPERATOR, trial=True)
    assert [one.after.due_at for one in preview.recomputed.moved] == [office.moment("08-26 00:00")]
    assert office.ticket("FJ-1") == before
    apply_policies(office.engine.context, OPERATOR)
    assert apply_policies(office.engine.context, OPERATOR).recomputed.looked_at == 0
    office.settle()
    for who in ("jia", "yi"):
        office.expect(who, "deadline_moved", says="时限规则调整")
    office.expect_silence()
    after = office.ticket("FJ-1")
    assert after.due_at == office.moment("08-26 00:00")
    assert [line.kind for line in office.story("FJ-1", "policy_applied", "deadline_moved")] == [
        "policy_applied",
        "deadline_moved",
    ]
    office.says("jia", "办结 已删除")


def test_a_changed_ladder_is_climbed_from_now_on_and_nobody_is_told_of_it(office: Office, file: Path) -> None:
    change(office, file, NO_LEADER)
    apply_policies(office.engine.context, OPERATOR)
    office.at("08-24 20:00")
    office.expect_silence()
    office.at("08-25 08:00")
    office.expect("wu", "overdue", at="08-25 08:00")
    office.expect_silence()
    office.says("jia", "办结 已删除")


def test_a_limit_given_by_a_person_stays(office: Office, file: Path) -> None:
    office.says("jia", "延期 到8月27日 供应商停机")
    office.forget()
    office.says("ding", "同意")
    office.forget()
    given = office.ticket("FJ-1")
    change(office, file, TWO_DAYS)
    done = apply_policies(office.engine.context, OPERATOR)
    assert ([one.number for one in done.recomputed.kept], done.recomputed.moved) == (["FJ-1"], [])
    assert office.ticket("FJ-1").due_at == given.due_at
    office.settle()
    office.expect_silence()
    office.says("jia", "办结 已删除")
