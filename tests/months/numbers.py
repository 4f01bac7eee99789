"""Every number, time and span in what people read, counted again; and what is claimed of a ticket, looked at."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from bot.delivery.wording import Language, texts
from tests.months import overviews
from tests.months.comparing import (
    At,
    Check,
    did_so,
    duties_so,
    late_both_ways,
    same_day,
    same_due,
    same_moment,
    same_span,
)
from tests.months.explained import is_explanation, wrong
from tests.months.reading import Reader, Sentence
from tests.months.truth import day_of
from tests.months.world import Known, Line, World

DIGIT = re.compile(r"\d")
NONE_OF_SOMETHING = re.compile(r"(?<![\d.:])0(?:个|分钟|小时|天| working| calendar| min\b| h\b| days)")
NEGATIVE = re.compile(r"[-−]\d")
HEADS_OF_WORK = ("receipt", "receipt_copy", "receipt_stand_in", "rerouted", "handed_over")


class Auditor:
    """Reads the lines of a play one after another and says what in them is not so."""

    def __init__(self, world: World, language: Language) -> None:
        self.world, self.language, self._reader = world, language, Reader(language)

    def wrong(self, line: Line) -> Iterator[str]:
        """What the line says that is false, or that nobody can count again; then learn from it."""
        for fault in self.read(line):
            yield f"{line.get('at', '')} {line['event']} to {line.get('to') or line.get('person')}: {fault}"
        self.world.happened(line)
        if line["event"] == "ticket":
            yield from self.world.wrong_lines(line)

    def read(self, line: Line) -> Iterator[str]:
        """What the line says that is false; nothing is learnt from it."""
        if line["event"] not in ("message", "reply"):
            return
        text = self.world.mask(line["text"])
        if found := NONE_OF_SOMETHING.search(text) or NEGATIVE.search(text):
            yield f"{found[0]!r} in {line['text']!r}"
        yield from self._foreign_titles(line, text)
        yield from self._lines(line, text)

    def _foreign_titles(self, line: Line, text: str) -> Iterator[str]:
        known = self.world.tickets.get(line.get("ticket") or "")
        for title in re.findall("[【\\[]([\ue000-\uf8ff])[】\\]]", text):
            name = self.world.mask.names[title]
            if known is not None and name != known.rule.title and name in _titles(self.world):
                yield f"headed {name}, but its policy is {known.rule.title}"

    def _lines(self, line: Line, text: str) -> Iterator[str]:
        now = datetime.fromisoformat(line["at"])
        current = self.world.tickets.get(line.get("ticket") or "")
        for row in text.split("\n"):
            named = [self.world.mask.tickets[sign] for sign in row if sign in self.world.mask.tickets]
            current = self.world.tickets.get(named[0], current) if named else current
            at = At(world=self.world, reader=self._reader, line=line, now=now, ticket=current)
            if current is not None and is_explanation(row):
                yield from wrong(row, current.rule, current.issued, current.lines)
                continue
            yield from self._row(row, at)
        if current is not None and line["event"] == "reply":
            current.acts.append(now)

    def _row(self, row: str, at: At) -> Iterator[str]:
        sentences = self._reader.line(row) if DIGIT.search(row) or at.ticket else []
        if sentences is None:
            if DIGIT.search(row):
                yield f"nobody knows where the numbers come from in {row!r} (as said: {at.line['text']!r})"
            return
        for sentence in sentences:
            yield from _sentence(sentence, at)


def _titles(world: World) -> set[str]:
    return {known.rule.title for known in world.tickets.values()} | {"监测工单"}


def _sentence(sentence: Sentence, at: At) -> Iterator[str]:
    checked = CHECKS.get(sentence.key)
    if checked is not None:
        try:
            so = checked(sentence, at)
        except (AssertionError, ValueError, KeyError, StopIteration) as reason:
            so, why = False, f" ({reason})"
        else:
            why = ""
        if not so:
            yield f"{sentence.key} {dict(sentence.values)} is not so{why}: {at.ticket}"
        return
    numbers = {place: value for place, value in sentence.values.items() if DIGIT.search(value)}
    if numbers:
        yield f"nobody counts {numbers} of {sentence.key} again"


def _about(sentence: Sentence, at: At) -> bool:
    """The account and the platform named are the ticket's."""
    world, known = at.world, at.about
    account = known.account
    told = (
        ("account", account.name if account else known.given.account),
        ("platform", account.platform if account else known.given.platform),
    )
    return all(sentence.values.get(name) in (None, "", world.mask.sign(value)) for name, value in told if value)


def _title(sentence: Sentence, at: At) -> bool:
    return _about(sentence, at) and sentence.values["title"] == at.world.mask.sign(at.about.rule.title)


def _untaken(sentence: Sentence, at: At) -> bool:
    """Nobody took it, and so long ago it came."""
    known = at.about
    waits = known.state == "new" and known.taken is None and not known.asked
    return _about(sentence, at) and waits and _elapsed(sentence, at)


def _elapsed(sentence: Sentence, at: At) -> bool:
    """So long after it came: where it came in late, after that."""
    known = at.about
    late = known.entered - known.issued >= timedelta(hours=1)
    said = sentence.values["since"] in ("录入后", "after entry")
    return late == said and same_span(
        sentence.values["elapsed"], known.rule, known.entered if late else known.issued, at.now, at
    )


def _last_call(sentence: Sentence, at: At) -> bool:
    known = at.about
    return at.now < known.lines.target and same_span(
        sentence.values["left"], known.rule, at.now, known.lines.target, at
    )


def _target_passed(sentence: Sentence, at: At) -> bool:
    return _about(sentence, at) and at.about.open and at.about.lines.target <= at.now < at.about.lines.due


def _overdue(sentence: Sentence, at: At) -> bool:
    return _about(sentence, at) and at.about.open and at.now >= at.about.lines.due


def _standing(sentence: Sentence, at: At) -> bool:
    return standing_so(sentence, at.about, at)


def standing_so(sentence: Sentence, known: Known, at: At) -> bool:
    """Whether a ticket stands where the sentence says."""
    lines, values, name = known.lines, sentence.values, sentence.key.partition(".")[2]
    if name == "until":
        return at.now < lines.target and same_moment(values["target"], lines.target)
    if name == "past_target":
        return lines.target <= at.now < lines.due and same_due(values["due"], known, at)
    if name == "late_hours":
        same = day_of(at.now) == lines.day
        return at.now >= lines.due and same and same_moment(values["due"], lines.due)
    return same_day(values["due"], lines.day, day_of(at.now)) and late_both_ways(sentence, known, at.now)


def _entered_late(sentence: Sentence, at: At) -> bool:
    issued, entered = sentence.values["issued"], sentence.values["entered"]
    return same_moment(issued, at.about.issued) and same_moment(entered, at.about.entered)


def _answered(sentence: Sentence, at: At) -> bool:
    """A colleague took or completed it at that moment."""
    known = at.about
    if sentence.key == "notice.done":
        return same_moment(sentence.values["at"], known.done_at)
    return known.taken is not None and same_moment(sentence.values["at"], known.taken[1])


def _ring(sentence: Sentence, at: At) -> bool:
    """Whom to ring, where a line of a digest says it."""
    return duties_so(sentence.values["value"], at)


def _days_without_update(sentence: Sentence, at: At) -> bool:
    return int(sentence.values["days"]) == (day_of(at.now) - day_of(at.about.issued)).days


def _due(sentence: Sentence, at: At) -> bool:
    return same_due(sentence.values["due"], at.about, at)


def _digest(sentence: Sentence, at: At) -> bool:
    return int(sentence.values["count"]) == len(at.line["items"]) > 1


def _digest_line(sentence: Sentence, at: At) -> bool:
    inner = at.reader.inner(sentence, "standing")
    return inner is not None and _about(sentence, at) and standing_so(inner, at.about, at)


def _digest_more(sentence: Sentence, at: At) -> bool:
    shown = len(re.findall(r"(?m)^\d+\. ", at.line["text"]))
    return int(sentence.values["count"]) == len(at.line["items"]) - shown


def _places(sentence: Sentence, at: At) -> bool:
    shown = re.findall(r"(?m)^(\d+)\. ", at.line["text"])
    return set(sentence.values["places"].split()) <= set(shown)


def _asked(sentence: Sentence, at: At) -> bool:
    until = sentence.values.get("until")
    return until is None or same_moment(until, at.about.until)


def _recorded(sentence: Sentence, at: At) -> bool:
    until = sentence.values.get("until")
    return same_moment(sentence.values["at"], at.now) and (until is None or same_moment(until, at.about.until))


def _taken(sentence: Sentence, at: At) -> bool:
    at.about.taken = (at.line["person"], at.now)
    return same_moment(sentence.values["at"], at.now)


def _asking(sentence: Sentence, at: At) -> bool:
    """Somebody asked: their own words say until when."""
    known = at.about
    if "until" in sentence.values:
        known.until = at.world.asked_until(known.given.no, at.line["said"])
    known.asked = True
    known.pending[sentence.key.rpartition("_")[2]] = (at.line["person"], known.until)
    if known.taken is None:
        known.taken = (at.line["person"], at.now)
    return _recorded(sentence, at)


def _granted(sentence: Sentence, at: At) -> bool:
    at.world.grant(at.about.given.no)
    return same_moment(sentence.values["at"], at.now)


def _refused(sentence: Sentence, at: At) -> bool:
    at.about.pending.pop(sentence.key.rpartition("_")[2], None)
    return same_moment(sentence.values["at"], at.now)


def _transferred(sentence: Sentence, at: At) -> bool:
    at.world.place(at.about, at.world.mask.names[sentence.values["target"][0]])
    return same_moment(sentence.values["at"], at.now)


def _finish(at: At) -> None:
    at.about.done_at = at.now
    at.about.taken = at.about.taken or (at.line["person"], at.now)


def _completed(sentence: Sentence, at: At) -> bool:
    _finish(at)
    return same_moment(sentence.values["at"], at.now) and at.now < at.about.lines.due


def _completed_late(sentence: Sentence, at: At) -> bool:
    known = at.about
    _finish(at)
    recorded = same_moment(sentence.values["at"], at.now)
    if sentence.key.endswith("hours"):
        same = day_of(at.now) == known.lines.day
        return recorded and same and at.now >= known.lines.due and same_moment(sentence.values["due"], known.lines.due)
    return (
        recorded
        and same_day(sentence.values["due"], known.lines.day, day_of(at.now))
        and late_both_ways(sentence, known, at.now)
    )


def _now_late(sentence: Sentence, at: At) -> bool:
    known = at.about
    if sentence.key.endswith("hours"):
        return at.now >= known.lines.due and same_moment(sentence.values["due"], known.lines.due)
    return same_day(sentence.values["due"], known.lines.day, day_of(at.now)) and late_both_ways(sentence, known, at.now)


def _left(sentence: Sentence, at: At) -> bool:
    known = at.about
    return same_span(sentence.values["left"], known.rule, at.now, known.lines.target, at)


def _in_a_list(sentence: Sentence, at: At) -> bool:
    marked = sentence.values.get("mark", "")
    right = _about(sentence, at) and _due(sentence, at)
    return right and bool(marked) == at.about.overdue(at.now) if "mark" in sentence.values else right


def _received(sentence: Sentence, at: At) -> bool:
    return same_moment(sentence.values["at"], at.about.issued)


def _took(sentence: Sentence, at: At) -> bool:
    return at.about.taken is not None and same_moment(sentence.values["at"], at.about.taken[1])


def _already(sentence: Sentence, at: At) -> bool:
    known = at.about
    when = known.done_at if sentence.key.endswith("complete") else known.taken[1] if known.taken else None
    return same_moment(sentence.values["at"], when)


def _listed_below(sentence: Sentence, at: At) -> bool:
    shown = len(re.findall(r"(?m)^\d+\. ", at.line["text"]))
    return int(sentence.values["count"]) >= shown > 0


def _leave(sentence: Sentence, at: At) -> bool:
    since, until = sentence.values["since"], sentence.values["until"]
    return any(same_moment(since, one[1]) and same_moment(until, one[2]) for one in at.world.leaves)


CHECKS: Mapping[str, Check] = {
    **dict.fromkeys(("message.receipt", "message.receipt_stand_in"), _title),
    **dict.fromkeys(("message.receipt_copy", "message.rerouted", "message.handed_over"), _about),
    **dict.fromkeys(("message.take_over", "message.nobody_took"), _untaken),
    "message.halfway": _elapsed,
    "message.last_call": _last_call,
    **dict.fromkeys(("message.target_passed", "message.leader_at_target"), _target_passed),
    **dict.fromkeys(("message.overdue", "message.still_overdue", "message.slip_blue"), _overdue),
    **dict.fromkeys(("message.slip_orange", "message.slip_red"), _overdue),
    **{f"message.{key}": _standing for key in ("until", "past_target", "late", "late_days", "late_hours")},
    "message.overdue_at_entry": lambda sentence, at: at.about.entered >= at.about.lines.due and _about(sentence, at),
    "message.entered_late": _entered_late,
    **{f"message.contact_{role}": did_so for role in ("primary", "backup", "holder")},
    **{f"message.day_{number}": _days_without_update for number in (10, 12, 13)},
    "message.before_holiday": _due,
    "message.digest": _digest,
    "message.digest_line": _digest_line,
    "message.digest_more": _digest_more,
    "message.digest_fact": _ring,
    "message.ask_digest_new": _places,
    "message.request_extension": _asked,
    "notice.extension_granted": _due,
    "notice.extension_refused": _due,
    "notice.ruling_undone": _due,
    **dict.fromkeys(("notice.taken", "notice.done"), _answered),
    "chat.acknowledged": _taken,
    "chat.completed": _completed,
    **{f"chat.{key}": _completed_late for key in ("completed_late", "completed_late_off", "completed_late_hours")},
    **{f"chat.{key}": _now_late for key in ("overdue", "overdue_days", "overdue_hours")},
    **{f"chat.asked_{kind}": _asking for kind in ("extension", "dispute", "transfer")},
    "chat.granted_extension": _granted,
    "chat.granted_dispute": _refused,
    "chat.granted_transfer": _transferred,
    **{f"chat.refused_{kind}": _refused for kind in ("extension", "dispute", "transfer")},
    **dict.fromkeys(("chat.recorded", "chat.returned", "chat.handed_over", "chat.noted"), _recorded),
    "chat.limit": _due,
    "chat.left": _left,
    **dict.fromkeys(("chat.line", "chat.oversight_line"), _in_a_list),
    "chat.show_received": _received,
    "chat.show_taken": _took,
    "chat.show_done": lambda sentence, at: same_moment(sentence.values["at"], at.about.done_at),
    **{f"refusal.already_{verb}": _already for verb in ("acknowledge", "complete")},
    "chat.last_move": lambda sentence, at: any(same_moment(sentence.values["at"], one) for one in at.about.acts),
    "refusal.extension_too_late": _due,
    "refusal.extension_not_later": _due,
    **{
        f"chat.{key}": _listed_below
        for key in ("mine", "oversight", "which", "which_or_all", "due_all", "nothing_fits")
    },
    **dict.fromkeys(("notice.deputy", "notice.deputy_empty"), _leave),
    **{f"morning.{key}": check for key, check in overviews.BRIEF.items()},
    **{f"weekly.{key}": check for key, check in overviews.WEEKLY.items()},
}


def constants(language: Language) -> Mapping[str, set[str]]:
    """The numbers that stand in the words themselves, beside what is given as an example."""
    plain = {
        key: re.sub('\\{[^}]*\\}|\u201c[^\u201d]*\u201d|"[^"]*"', "", text) for key, text in texts(language).items()
    }
    return {key: set(re.findall(r"\d+", text)) for key, text in plain.items() if DIGIT.search(text)}
