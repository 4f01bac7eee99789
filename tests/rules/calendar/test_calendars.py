"""Each unit's own calendar: closures, extra work and office hours, for the unit and everything below it."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.calendar.calendars import Calendars
from bot.rules.calendar.deadline import compute
from bot.rules.calendar.workdays import CalendarNotPublished, DayKind, GovChina
from storage.calendar.schedules import base_schedules
from storage.records import Act, OfficeHours, Overlay, OverlayKind, Policy, TimeUnit, Unit
from tests.rules.calendar.oracle import CALENDAR, DAY, POLICIES, WORKING, beijing, on_clock, policy

UNITS = {one.id: one for one in (
    Unit(id=1, name="市政府办"), Unit(id=2, name="大田县", parent_id=1), Unit(id=3, name="大田县水利局", parent_id=2),
    Unit(id=4, name="市水利局", parent_id=1),
)}  # fmt: skip
MAKEUP = date(2021, 9, 18)  # a Saturday


def overlay(
    first: date,
    last: date | None = None,
    kind: OverlayKind = OverlayKind.CLOSURE,
    units: set[int] | None = None,
    number: int = 1,
) -> Overlay:
    return Overlay(
        id=number,
        kind=kind,
        first=first,
        last=last or first,
        units=frozenset(units) if units else None,
        why="台风停工" if kind is OverlayKind.CLOSURE else "防汛",
        document="明防指〔2021〕3号",
        decided=Act(name="丁", at=datetime(2021, 7, 1, tzinfo=UTC)),
    )


def calendars(*overlays: Overlay, unit_hours: dict[str, tuple[OfficeHours, ...]] | None = None) -> Calendars:
    return Calendars(
        base_schedules(), "base", POLICIES.office_hours, overlays=overlays, unit_hours=unit_hours, units=UNITS
    )


def test_a_closure_reaches_the_unit_and_everything_below_it_and_nobody_else():
    day = date(2021, 8, 24)
    made = calendars(overlay(day, units={2}))
    assert [made.of(unit).calendar.is_working_day(day) for unit in (1, 2, 3, 4, None)] == [
        True,
        False,
        False,
        True,
        True,
    ]
    assert made.of(2) is made.of(3)
    assert made.of(1) is made.of(4) is made.of(None)
    assert calendars(overlay(day)).of(None).calendar.day(day).kind is DayKind.CLOSURE


def test_a_closed_day_moves_the_deadline_of_that_unit_only():
    made = calendars(overlay(date(2021, 8, 24), date(2021, 8, 25), units={4}))
    received = beijing("2021-08-23 10:00")
    due = [compute(policy(), received, made.of(unit)).due_day for unit in (4, 2)]
    assert due == [date(2021, 8, 26), date(2021, 8, 24)]


@pytest.mark.parametrize(
    ("day", "kinds", "worked"),
    [
        (MAKEUP, (OverlayKind.CLOSURE,), False),  # closure over the national make-up day: stock workalendar says worked
        (MAKEUP, (OverlayKind.EXTRA_WORK, OverlayKind.CLOSURE), False),  # closure over local extra work
        (date(2021, 10, 2), (OverlayKind.EXTRA_WORK,), True),  # local extra work over a national day off
        (date(2021, 10, 2), (OverlayKind.CLOSURE, OverlayKind.EXTRA_WORK), False),  # in whichever order they came
        (date(2021, 8, 28), (OverlayKind.EXTRA_WORK,), True),  # an ordinary Saturday
        (date(2021, 8, 27), (OverlayKind.CLOSURE,), False),  # an ordinary Friday
    ],
)
def test_which_of_two_decisions_counts(day: date, kinds: tuple[OverlayKind, ...], worked: bool):
    laid = [overlay(day, kind=kind, number=place) for place, kind in enumerate(kinds, 1)]
    found = calendars(*laid).of(None).calendar
    assert found.is_working_day(day) is worked
    assert found.day(day).kind is (DayKind.MAKEUP if worked else DayKind.CLOSURE)
    assert found.day(day).source == "明防指〔2021〕3号"


def test_days_that_a_decision_does_not_turn_stay_what_they_were():
    found = calendars(overlay(date(2021, 8, 27), date(2021, 8, 30))).of(None).calendar
    kinds = [found.day(date(2021, 8, 27) + i * DAY).kind for i in range(4)]
    assert kinds == [DayKind.CLOSURE, DayKind.WEEKEND, DayKind.WEEKEND, DayKind.CLOSURE]
    inside = calendars(overlay(date(2021, 10, 1), date(2021, 10, 8))).of(None).calendar
    assert inside.day(date(2021, 10, 1)).kind is DayKind.HOLIDAY
    assert inside.day(date(2021, 10, 8)).kind is DayKind.CLOSURE


def test_a_closure_in_an_unpublished_year_does_not_publish_it():
    found = calendars(overlay(date(2027, 1, 5))).of(None).calendar
    with pytest.raises(CalendarNotPublished):
        found.is_working_day(date(2027, 1, 5))


def test_every_set_of_decisions_has_its_own_revision_name():
    made = calendars(overlay(date(2021, 8, 24), units={2}), overlay(date(2021, 8, 25), number=2))
    assert made.of(None).calendar.revision == "base+2"
    assert made.of(3).calendar.revision == "base+1.2"
    many = calendars(*(overlay(date(2021, 8, 24), number=n) for n in range(1, 60)))
    assert len(many.of(None).calendar.revision) < 30


@given(
    closed=st.sets(st.dates(date(2021, 1, 1), date(2021, 12, 31)), max_size=8),
    day=st.dates(date(2021, 1, 1), date(2021, 11, 1)),
)
def test_closures_never_make_a_deadline_earlier(closed: set[date], day: date):
    laid = [overlay(one, number=place) for place, one in enumerate(sorted(closed), 1)]
    found = GovChina(base_schedules(), "", laid)
    assert not any(found.is_working_day(one) for one in closed)
    for count in (1, 3, 5, 15):
        assert found.add_working_days(day, count) >= CALENDAR.add_working_days(day, count)


@given(
    extra=st.sets(st.dates(date(2021, 1, 1), date(2021, 12, 31)), max_size=8),
    day=st.dates(date(2021, 1, 1), date(2021, 11, 1)),
)
def test_extra_work_never_makes_a_deadline_later(extra: set[date], day: date):
    laid = [overlay(one, kind=OverlayKind.EXTRA_WORK, number=place) for place, one in enumerate(sorted(extra), 1)]
    found = GovChina(base_schedules(), "", laid)
    for count in (1, 3, 5, 15):
        assert found.add_working_days(day, count) <= CALENDAR.add_working_days(day, count)


DATED = [one for one in POLICIES.by_name.values() if one.unit is not TimeUnit.FIXED]


@given(
    which=st.sampled_from(DATED),
    received=st.datetimes(datetime(2021, 1, 1), datetime(2021, 11, 1), timezones=st.just(UTC)),
    closed=st.sets(st.dates(date(2021, 1, 1), date(2021, 12, 31)), min_size=1, max_size=5),
)
def test_a_closure_never_makes_a_deadline_of_any_policy_earlier(which: Policy, received: datetime, closed: set[date]):
    laid = [overlay(one, number=place) for place, one in enumerate(sorted(closed), 1)]
    before, after = compute(which, received, WORKING), compute(which, received, calendars(*laid).of(None))
    assert before.due_at is not None
    assert after.due_at is not None
    assert after.due_at >= before.due_at


def _hours(first: tuple[int, int], last: tuple[int, int], *clocks: int) -> OfficeHours:
    pairs = zip(clocks[::2], clocks[1::2], strict=True)
    return OfficeHours(first=first, last=last, sessions=tuple((time(a), time(b)) for a, b in pairs))


def test_a_unit_may_keep_its_own_hours_on_some_days_and_the_general_ones_on_the_others():
    made = calendars(unit_hours={"大田县": (_hours((7, 1), (8, 31), 7, 13),)})
    august, september = date(2021, 8, 24), date(2021, 9, 24)
    closings = [on_clock(made.of(unit).closing(day))[11:] for unit in (3, 4) for day in (august, september)]
    assert closings == ["13:00", "18:00", "18:00", "18:00"]
    found = compute(policy(), beijing("2021-08-23 10:00"), made.of(3))
    assert found.target_at == beijing("2021-08-24 13:00")
    assert made.of(3).add(beijing("2021-08-31 12:00"), 2) == beijing("2021-09-01 09:00")


def test_the_nearest_unit_with_hours_of_its_own_counts():
    whole_year = {name: (_hours((1, 1), (12, 31), 9, end),) for name, end in (("市政府办", 16), ("大田县", 15))}
    made = calendars(unit_hours=whole_year)
    closings = [on_clock(made.of(unit).closing(date(2021, 8, 24)))[11:] for unit in (1, 2, 3, 4, None)]
    assert closings == ["16:00", "15:00", "15:00", "16:00", "18:00"]
