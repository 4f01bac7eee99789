"""Reads a text back: which sentences of the product it consists of, and what is filled into each.

Names, quotes and numbers of tickets stand masked, one strange character each, so that every digit left is something the
product counted. A digit outside a sentence that is known here is what nobody can recompute.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import Formatter

from bot.delivery.wording import Language, texts

FIRST = 0xE000  # of the private use area: what a scenario names
TICKETS = 0xF0000  # of the plane beyond it: the numbers of tickets
ANY = "[\ue000-\uf8ff]"
TICKET = "[\U000f0000-\U000ffffd]"
NO_DIGIT = r"[^\d\n]*?"
# Sections a person never gets a line of.
UNSEEN = ("format", "state", "verb", "asked", "channel", "story")
CLOCK = r"\d\d:\d\d"
SPANS = ("working_minutes", "working_hours", "working_both", "span_minutes", "span_hours", "span_both", "span_days")
DUES = ("format.due", "format.due_latest", "format.due_unpublished")
STANDINGS = tuple(
    f"message.{key}" for key in ("until", "past_target", "late", "late_days", "late_hours", "unpublished")
)
DID = ("message.did_told", "message.did_not_hear", "message.did_hear_now", "message.did_take", "message.did_nothing")
ROLES = ("message.name_primary", "message.name_backup", "message.name_holder")
VACANT = ("message.vacant_primary", "message.vacant_backup", "message.vacant_holder", "morning.unmatched")
LATE = tuple(f"ledger.{key}" for key in ("late", "late_days", "late_off", "late_hours"))
ASKED = tuple(f"chat.pending_{kind}" for kind in ("extension", "dispute", "transfer"))
COUNTED = ("count", "days", "workdays", "place", "most", "shown", "minutes", "judged", "received", "on_time", "late")
# What a placeholder holds where it is no name: other texts, a time, a number.
HOLDS: Mapping[str, str | Sequence[str]] = {
    **dict.fromkeys((*COUNTED, "overdue", "before", "year"), "count"),
    **dict.fromkeys(("at", "since", "until", "issued", "entered"), "short"),
    **dict.fromkeys(("hours", "points", "rate"), "decimal"),
    **dict.fromkeys(("due", "old", "new"), DUES),
    **dict.fromkeys(("elapsed",), tuple(f"format.{key}" for key in SPANS)),
    "left": tuple(f"format.{key}" for key in SPANS),
    "number": "ticket",
    "earliest": "day",
    "target": "name",
    "standing": STANDINGS,
    "first": "day",
    "last": "day",
    "day": "day",
    "did": "did",
    "places": "places",
    "code": "code",
}
# Where a placeholder of one text holds something else.
HOLDS_IN: Mapping[str, str | Sequence[str]] = {
    "format.due.target": "short",
    "format.due_latest.target": "short",
    "format.due_latest.latest": "latest",
    **{f"format.{key}.{part}": "count" for key in SPANS for part in ("hours", "minutes", "days")},
    **{f"message.{key}.since": "name" for key in ("take_over", "nobody_took", "halfway")},
    "message.until.target": "moment",
    "message.late.due": "day",
    "message.late_days.due": "day",
    "message.late_hours.due": "short",
    **{f"chat.{key}.due": "day" for key in ("completed_late", "completed_late_off", "overdue", "overdue_days")},
    **{f"chat.{key}.due": "short" for key in ("completed_late_hours", "overdue_hours")},
    **{f"chat.{key}.at": "moment" for key in ("show_received", "show_taken", "show_done", "last_move")},
    **{f"refusal.{key}.at": "moment" for key in ("already_acknowledge", "already_complete", "already_asked")},
    **{f"refusal.{key}.at": "moment" for key in ("already_granted", "already_refused", "before_receipt")},
    **{f"refusal.{key}.at": "moment" for key in ("leave_over", "deputy_on_leave", "undo_overtaken")},
    "chat.oversight_asked.asked": ASKED,
    "chat.which_request_line.asked": ASKED,
    "chat.calendar_worked.hours": "sessions",
    "chat.calendar_next.days": "days",
    "chat.calendar_makeup.days": "days",
    "morning.ticket.standing": tuple(
        f"morning.{key}" for key in ("on_time", "late", "asked_extension", "asked_dispute", "asked_transfer")
    ),
    "morning.ticket.duty": "duties",
    "message.digest_fact.value": "ring",
    "message.name_did.who": ROLES,
    "morning.late.why": ("ledger.late_open", "name"),
    "ledger.late_open.late": LATE,
    "ledger.due.due": "day",
    "ledger.finished.done": "day",
    "weekly.title.number": "count",
    "weekly.due_soon.until": "day",
    "weekly.rate.rate": "percent",
    "weekly.item.told": tuple(f"weekly.{key}_item" for key in ("overdue", "late", "due", "untold", "undated")),
    "weekly.overdue_item.told": "telling",
    "weekly.untold_item.told": tuple(
        f"weekly.untold_{key}" for key in ("never", "unmatched", "since", "workdays", "days")
    ),
    **{f"weekly.{key}_item.line": "ledger" for key in ("overdue", "late", "untold")},
    "weekly.due_item.due": "day",
    "weekly.stages.entry": ("weekly.hours", "weekly.no_time"),
    "weekly.stages.answer": ("weekly.hours", "weekly.no_time"),
    "weekly.causes.causes": "causes",
    "weekly.ahead.days": "ahead",
    "weekly.told.people": "people",
    "weekly.told_latest.last": "last",
    **{f"weekly.{key}.first": "short" for key in ("told_person", "told_once")},
    **{f"weekly.{key}.span": ("weekly.span", "day") for key in ("holiday", "closure")},
    "weekly.rate_before.before": ("weekly.rate", "weekly.rate_few", "weekly.rate_none"),
}

# Places whose words are put together from several texts.
COMPOSED: Mapping[str, Sequence[str]] = {
    "did": DID,
    "duties": ("message.name_did", *VACANT),
    "ledger": ("ledger.due", "ledger.open", "ledger.finished", "ledger.on_time", "ledger.late_open", *LATE),
    "telling": ("weekly.told_none", "weekly.told_latest", "weekly.told"),
    "causes": ("weekly.cause_late", "weekly.cause"),
    "ahead": ("weekly.holiday", "weekly.makeup", "weekly.closure", "weekly.ahead_unpublished"),
    "people": ("weekly.told_person", "weekly.told_once"),
    "last": ("weekly.told_who",),
}
# Texts that only stand inside others.
INNER = frozenset(
    key
    for holds in (*HOLDS_IN.values(), *HOLDS.values(), *COMPOSED.values())
    if not isinstance(holds, str)
    for key in holds
    if key not in STANDINGS and not key.startswith("weekly.rate")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """A text of the product, and what stood in its places."""

    key: str
    values: Mapping[str, str]


class Mask:
    """Puts one character in the place of everything that a scenario names."""

    def __init__(self, numbers: Iterable[str], names: Iterable[str]) -> None:
        self.tickets = {chr(TICKETS + place): number for place, number in enumerate(sorted(set(numbers)))}
        self.names = {chr(FIRST + place): name for place, name in enumerate(sorted(set(names)))}
        self._signs = {name: sign for sign, name in (self.tickets | self.names).items()}
        longest_first = sorted(self._signs, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first)))

    def __call__(self, text: str) -> str:
        """The text with its names masked."""
        return self._known.sub(lambda found: self._signs[found[0]], text)

    def sign(self, name: str) -> str:
        """The character of a name or number."""
        return self._signs[name]


class Reader:
    """Reads the texts of one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._texts = texts(language)
        self._patterns = {key: re.compile(self._pattern(key)) for key in self._texts if self._readable(key)}
        self._hints = {key: _longest(self._texts[key]) for key in self._patterns}

    def line(self, line: str) -> list[Sentence] | None:
        """The sentences a line consists of; None where it is none of ours."""
        likely = [key for key, hint in self._hints.items() if hint in line]
        found = self._sentences(line, 0, tuple(likely), {})
        return list(reversed(found)) if found is not None else None

    def fits(self, holds: str | Sequence[str], value: str) -> Sentence | None:
        """Which of the texts a place may hold stands there."""
        for key in [holds] if isinstance(holds, str) else holds:
            if "." in key and (found := self._patterns_of(key).fullmatch(value)):
                return Sentence(key=key, values=found.groupdict())
        return None

    def inner(self, sentence: Sentence, place: str) -> Sentence | None:
        """The text that stands in a place of a sentence."""
        return self.fits(held(sentence.key, place), sentence.values[place])

    def every(self, key: str, text: str) -> Iterator[Sentence]:
        """Every place of a text where another stands."""
        for found in self._patterns_of(key).finditer(text):
            yield Sentence(key=key, values=found.groupdict())

    def _sentences(self, line: str, start: int, likely: Sequence[str], dead: dict[int, bool]) -> list[Sentence] | None:
        if start == len(line):
            return []
        if start in dead:
            return None
        for key in likely:
            found = self._patterns[key].match(line, start)
            if found is None or found.end() == start:
                continue
            rest = self._sentences(line, found.end(), likely, dead)
            if rest is not None:
                return [*rest, Sentence(key=key, values=found.groupdict())]
        comma = self._texts["format.comma"]
        if start and line.startswith(comma, start):
            return self._sentences(line, start + len(comma), likely, dead)
        dead[start] = True
        return None

    def _readable(self, key: str) -> bool:
        section, _, name = key.partition(".")
        if section == "ledger" or key in INNER:
            return False
        return section not in UNSEEN and (len(_longest(self._texts[key])) > 1 or name in ("stop", "colon", "item"))

    @cache  # noqa: B019 - readers live as long as the tests
    def _patterns_of(self, key: str) -> re.Pattern[str]:
        return re.compile(self._pattern(key))

    def _pattern(self, key: str, named: bool = True) -> str:
        parts, seen = [], set()
        text = self._texts[key].strip("\n")
        for literal, place, _, _ in Formatter().parse(text):
            parts.append(re.escape(literal))
            if place is None:
                continue
            inner = self._inside(held(key, place))
            parts.append(f"(?P<{place}>{inner})" if named and place not in seen else f"(?:{inner})")
            seen.add(place)
        # What ends in a name goes on to the next mark: nothing in the text itself says where the name ends.
        ends = (
            "" if not named or not self._texts[key].endswith("}") else r"(?=$|[。.\uff1b;\uff0c,\uff1a:\uff09)\u3001 ])"
        )
        return "".join(parts) + ends

    def _inside(self, holds: str | Sequence[str]) -> str:
        if not isinstance(holds, str):
            return "(?:" + "|".join(self._inside(one) for one in holds) + ")"
        if "." in holds:
            return self._pattern(holds, named=False)
        return self._shape(holds)

    def _shape(self, kind: str) -> str:
        zh = self.language == "zh"
        day = r"(?:\d{4}年)?\d{1,2}月\d{1,2}日" if zh else r"\d{1,2} [A-Z][a-z]+(?: \d{4})?"
        weekday = "周[一二三四五六日]" if zh else "[A-Z][a-z]{2}"
        short = day + ("" if zh else " ") + CLOCK
        shapes = {
            "count": r"\d+",
            "decimal": r"\d+(?:\.\d)?",
            "percent": r"\d+(?:\.\d)?%",
            "day": day,
            "days": rf"{day}(?:{weekday})?(?:(?:、|, ){day}(?:{weekday})?)*",
            "short": short,
            "latest": rf"(?:{short}|{CLOCK})",
            "moment": rf"{day} ?[（(]{weekday}[）)] ?{CLOCK}",
            "ticket": TICKET,
            "name": NO_DIGIT,
            "places": r"\d+(?: \d+)*",
            "code": r"[A-Z\d]{6,}",
            "sessions": rf"{CLOCK}–{CLOCK}(?:(?:、|, ){CLOCK}–{CLOCK})*",
        }
        if kind in shapes:
            return shapes[kind]
        if kind == "ring":  # unit and whom to ring, or any other fact
            comma = re.escape(self._texts["format.comma"])
            return rf"(?:(?:{NO_DIGIT}{comma})?{self._composed('duties')}|{NO_DIGIT})"
        return self._composed(kind)

    def _composed(self, kind: str) -> str:
        """A place whose words are put together from several texts, with a mark between them."""
        between = {"did": "comma", "ledger": "comma", "people": "between_names", "duties": "between_names"}
        mark = self._texts[f"format.{between[kind]}"] if kind in between else self._texts["weekly.between"]
        one = self._inside(COMPOSED[kind])
        times = self._pattern("weekly.told_times", named=False)
        return rf"{one}(?:{times})?" if kind == "last" else rf"{one}(?:{re.escape(mark)}{one})*"


@cache
def held(key: str, place: str) -> str | Sequence[str]:
    """What a place of a text holds."""
    return HOLDS_IN.get(f"{key}.{place}", HOLDS.get(place, "name"))


@cache
def _longest(text: str) -> str:
    """The longest words of a text that are always there, to find it quickly."""
    return max((literal.strip("\n") for literal, *_ in Formatter().parse(text)), key=len, default="")


def parts(text: str, mark: str) -> Iterator[str]:
    """What stands between the marks."""
    yield from (part for part in text.split(mark) if part)
