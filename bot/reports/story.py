"""A ticket's whole story in words, in time order, for people and for the record."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.delivery.wording import Wording
from bot.reports.ledger import ledger_line
from bot.rules.calendar.deadline import lateness
from bot.rules.calendar.workdays import GovChina
from bot.rules.calendar.zone import shanghai
from storage.records import JournalKind, JournalLine, TicketStory, step_of

MOMENTS = ("until", "was")  # limits among what people asked and decided


def story_lines(
    story: TicketStory, calendar: GovChina, wording: Wording, now: datetime, why: str = "", root: str = ""
) -> list[str]:
    """Return head, deadline, one line for each thing that happened, how it ended, and what proves it."""
    ticket = story.ticket
    head = wording(
        "story.head",
        number=ticket.number,
        source=ticket.source,
        account=ticket.account_name,
        platform=ticket.platform,
        unit=story.unit,
    )
    state = wording("story.state", state=wording.state(ticket.state))
    # That a step was taken shows in who was told; only a step that reached nobody needs a line of its own.
    lines = sorted((line for line in story.lines if line.kind != JournalKind.STEP), key=lambda one: (one.at, one.seq))
    happened = (_line(line, story.names, wording) for line in lines)
    proof = [wording("story.root", root=root)] if root else []
    return [head, state, *([why] if why else []), "", *happened, *_end(story, calendar, wording, now), *proof]


def _end(story: TicketStory, calendar: GovChina, wording: Wording, now: datetime) -> Iterator[str]:
    ticket = story.ticket
    if ticket.due_day is None:
        return
    late = lateness(ticket.due_day, ticket.completed_at or now, calendar) if ticket.overdue(now) else None
    yield ""
    yield ledger_line(ticket, late, wording.language)


def _line(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    local = shanghai(line.at)
    words = _WORDS.get(line.kind, _other)(line, names, wording)
    return f"{local:%Y-%m-%d %H:%M}  {words}{_how(line, wording)}"


def _how(line: JournalLine, wording: Wording) -> str:
    if not line.actor.startswith("person:"):
        return ""
    via, _, by = str(line.data.get("via", "")).partition(":")
    if by and "recorded_at" in line.data:
        recorded = shanghai(datetime.fromisoformat(str(line.data["recorded_at"])))
        at = f"{wording.day_with_year(recorded.date())}{recorded:%H:%M}"
        return wording("story.on_behalf_later", by=by, at=at)
    if by:
        return wording("story.on_behalf", by=by)
    return wording("story.via", via=_channel(via, wording)) if via else ""


def _received(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    key = "story.received_assumed" if line.data.get("time_assumed") else "story.received"
    return wording(key, source=line.data["source"])


def _evidence(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    return wording("story.evidence", source=line.data["source"])


def _skipped(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    why = "、".join(_note(str(note), names, wording) for note in _items(line.data.get("notes"))) or wording(
        "story.nobody"
    )
    instead = "、".join(names.get(int(str(who)), "?") for who in _items(line.data.get("instead")))
    key = "story.step_skipped" if instead else "story.step_skipped_nobody"
    return wording(key, step=_step_name(line, wording), why=why, instead=instead)


def _told(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    data = line.data
    who = names.get(int(str(data["to"])), "?")
    if line.kind == JournalKind.NOT_TOLD:
        return wording("story.not_told", who=who, step=_step_name(line, wording), reason=data.get("reason", ""))
    key = "story.told_digest" if "digest" in data else "story.told"
    state = wording(f"story.{data['state']}")
    ways = [_channel(str(name), wording) for name in (*_items(data.get("besides")), data["channel"])]
    channels = wording("format.between_names").join(ways)
    return wording(key, who=who, step=_step_name(line, wording), channel=channels, state=state)


def _answered(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    kind, _, number = line.actor.partition(":")
    who = names.get(int(number), "?") if kind == "person" and number.isdigit() else line.actor
    return wording(f"story.{line.kind}", who=who, text=line.data.get("text", ""), name=line.data.get("name", ""))


def _acted(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    """What was asked, decided, handed on or undone: who, and the facts of it."""
    facts: dict[str, object] = {"text": "", **line.data}
    facts |= {name: wording.end(datetime.fromisoformat(str(facts[name]))) for name in MOMENTS if name in facts}
    if wording.has(f"verb.{facts.get('verb')}"):
        facts["verb"] = wording(f"verb.{facts['verb']}")
    number = line.actor.removeprefix("person:").split()[0]
    return wording(f"story.{line.kind}", **{**facts, "who": names.get(int(number), "?")})


def _fixed(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    return wording(f"story.{line.kind}", name=line.data.get("name", ""))


def _other(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    return wording("story.other")


def _channel(name: str, wording: Wording) -> str:
    key = f"channel.{name}"
    return wording(key) if wording.has(key) else name


def _step_name(line: JournalLine, wording: Wording) -> str:
    step = step_of(str(line.data.get("step", "")))
    key = f"message.short_{step}"
    return wording(key) if wording.has(key) else step


def _note(note: str, names: Mapping[int, str], wording: Wording) -> str:
    kind, _, about = note.partition(":")
    if kind == "vacant":
        return wording(f"message.vacant_{about}")
    return wording(f"message.{kind}", name=names.get(int(about), "?"))


def _items(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _moved(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    old, new = (_limit(line.data[key], wording) for key in ("from", "to"))
    return wording("story.deadline_moved", old=old, new=new, document=line.data["document"])


def _limit(lines: Any, wording: Wording) -> str:
    aim = lines.get("target_at") or lines.get("due_at")
    return wording.moment(datetime.fromisoformat(aim)) if aim else wording("story.no_limit")


Words = Callable[[JournalLine, Mapping[int, str], Wording], str]

K = JournalKind
_WORDS: Mapping[JournalKind, Words] = {
    K.RECEIVED: _received,
    K.EVIDENCE: _evidence,
    K.STEP_SKIPPED: _skipped,
    K.TOLD: _told,
    K.NOT_TOLD: _told,
    K.DEADLINE_MOVED: _moved,
    **dict.fromkeys((K.ASK_EXTENSION, K.GRANT_EXTENSION, K.REFUSE_EXTENSION), _acted),
    **dict.fromkeys((K.ASK_TRANSFER, K.TRANSFER, K.REFUSE_TRANSFER), _acted),
    **dict.fromkeys((K.HAND_OVER, K.UNDO, K.DENIED), _acted),
    **dict.fromkeys((K.ACKNOWLEDGE, K.COMPLETE, K.RETURN, K.DISPUTE, K.APPROVE, K.REFUSE, K.CLOSE, K.FILE), _answered),
    K.NOTE: _answered,
    **dict.fromkeys((K.CLOSED, K.SET_ASIDE, K.MATCHED), _fixed),
}
