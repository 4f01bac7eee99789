"""Policies: the shipped ones, snapshots, an office's own file, and mistakes that name their line."""

import json
from pathlib import Path

import pytest

from bot.policies.loading import PolicyInvalid, decode, encode, key_of, load
from storage.records import AfterReturn, Audience, JudgingLine, MessageKind, MomentKind, TimeUnit
from tests.rules.calendar.oracle import POLICIES, policy

WANTED = {
    "monitor_1wd": (TimeUnit.WORKING_DAYS, 1),
    "veto_now": (TimeUnit.CALENDAR_HOURS, 2),
    "find_error": (TimeUnit.WORKING_DAYS, 1),
    "find_error:answer": (TimeUnit.WORKING_DAYS, 3),
    "enquiry": (TimeUnit.WORKING_DAYS, 5),
    "enquiry:complex": (TimeUnit.WORKING_DAYS, 15),
    "hotline": (TimeUnit.WORKING_DAYS, 0),
    "hotline:consult": (TimeUnit.WORKING_DAYS, 3),
    "hotline:complaint": (TimeUnit.WORKING_DAYS, 13),
    "notice_report": (TimeUnit.FIXED, 0),
    "stale_account": (TimeUnit.CALENDAR_DAYS, 14),
    "cancel_account": (TimeUnit.CALENDAR_DAYS, 7),
    "cancel_account:10k": (TimeUnit.CALENDAR_DAYS, 15),
    "cancel_account:100k": (TimeUnit.CALENDAR_DAYS, 30),
    "cancel_account:more": (TimeUnit.CALENDAR_DAYS, 60),
    "cancel_account:confirm": (TimeUnit.CALENDAR_DAYS, 7),
}

LADDER = """
steps = [
  { name = "receipt", kind = "assigned", to = ["primary"], at_receipt = true },
  { name = "overdue", kind = "escalation", to = ["desk"], at_due = true },
]
"""
GOOD = f"""
[policies.ours]
title = "本市规则"
unit = "working_days"
amount = 2
judged = "close_of_business"
{LADDER}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "ours.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name", ["rerouted", "handed_over", "deadline_moved", "returned", "request_extension", "unreached"]
)
def test_a_rung_may_not_bear_the_name_of_another_message(tmp_path: Path, name: str):
    with pytest.raises(PolicyInvalid, match="另有用途"):
        load(written(tmp_path, GOOD.replace('name = "receipt"', f'name = "{name}"')))


def test_a_rung_whose_name_only_begins_like_another_message_is_one_like_any(tmp_path: Path):
    found = load(written(tmp_path, GOOD.replace('name = "receipt"', 'name = "rerouted_note"')))
    assert [one.name for one in found.by_name["ours"].steps] == ["rerouted_note", "overdue"]


def test_every_preset_is_shipped():
    assert {name: (one.unit, one.amount) for name, one in POLICIES.by_name.items()} == WANTED
    assert POLICIES.named() is POLICIES.by_name["monitor_1wd"]
    assert POLICIES.named("nothing") is None
    assert POLICIES.own == ()
    assert all(one.title and one.legal for one in POLICIES.by_name.values())


def test_the_ladder_of_the_default_policy():
    steps = {one.name: one for one in policy().steps}
    assert list(steps) == [
        "receipt", "take_over", "nobody_took", "last_call", "target_passed", "leader_at_target",
        "overdue", "still_overdue", "slip_blue", "slip_orange", "slip_red",
    ]  # fmt: skip
    assert steps["receipt"].to == (Audience.PRIMARY, Audience.BACKUP)
    assert steps["receipt"].kind is MessageKind.ASSIGNED
    assert (steps["take_over"].moment, steps["take_over"].amount) == (MomentKind.AFTER_RECEIPT_WORKING_HOURS, 2)
    assert [name for name, one in steps.items() if one.while_new] == ["take_over", "nobody_took"]
    assert set(steps["overdue"].to) == {
        Audience.SUPERVISOR,
        Audience.DESK,
        Audience.LEADER,
        Audience.PRIMARY,
        Audience.BACKUP,
    }
    assert (steps["still_overdue"].every, steps["still_overdue"].until) == (2, 18)
    assert [name for name, one in steps.items() if one.kind is MessageKind.SLIP] == list(steps)[-3:]


def test_only_the_veto_class_runs_at_night():
    assert [name for name, one in POLICIES.by_name.items() if one.any_hour] == ["veto_now"]


@pytest.mark.parametrize("name", WANTED)
def test_a_snapshot_comes_back_as_it_was(name: str):
    one = policy(name)
    assert decode(encode(one)) == one
    assert POLICIES.key(one) == key_of(decode(encode(one)))
    assert len(key_of(one)) == 64


def test_a_snapshot_of_the_time_when_policies_had_a_flag_for_pauses_is_still_read():
    old = json.loads(encode(policy("enquiry"))) | {"pausable": True}
    assert decode(json.dumps(old)) == policy("enquiry")


def test_a_fixed_moment_cannot_count_anew(tmp_path: Path):
    text = '[policies.notice_report]\nextends = "notice_report"\nreturned = "new_limit"\n'
    with pytest.raises(PolicyInvalid, match=r"第3行 policies\.notice_report\.returned：.*应为 keeps_limit"):
        load(written(tmp_path, text))


def test_a_snapshot_of_the_time_before_returns_had_a_rule_keeps_its_limit():
    old = json.loads(encode(policy("enquiry")))
    del old["returned"]
    assert decode(json.dumps(old)).returned is AfterReturn.KEEPS_LIMIT


def test_the_key_changes_with_every_field_and_not_with_the_spelling(tmp_path: Path):
    first = load(written(tmp_path, GOOD)).by_name["ours"]
    spaced = load(written(tmp_path, GOOD.replace("amount = 2", "amount  =  2.0  # 两天"))).by_name["ours"]
    changed = load(written(tmp_path, GOOD.replace('["desk"]', '["supervisor"]'))).by_name["ours"]
    assert key_of(first) == key_of(spaced) != key_of(changed)
    assert len({key_of(one) for one in POLICIES.by_name.values()}) == len(WANTED)


def test_an_own_file_is_laid_over_the_shipped_one(tmp_path: Path):
    text = 'default = "ours"\n' + GOOD + '\n[policies.monitor_1wd]\nextends = "monitor_1wd"\namount = 2\n'
    ours = load(written(tmp_path, text))
    assert ours.own == ("ours", "monitor_1wd")
    assert ours.named().judged is JudgingLine.CLOSE_OF_BUSINESS
    assert ours.by_name["monitor_1wd"].amount == 2
    assert ours.by_name["monitor_1wd"].steps == policy().steps
    assert ours.by_name["enquiry"] == policy("enquiry")
    assert ours.office_hours == POLICIES.office_hours
    assert ours.key(policy()) == POLICIES.key(policy()) != ours.key(ours.by_name["monitor_1wd"])


def test_an_own_file_may_bring_its_own_office_hours_and_a_byte_order_mark(tmp_path: Path):
    hours = '\ufeff[[office_hours]]\nfrom = "01-01"\nuntil = "12-31"\nsessions = ["09:00-12:00", "13:00-17:00"]\n'
    assert len(load(written(tmp_path, hours)).office_hours) == 1


MISTAKES = [
    ("amount = 2", 'amount = "两天"', 5, "policies.ours.amount：应为0到3660的整数"),
    ("amount = 2", "amount = 1.5", 5, "policies.ours.amount"),
    ("amount = 2", "amount = true", 5, "policies.ours.amount"),
    ("amount = 2", "amount = 2\npausable = true", 6, "policies.ours.pausable：没有这个键"),
    ("amount = 2", 'amount = 2\nreturned = "later"', 6, "policies.ours.returned：应为 keeps_limit、new_limit 之一"),
    ("amount = 2", "amout = 2", 5, "policies.ours.amout：没有这个键"),
    ('title = "本市规则"', "title = 3", 3, "policies.ours.title：应为一段文字"),
    ('unit = "working_days"', 'unit = "workdays"', 4, "policies.ours.unit：应为 working_days、"),
    ('unit = "working_days"', 'unit = "working_hours"', 6, "policies.ours.judged：计时方式是 working_hours 时"),
    ('unit = "working_days"', 'extends = "nowhere"', 4, "policies.ours.extends：没有名为“nowhere”的策略"),
    ('unit = "working_days"', 'extends = "ours"', 4, "policies.ours.extends：绕成了一圈"),
    ('judged = "close_of_business"', "", 2, "policies.ours.judged"),
    ("at_receipt = true", "at_receipt = 1", 9, "policies.ours.steps.1.at_receipt：这里只能写 true"),
    ("at_due = true", "urgency = 5", 10, "policies.ours.steps.2.name：每一级要写一个时间"),
    ("at_due = true", "at_due = true, at_target = true", 10, "policies.ours.steps.2.at_target：每一级要写一个时间"),
    ("at_due = true", "share_of_time = 2", 10, "policies.ours.steps.2.share_of_time：应为0到1的数"),
    ("at_due = true", "at_deu = true", 10, "policies.ours.steps.2.at_deu：没有这个键"),
    ('["desk"]', '["boss"]', 10, "policies.ours.steps.2.to：没有“boss”这种对象"),
    ('["desk"]', "[]", 10, "policies.ours.steps.2.to"),
    ('name = "overdue"', 'name = "receipt"', 10, "policies.ours.steps.2.name：阶梯里已有名为 receipt 的一级"),
    ('name = "overdue"', 'name = "over due"', 10, "policies.ours.steps.2.name：只能用小写字母"),
    ('"escalation"', '"digest"', 10, "policies.ours.steps.2.kind：应为 assigned、"),
    ("at_due = true", "at_due = true, while_new = 1", 10, "policies.ours.steps.2.while_new：应为 true 或 false"),
    ("[policies.ours]", "[policies.Ours]", 2, "只能用小写字母"),
    ("[policies.ours]", 'defualt = "x"\n[policies.ours]', 2, "defualt：没有这个键"),
    ("[policies.ours]", 'default = "x"\n[policies.ours]', 2, "default：应为下面某个策略的名称"),
    ("amount = 2", "amount = = 2", 5, "TOML 写法有误"),
    ("steps = [", "steps = 3\nother = [", 9, "policies.ours.other：没有这个键"),
    ("steps = [", "steps = 3\nlegal = ''\n[policies.more]\nsteps = [", 8, "policies.ours.steps：请写催办阶梯"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "said"), MISTAKES)
def test_a_mistake_names_file_line_and_key(tmp_path: Path, right: str, wrong: str, line: int, said: str):
    assert right in GOOD
    with pytest.raises(PolicyInvalid) as refused:
        load(written(tmp_path, GOOD.replace(right, wrong, 1)))
    assert said in str(refused.value)
    assert str(refused.value).startswith(f"策略文件 ours.toml 第{line}行")


HOURS = '[[office_hours]]\nfrom = "01-01"\nuntil = "06-30"\nsessions = ["08:00-12:00"]\n\n'


@pytest.mark.parametrize(
    ("second", "line", "said"),
    [
        ('from = "07-02"\nuntil = "12-31"\nsessions = ["08:00-12:00"]', 6, "7月1日没有写上班时间"),
        ('from = "07-01"\nuntil = "12-31"\nsessions = ["8点到12点"]', 9, "“8点到12点”不是时段"),
        ('from = "07-01"\nuntil = "12-31"\nsessions = ["08:00-25:00"]', 9, "不是时段"),
        ('from = "7月1日"\nuntil = "12-31"\nsessions = ["08:00-12:00"]', 7, "office_hours.from：应写成“月-日”"),
        ('from = "07-01"\nuntil = "12-31"\nhours = ["08:00-12:00"]', 9, "office_hours.hours：没有这个键"),
        ('from = "07-01"\nuntil = "12-31"', 6, "office_hours.sessions：请写上班时段"),
    ],
)
def test_a_mistake_in_the_office_hours_names_its_line(tmp_path: Path, second: str, line: int, said: str):
    with pytest.raises(PolicyInvalid) as refused:
        load(written(tmp_path, HOURS + "[[office_hours]]\n" + second + "\n" + GOOD))
    assert said in str(refused.value)
    assert refused.value.line == line


UNIT_HOURS = """[[office_hours]]
units = ["大田县", "三明市水利局"]
from = "07-01"
until = "08-31"
sessions = ["07:00-13:00"]

[[office_hours]]
units = ["大田县"]
from = "{first}"
until = "12-31"
sessions = ["08:00-12:00", "14:00-17:00"]
"""


def test_units_may_have_office_hours_of_their_own_beside_the_shipped_ones(tmp_path: Path):
    ours = load(written(tmp_path, UNIT_HOURS.format(first="09-01") + GOOD))
    assert ours.office_hours == POLICIES.office_hours
    assert {name: len(rows) for name, rows in ours.unit_hours.items()} == {"大田县": 2, "三明市水利局": 1}
    assert POLICIES.unit_hours == {}


@pytest.mark.parametrize(
    ("right", "wrong", "line", "said"),
    [
        ('"{first}"', '"08-15"', 7, "“大田县”的8月15日的上班时间写了两次"),
        ('["大田县", "三明市水利局"]', '"大田县"', 2, "office_hours.units：请写单位名称"),
        ('["大田县", "三明市水利局"]', '[""]', 2, "office_hours.units：请写单位名称"),
    ],
)
def test_a_mistake_in_a_units_hours_names_its_line(tmp_path: Path, right: str, wrong: str, line: int, said: str):
    with pytest.raises(PolicyInvalid) as refused:
        load(written(tmp_path, UNIT_HOURS.replace(right, wrong).replace("{first}", "09-01")))
    assert refused.value.line == line
    assert said in str(refused.value)


def test_steps_written_as_tables_name_their_line_too(tmp_path: Path):
    text = (
        GOOD.split("steps = [")[0]
        + '[[policies.ours.steps]]\nname = "receipt"\nkind = "assigned"\nto = ["primary"]\nat_receipt = true\n'
        + '[[policies.ours.steps]]\nname = "overdue"\nkind = "escalation"\nto = ["nobody"]\nat_due = true\n'
    )
    assert load(written(tmp_path, text.replace("nobody", "desk"))).by_name["ours"].steps[1].name == "overdue"
    with pytest.raises(PolicyInvalid, match=r"第16行 policies\.ours\.steps\.2\.to") as refused:
        load(written(tmp_path, text))
    assert text.splitlines()[refused.value.line - 1] == 'to = ["nobody"]'


def test_a_circle_of_extends_is_refused(tmp_path: Path):
    circle = '[policies.a]\nextends = "b"\n[policies.b]\nextends = "a"\n'
    with pytest.raises(PolicyInvalid, match="绕成了一圈"):
        load(written(tmp_path, circle))


def test_a_file_that_is_missing_or_in_another_encoding(tmp_path: Path):
    with pytest.raises(PolicyInvalid, match=r"none\.toml 第1行：读不到"):
        load(tmp_path / "none.toml")
    other = tmp_path / "gbk.toml"
    other.write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(PolicyInvalid, match="第3行：不是 UTF-8"):
        load(other)
