"""Why a ticket follows its policy, and what moved its limit since, a sentence each."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.delivery.wording import Wording
from storage.records import JournalKind, JournalLine, LimitAfterReturn, Ticket

Name = Callable[[int], str]  # of a person

LATE_ENTRY = timedelta(hours=1)  # from issue to entry: longer is told, so that nobody is accused of our delay


def entered_late(ticket: Ticket) -> bool:
    """Whether the ticket came in here so long after its issue that people are told."""
    return ticket.created_at - (ticket.issued_at or ticket.received_at) >= LATE_ENTRY


def entry_line(ticket: Ticket, wording: Wording) -> str:
    """Say when a ticket was issued and when it was entered; empty where the one followed the other."""
    if not entered_late(ticket):
        return ""
    issued = ticket.issued_at or ticket.received_at
    return wording(
        "message.entered_late", issued=wording.issue(issued), entered=wording.moment_short(ticket.created_at)
    )


def chosen(because: Mapping[str, str], title: str, wording: Wording) -> str:
    """Say what of a ticket chose its policy; empty where it follows the default one."""
    if not because:
        return ""
    said = wording("format.between_names").join(
        wording(f"why.by_{name}", text=" ".join(text.split())) for name, text in because.items()
    )
    return wording("why.chosen", because=said, title=title)


def chosen_in(line: JournalLine, wording: Wording) -> str:
    """Say what chose the policy, as the line of a ticket's receipt keeps it; empty where that was nothing."""
    because = line.data.get("chosen_by")
    return chosen(because, str(line.data.get("policy_title", "")), wording) if isinstance(because, Mapping) else ""


def limit_reasons(lines: Sequence[JournalLine], name: Name, wording: Wording) -> list[str]:
    """Say what the limit rests on beside its policy's count.

    That is what chose the policy, what a return after the limit did to it, and the extension in force.
    """
    chose = (chosen_in(line, wording) for line in lines if line.kind == JournalKind.RECEIVED)
    said = [wording("why.sentence", said=sentence) for sentence in chose if sentence]
    returned = next((line for line in reversed(lines) if "limit" in line.data), None)
    if returned is not None:
        who, at = _actor(returned, name), wording.moment_short(returned.at)
        said.append(wording("why.returned", who=who, at=at, limit=limit_of_return(returned, wording)))
    granted = extension_in_force(lines)
    return said if granted is None else [*said, _extended(granted, lines, name, wording)]


def limit_of_return(line: JournalLine, wording: Wording) -> str:
    """Say by which limit a returned ticket is judged; empty where it was returned before its limit."""
    limit = line.data.get("limit")
    if limit is None:
        return ""
    key = "new" if limit == LimitAfterReturn.NEW and "until" in line.data else str(limit)
    return wording(f"why.limit_{key}", was=_end(line, "was", wording), until=_end(line, "until", wording))


def extension_in_force(lines: Sequence[JournalLine]) -> JournalLine | None:
    """Return the line of the extension granted last, unless it was undone or a return began a new limit since."""
    granted: list[JournalLine] = []
    for line in lines:
        if line.kind == JournalKind.GRANT_EXTENSION:
            granted.append(line)
        elif line.kind == JournalKind.UNDO and line.data.get("verb") == JournalKind.GRANT_EXTENSION:
            granted = granted[:-1]
        elif line.data.get("limit") == LimitAfterReturn.NEW:
            granted = []
    return granted[-1] if granted else None


def moment_written(lines: Sequence[JournalLine]) -> datetime | None:
    """Return the limit a ticket had before its first extension; None where it was never extended."""
    first = next((line for line in lines if line.kind == JournalKind.GRANT_EXTENSION), None)
    return datetime.fromisoformat(str(first.data["was"])) if first is not None and "was" in first.data else None


def _extended(granted: JournalLine, lines: Sequence[JournalLine], name: Name, wording: Wording) -> str:
    asked = [line for line in lines if line.kind == JournalKind.ASK_EXTENSION and line.seq < granted.seq][-1:]
    reason = str(asked[0].data.get("text", "")).rstrip("。.；;") if asked else ""
    return wording(
        "why.extended",
        who=_actor(granted, name),
        at=wording.moment_short(granted.at),
        until=_end(granted, "until", wording),
        was=_end(granted, "was", wording),
        asker=_actor(asked[0], name) if asked else "?",
        reason=reason,
    )


def _actor(line: JournalLine, name: Name) -> str:
    kind, _, number = line.actor.partition(" ")[0].partition(":")
    return name(int(number)) if kind == "person" and number.isdigit() else "?"


def _end(line: JournalLine, key: str, wording: Wording) -> str:
    written = line.data.get(key)
    return wording.end(datetime.fromisoformat(str(written))) if written else ""
