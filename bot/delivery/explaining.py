"""Why a deadline is where it is: one sentence, and on request day by day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from bot.rules.calendar.deadline import CountedDay, compute, missing_year, trace
from bot.rules.calendar.hours import DAY, WorkingTime
from bot.rules.calendar.workdays import DayKind
from bot.rules.calendar.zone import shanghai, shanghai_day
from bot.rules.tickets.escalation import deadline_of
from storage.records import Deadline, Policy, Ticket, TimeUnit

WEEKDAYS = "一二三四五六日"
RECEIVED, RETURNED = "收到", "退回"
OFF_BY_DECISION = (DayKind.HOLIDAY, DayKind.CLOSURE)


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitHistory:
    """How a ticket came to a limit that its policy alone does not give."""

    began: str = RECEIVED  # what the count begins with
    written: datetime | None = None  # the moment its document names, where people moved that


def explain(policy: Policy, deadline: Deadline, working: WorkingTime, history: LimitHistory = LimitHistory()) -> str:
    """Return the Chinese sentence that explains the deadline."""
    if deadline.due_day is None:
        first = trace(policy, deadline, working)[0]
        return _unpublished(policy, deadline, first, working, history.began)
    counted = _as_counted(policy, deadline, working, history)
    extended = "" if counted.due_at == deadline.due_at else "经同意已延期，"
    return _count(policy, counted, trace(policy, counted, working), history.began) + extended + _lines(deadline)


def explain_ticket(ticket: Ticket, policy: Policy, working: WorkingTime, written: datetime | None = None) -> str:
    """Return the sentence for a ticket; `written` is the moment its document names, where people moved that."""
    return explain(policy, deadline_of(ticket), working, _history(ticket, policy, written))


def explain_ticket_by_day(
    ticket: Ticket, policy: Policy, working: WorkingTime, written: datetime | None = None
) -> tuple[str, ...]:
    """Return the count of a ticket's limit day by day."""
    return explain_by_day(policy, deadline_of(ticket), working, _history(ticket, policy, written))


def explain_by_day(
    policy: Policy, deadline: Deadline, working: WorkingTime, history: LimitHistory = LimitHistory()
) -> tuple[str, ...]:
    """Return the count day by day in Chinese, every day with the document it rests on."""
    days = trace(policy, deadline, working)
    counted = _as_counted(policy, deadline, working, history)
    ends = counted.due_day if counted.due_at != deadline.due_at else None
    lines = tuple(_day_line(policy, day, began=history.began if day is days[0] else "", ends=ends) for day in days)
    documents = tuple(dict.fromkeys(day.source for day in days if day.source))
    if len(documents) < 2:
        return (*lines, *(f"依据：{document}" for document in documents))
    return tuple(f"{line}（依据：{one.source}）" if one.source else line for line, one in zip(lines, days, strict=True))


def day_text(day: date, year: int) -> str:
    """Return "8月24日", with the year in front where it is not the given one."""
    return f"{day.year}年{day.month}月{day.day}日" if day.year != year else f"{day.month}月{day.day}日"


def _history(ticket: Ticket, policy: Policy, written: datetime | None) -> LimitHistory:
    return LimitHistory(began=RETURNED if ticket.limit_from else policy.began or RECEIVED, written=written)


def _as_counted(policy: Policy, deadline: Deadline, working: WorkingTime, history: LimitHistory) -> Deadline:
    """The deadline as the policy alone gives it: another one where an extension was granted."""
    fixed = history.written or deadline.due_at
    counted = compute(policy, deadline.received_at, working, fixed_at=fixed)
    return counted if counted.due_day else deadline


def _count(policy: Policy, deadline: Deadline, days: tuple[CountedDay, ...], began: str) -> str:
    first, last = days[0], days[-1]
    year = first.day.year
    received, between, amount = _named(first, year), _between(days, year), f"{policy.amount:g}"
    clock = f"{shanghai(deadline.received_at):%H:%M}"
    if policy.unit is TimeUnit.WORKING_HOURS:
        return f"{received}{clock}{began}，按上班时间计{amount}小时{'；' if between else ''}{between[:-1]}。"
    if policy.unit is TimeUnit.CALENDAR_HOURS:
        return f"{received}{clock}{began}，按自然小时计{amount}小时，夜间和节假日照算。"
    if policy.unit is TimeUnit.FIXED:
        return f"{received}{began}，按文件写明的时间办结，截止日为{_named(last, year)}。"
    if policy.unit is TimeUnit.CALENDAR_DAYS:
        return f"{received}{began}，当日不计；{_named(last, year)}为第{last.number}天，节假日照算。"
    if not policy.amount:
        moved = "" if first.due else f"，当日不上班；{between}顺延至{_named(last, year)}"
        return f"{received}{began}{moved}，当日办结。"
    return f"{received}{began}，当日不计；{between}{_named(last, year)}为第{last.number}个工作日。"


def _lines(deadline: Deadline) -> str:
    target, due = deadline.target_at, deadline.due_at
    if target is None or due is None:
        return ""
    year = shanghai_day(deadline.received_at).year
    target_day, target_clock = _day_and_clock(target)
    due_day, due_clock = _day_and_clock(due)
    last = "" if due_day == target_day else day_text(due_day, year)
    latest = "" if due == target else f"，最迟{last}{due_clock}"
    return f"请于{day_text(target_day, year)}{target_clock}前办结{latest}。"


def _unpublished(policy: Policy, deadline: Deadline, first: CountedDay, working: WorkingTime, began: str) -> str:
    year = first.day.year
    not_counted = "，当日不计" if policy.unit is TimeUnit.WORKING_DAYS and policy.amount else ""
    earliest = deadline.earliest_day
    guess = f"，最早可能为{day_text(earliest, year)}（{_weekday(earliest)}）" if earliest else ""
    missing = missing_year(deadline, working.calendar)
    return (
        f"{_named(first, year)}{began}{not_counted}；{missing}年放假安排尚未公布，"
        f"暂不能确定截止日{guess}。公布后自动补算，在此之前不算逾期。"
    )


def _between(days: tuple[CountedDay, ...], year: int) -> str:
    """Name what makes the count unlike Monday to Friday: holidays, closures, make-up days in between."""
    phrases = []
    for key, group in groupby(days[1:-1], key=lambda one: (one.kind, one.name)):
        span = [one.day for one in group]
        if key[0] in OFF_BY_DECISION:
            phrases.append(f"{_span(span, year)}{_off(key[1])}；")
        elif key[0] is DayKind.MAKEUP:
            phrases.extend(f"{day_text(day, year)}（{_weekday(day)}）{_on(key[1])}；" for day in span)
    return "".join(phrases)


def _span(days: list[date], year: int) -> str:
    first, last = days[0], days[-1]
    if first == last:
        return day_text(first, year)
    same = (first.year, first.month) == (last.year, last.month)
    return f"{day_text(first, year)}至{f'{last.day}日' if same else day_text(last, year)}"


def _named(day: CountedDay, year: int) -> str:
    notes = [_weekday(day.day)]
    if day.kind is DayKind.MAKEUP:
        notes.append(_on(day.name))
    elif day.kind in OFF_BY_DECISION:
        notes.append(_off(day.name))
    return f"{day_text(day.day, year)}（{'，'.join(notes)}）"


def _day_line(policy: Policy, day: CountedDay, *, began: str, ends: date | None) -> str:
    notes = "，".join(_day_notes(policy, day, began, ends))
    return f"{day.day.year}年{day.day.month}月{day.day.day}日（{_weekday(day.day)}）：{notes}"


def _day_notes(policy: Policy, day: CountedDay, began: str, ends: date | None) -> Iterator[str]:
    if day.kind is None:
        yield "放假安排尚未公布"
    elif day.kind in OFF_BY_DECISION:
        yield _off(day.name)
    elif day.kind is not DayKind.WEEKDAY:
        yield "周末" if day.kind is DayKind.WEEKEND else (day.name if _by_schedule(day.name) else "") + _on(day.name)
    if began:
        yield began
    if ends is not None and day.day > ends:
        yield "延期"
    else:
        yield from _counted(policy, day)
    if day.day == ends and not day.due:
        yield "原截止日"
    if day.due:
        yield "截止日"


def _counted(policy: Policy, day: CountedDay) -> Iterator[str]:
    if day.hours is not None:
        yield f"计{day.hours:.2f}".rstrip("0").rstrip(".") + "小时"
    elif day.number is not None:
        yield f"第{day.number}个工作日" if policy.unit is TimeUnit.WORKING_DAYS else f"第{day.number}天"
    elif policy.unit is not TimeUnit.FIXED and not day.due and day.kind is not None:
        yield "不计"


def _off(name: str) -> str:
    # A local closure carries its own words, such as 台风停工.
    return f"{name}放假" if _by_schedule(name) else name


def _on(name: str) -> str:
    return "调休上班" if _by_schedule(name) else f"{name}，当地决定上班"


def _by_schedule(name: str) -> bool:
    return name.endswith(("节", "旦", "日", "调休"))


def _weekday(day: date) -> str:
    return "周" + WEEKDAYS[day.weekday()]


def _day_and_clock(moment: datetime) -> tuple[date, str]:
    """Read 00:00 as 24:00 of the day before, as people write it."""
    local = shanghai(moment)
    if not (local.hour or local.minute or local.second or local.microsecond):
        return local.date() - DAY, "24:00"
    return local.date(), f"{local:%H:%M}"
