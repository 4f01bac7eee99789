"""A ticket's whole story in words, in time order, for people and for the record."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.delivery.reasons import chosen_in, limit_of_return
from bot.delivery.wording import Wording
from bot.reports.ledger import ledger_line, moved
from bot.rules.calendar.deadline import lateness
from bot.rules.calendar.workdays import GovChina
from bot.rules.calendar.zone import shanghai
from bot.rules.messages.showing import masked
from bot.rules.people.routing import INBOX
from storage.records import HOLDER_LOST, JournalKind, JournalLine, MessageState, TicketStory, Transfer, step_of

APART = timedelta(minutes=1)  # issue, receipt and entry nearer than that are told as one
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
    absent = names.get(int(str(line.data.get("in_place_of", 0))))
    place = wording("story.in_place_of", name=absent) if absent else ""
    return f"{local:%Y-%m-%d %H:%M}  {words}{place}{_how(line, wording)}"


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
    return wording("story.via", via=wording.channel(via)) if via else ""


def _received(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    key = "story.received_assumed" if line.data.get("time_assumed") else "story.received"
    said = wording(key, source=line.data["source"])
    times = (_time_of(line, name, wording) for name in ("issued_at", "entered_at"))
    return wording("format.comma").join(part for part in (said, *times, chosen_in(line, wording)) if part)


def _time_of(line: JournalLine, name: str, wording: Wording) -> str:
    """When it was issued or entered, where that was not when it was received."""
    written = line.data.get(name)
    moment = datetime.fromisoformat(str(written)) if written else line.at
    if abs(moment - line.at) < APART:
        return ""
    return wording(f"story.{name}", at=wording.issue(moment) if name == "issued_at" else wording.moment_short(moment))


def _evidence(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    return wording("story.evidence", source=line.data["source"])


def _skipped(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    why = "、".join(_note(str(note), names, wording) for note in _items(line.data.get("notes"))) or wording(
        "story.nobody"
    )
    instead = "、".join(names.get(int(str(who)), "?") for who in _items(line.data.get("instead")))
    key = "story.step_skipped" if instead else "story.step_skipped_nobody"
    if instead and line.data.get("step") == HOLDER_LOST:
        key = "story.holder_lost"
    return wording(key, step=_step_name(line, wording), why=why, instead=instead)


def _told(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    data, state = line.data, line.data.get("state", "")
    about = {"who": names.get(int(str(data["to"])), "?"), "step": _step_name(line, wording)}
    channel, besides = str(data["channel"]), [str(one) for one in _items(data.get("besides"))]
    if line.kind == JournalKind.NOT_TOLD:
        return wording("story.not_told", **about, reason=data.get("reason", ""))
    if line.kind == JournalKind.ARRIVED:
        return wording("story.arrived", **about, channel=wording.channel(channel))
    if state == MessageState.PENDING:
        # Where something lies unopened, the reason names every way by itself.
        reason = data.get("reason", "") if besides else _with_reason(wording.channel(channel), data, wording)
        return wording("story.not_yet_told", **about, reason=reason)
    if channel == INBOX:
        return wording("story.opened" if state == MessageState.DELIVERED else "story.put_into_inbox", **about)
    key = "story.told_digest" if "digest" in data else "story.told"
    ways = (wording.channel(name) for name in (*besides, channel) if name != INBOX)
    channels = wording("format.between_names").join(ways)
    doubt = data if state == MessageState.UNCERTAIN else {}
    return wording(key, **about, channel=channels, state=_with_reason(wording(f"story.{state}"), doubt, wording))


def _with_reason(what: str, data: Mapping[str, Any], wording: Wording) -> str:
    return wording("format.with_reason", what=what, reason=data["reason"]) if data.get("reason") else what


def _answered(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    kind, _, number = line.actor.partition(":")
    who = names.get(int(number), "?") if kind == "person" and number.isdigit() else line.actor
    text = masked(str(line.data.get("text", "")))
    said = wording(f"story.{line.kind}", who=who, text=text, name=line.data.get("name", ""))
    limit = limit_of_return(line, wording) if line.kind == JournalKind.RETURN else ""
    return wording("story.return_limit", said=said.rstrip("。"), limit=limit) if limit else said


def _acted(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    """What was asked, decided, handed on or undone: who, and the facts of it."""
    facts: dict[str, object] = {**line.data, "text": masked(str(line.data.get("text", "")))}
    facts |= {name: wording.end(datetime.fromisoformat(str(facts[name]))) for name in MOMENTS if name in facts}
    if wording.has(f"verb.{facts.get('verb')}"):
        facts["verb"] = wording(f"verb.{facts['verb']}")
    number = line.actor.removeprefix("person:").split()[0]
    return wording(f"story.{line.kind}", **{**facts, "who": names.get(int(number), "?")})


def _fixed(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    return wording(f"story.{line.kind}", name=line.data.get("name", ""))


def _transferred(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    """Whose it was stays readable, whatever the ticket's account is now."""
    left: Any = line.data.get("left") or {}
    if not left.get("account"):
        return _acted(line, names, wording)
    number = line.actor.removeprefix("person:").split()[0]
    return moved([Transfer.of(line, names.get(int(number), "?"))], wording)


def _reassigned(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    left, name = (str(line.data.get(key, "")) or wording("story.nobody") for key in ("left", "name"))
    return wording("story.reassigned", role=wording(f"role.{line.data['role']}"), left=left, name=name)


def _other(line: JournalLine, names: Mapping[int, str], wording: Wording) -> str:
    return wording("story.other")


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


def _applied(line: JournalLine, _names: Mapping[int, str], wording: Wording) -> str:
    return wording("story.policy_applied", policy=line.data["policy"])


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
    K.ARRIVED: _told,
    K.DEADLINE_MOVED: _moved,
    K.POLICY_APPLIED: _applied,
    **dict.fromkeys((K.ASK_EXTENSION, K.GRANT_EXTENSION, K.REFUSE_EXTENSION), _acted),
    **dict.fromkeys((K.ASK_TRANSFER, K.REFUSE_TRANSFER), _acted),
    K.TRANSFER: _transferred,
    K.REASSIGNED: _reassigned,
    **dict.fromkeys((K.HAND_OVER, K.UNDO, K.DENIED), _acted),
    **dict.fromkeys((K.ACKNOWLEDGE, K.COMPLETE, K.RETURN, K.DISPUTE, K.APPROVE, K.REFUSE, K.CLOSE, K.FILE), _answered),
    K.NOTE: _answered,
    **dict.fromkeys((K.CLOSED, K.SET_ASIDE, K.MATCHED), _fixed),
}
