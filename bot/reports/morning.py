"""The morning brief as a short text: counts, and the first lines of each list."""

from collections.abc import Iterator, Sequence

from bot.delivery.contacts import contacts_briefly
from bot.delivery.wording import Language, Wording
from bot.reports.ledger import late_so_far
from bot.rules.reports.morning import Brief, BriefTicket
from bot.rules.tickets.oversight import Stuck

LINES = 12
TEXT_BYTES = 2_000  # WeCom cuts a text at 2048
NAMES = 6  # so many of those on leave are named

Lists = tuple[tuple[str, Sequence[BriefTicket]], ...]


def text(brief: Brief, language: Language = "zh") -> str:
    """Word the brief in at most twelve lines and 2,000 bytes of UTF-8; every list says how many it holds."""
    wording = Wording(language)
    lists = tuple(
        (key, rows)
        for key, rows in (("due", brief.due), ("stuck", brief.stuck), ("decisions", brief.decisions))
        if rows
    )
    around = 2 + len(lists) + bool(brief.away)  # title, hint, headings, those on leave
    told = ""
    for rows in range(LINES - around, -1, -1):
        told = "\n".join(_lines(brief, lists, _shares([len(each) for _, each in lists], rows), wording))
        if len(told.encode()) <= TEXT_BYTES:
            break
    return told


def _shares(lengths: Sequence[int], rows: int) -> list[int]:
    """Share out the lines that there are: each list in turn gets one more, as long as it has one."""
    shares = [0] * len(lengths)
    while rows and shares != list(lengths):
        for place, length in enumerate(lengths):
            if rows and shares[place] < length:
                shares[place], rows = shares[place] + 1, rows - 1
    return shares


def _lines(brief: Brief, lists: Lists, shares: Sequence[int], wording: Wording) -> Iterator[str]:
    weekday = wording(f"format.weekday_{brief.day.weekday()}")
    yield wording("morning.title", day=wording.day(brief.day), weekday=weekday)
    for (key, rows), shown in zip(lists, shares, strict=True):
        which = "newest" if key == "stuck" else "first"
        first = wording(f"morning.{which}", shown=shown) if 0 < shown < len(rows) else ""
        yield wording(f"morning.{key}", count=len(rows)) + first + wording("morning.colon" if shown else "weekly.stop")
        for row in rows[:shown]:
            yield _ticket(row, wording)
    if brief.away:
        yield _away(brief, wording)
    yield wording("morning.hint_oversees" if brief.oversees else "morning.hint_leads")


def _ticket(row: BriefTicket, wording: Wording) -> str:
    ticket = row.ticket
    unit = row.unit or wording("weekly.unmatched")
    who = wording("weekly.who", unit=unit, account=ticket.account_name, platform=ticket.platform, number=ticket.number)
    duties = contacts_briefly(row.contacts, ticket, wording)
    return wording("morning.ticket", who=who, duty=duties, standing=_standing(row, wording))


def _standing(row: BriefTicket, wording: Wording) -> str:
    due, request = wording.due(row.ticket), row.request
    if request is not None:
        until = wording.end(request.until) if request.until else ""
        return wording(f"morning.asked_{request.kind}", asker=row.asked_by, until=until, due=due)
    if row.why is None:
        return wording("morning.on_time", state=wording.state(row.ticket.state), due=due)
    why = wording(f"chat.stuck_{row.why.name.lower()}")
    if row.why is Stuck.OVERDUE:
        why = late_so_far(row.lateness, wording)
    return wording("morning.late", why=why, due=due)


def _away(brief: Brief, wording: Wording) -> str:
    named = [
        wording("morning.deputy", name=one.person, deputy=one.deputy) if one.deputy else one.person
        for one in brief.away[:NAMES]
    ]
    people = wording("format.between_names").join(named)
    if len(brief.away) > NAMES:
        people = wording("morning.away_more", people=people)
    return wording("morning.away", count=len(brief.away), people=people)
