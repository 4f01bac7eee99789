"""A ticket's whole story in words, in time order, for people and for the record."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.delivery.wording import Wording
from bot.reports.ledger import ledger_line
from bot.rules.calendar.deadline import lateness
from bot.rules.calendar.workdays import GovChina
from bot.rules.calendar.zone import shanghai
from storage.records import JournalKind, JournalLine, TicketStory

MOMENTS = ("until", "was")  # limits among what people asked and decided


def story_lines(story: TicketStory, calendar: GovChina, wording: Wording, now: datetime, why: str = "") -> list[str]:
    """Return head, deadline, one line for each thing that happened, and how it ended."""
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
    lines = sorted((one for one in story.lines if one.kind != JournalKind.STEP), key=lambda one: (one.at, one.seq))
    happened = (_line(one, story.names, wording) for one in lines)
    return [head, state, *([why] if why else []), "", *happened, *_end(story, calendar, wording, now)]


def _end(story: TicketStory, calendar: GovChina, wording: Wording, now: datetime) -> Iterator[str]:
    ticket = story.ticket
    if ticket.due_day is None:
        return
    late = lateness(ticket.due_day, ticket.completed_at or now, calendar) if ticket.overdue(now) else None
    yield ""
    yield ledger_line(ticket, late, wording.language)


def _line(one: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    local = shanghai(one.at)
    words = _WORDS.get(one.kind, _other)(one, names, wording)
    return f"{local:%Y-%m-%d %H:%M}  {words}{_how(one, wording)}"


def _how(one: JournalLine, wording: Wording) -> str:
    if not one.actor.startswith("person:"):
        return ""
    via, _, by = str(one.data.get("via", "")).partition(":")
    if by and "recorded_at" in one.data:
        recorded = shanghai(datetime.fromisoformat(str(one.data["recorded_at"])))
        at = f"{wording.day_with_year(recorded.date())}{recorded:%H:%M}"
        return wording("story.on_behalf_later", by=by, at=at)
    if by:
        return wording("story.on_behalf", by=by)
    return wording("story.via", via=_channel(via, wording)) if via else ""


def _received(one: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    key = "story.received_assumed" if one.data.get("time_assumed") else "story.received"
    return wording(key, source=one.data["source"])


def _evidence(one: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    return wording("story.evidence", source=one.data["source"])


def _skipped(one: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    why = "、".join(_note(str(note), names, wording) for note in _items(one.data.get("notes"))) or wording(
        "story.nobody"
    )
    instead = "、".join(names.get(int(str(who)), "?") for who in _items(one.data.get("instead")))
    key = "story.step_skipped" if instead else "story.step_skipped_nobody"
    return wording(key, step=_step_name(one, wording), why=why, instead=instead)


def _told(one: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    data = one.data
    who = names.get(int(str(data["to"])), "?")
    if one.kind == JournalKind.NOT_TOLD:
        return wording("story.not_told", who=who, step=_step_name(one, wording), reason=data.get("reason", ""))
    key = "story.told_digest" if "digest" in data else "story.told"
    state = wording(f"story.{data['state']}")
    ways = [_channel(str(name), wording) for name in (*_items(data.get("besides")), data["channel"])]
    channels = wording("format.between_names").join(ways)
    return wording(key, who=who, step=_step_name(one, wording), channel=channels, state=state)


def _answered(one: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    kind, _, number = one.actor.partition(":")
    who = names.get(int(number), "?") if kind == "person" and number.isdigit() else one.actor
    return wording(f"story.{one.kind}", who=who, text=one.data.get("text", ""), name=one.data.get("name", ""))


def _acted(one: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    """What was asked, decided, handed on or undone: who, and the facts of it."""
    facts: dict[str, object] = {"text": "", **one.data}
    facts |= {name: wording.end(datetime.fromisoformat(str(facts[name]))) for name in MOMENTS if name in facts}
    if wording.has(f"verb.{facts.get('verb')}"):
        facts["verb"] = wording(f"verb.{facts['verb']}")
    number = one.actor.removeprefix("person:").split()[0]
    return wording(f"story.{one.kind}", **{**facts, "who": names.get(int(number), "?")})


def _fixed(one: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    return wording(f"story.{one.kind}", name=one.data.get("name", ""))


def _other(one: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    return wording("story.other")


def _channel(name: str, wording: Wording) -> str:
    key = f"channel.{name}"
    return wording(key) if wording.has(key) else name


def _step_name(one: JournalLine, wording: Wording) -> str:
    key = f"message.short_{one.data.get('step')}"
    return wording(key) if wording.has(key) else str(one.data.get("step", ""))


def _note(note: str, names: Mapping[int, str], wording: Wording) -> str:
    kind, _, about = note.partition(":")
    if kind == "vacant":
        return wording(f"message.vacant_{about}")
    return wording(f"message.{kind}", name=names.get(int(about), "?"))


def _items(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _moved(one: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    old, new = (_limit(one.data[key], wording) for key in ("from", "to"))
    return wording("story.deadline_moved", old=old, new=new, document=one.data["document"])


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
    **dict.fromkeys((K.CLOSED, K.SET_ASIDE, K.MATCHED), _fixed),
}
