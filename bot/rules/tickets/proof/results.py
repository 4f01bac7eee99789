"""What a ticket's journal says was told, held against the outbox; and what it says was sent in, against the files."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from storage.records import JournalKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """The last line about a message."""

    seq: int
    told: bool
    state: str
    within: bool  # a digest
    accepted_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A message as the outbox has it."""

    id: int
    state: str
    sent: bool
    accepted_at: datetime | None


def told_lines(lines: Iterable[tuple[int, str, str]]) -> dict[int, Told]:
    """Return what a journal says of each message, lines as (seq, kind, data)."""
    found = {}
    for seq, kind, text in lines:
        if kind in (JournalKind.TOLD, JournalKind.NOT_TOLD):
            data: Mapping[str, Any] = json.loads(text)
            if "message" in data:
                found[data["message"]] = Told(
                    seq=seq,
                    told=kind == JournalKind.TOLD,
                    state=str(data.get("state", "")),
                    within="digest" in data,
                    accepted_at=str(data.get("accepted_at", "")),
                )
    return found


def first_untrue(told: Mapping[int, Told], sent: Sequence[Sent], length: int) -> tuple[int, str] | None:
    """Return the first place where journal and outbox differ, and how; `length` is that of the journal."""
    rows = {one.id: one for one in sent}
    faults = [
        (line.seq, f"流水里的消息{number}在发件箱里不见了") for number, line in told.items() if number not in rows
    ]
    for number, row in rows.items():
        why = _untrue(told.get(number), row)
        if why:
            faults.append((told[number].seq if number in told else length, f"消息{number}：{why}"))
    return min(faults, default=None)


def file_lines(lines: Iterable[tuple[int, str, str]]) -> dict[int, tuple[int, str]]:
    """Return of each file a journal names the line, and the SHA-256 it tells (empty in lines of earlier versions)."""
    found = {}
    for seq, kind, text in lines:
        if kind == JournalKind.FILE:
            data = json.loads(text)
            found[data["file"]] = (seq, str(data.get("sha256", "")))
    return found


def first_changed(
    named: Mapping[int, tuple[int, str]], attached: Iterable[int], digests: Mapping[int, tuple[str, bool]], length: int
) -> tuple[int, str] | None:
    """Return the first file that is not as its line tells, and how."""
    faults = [(length, f"附件{one}在流水里没有记载") for one in attached if one not in named]
    there = set(attached)
    for number, (seq, told) in named.items():
        digest, as_stored = digests.get(number, ("", False))
        if number not in there or not digest:
            faults.append((seq, f"附件{number}不见了"))
        elif not as_stored or (told and told != digest):
            faults.append((seq, f"附件{number}的内容被改动，与登记的 SHA-256 不符"))
    return min(faults, default=None)


def _untrue(line: Told | None, row: Sent) -> str:
    if row.sent and (line is None or not line.told):
        return "发件箱记为已发出，流水里没有"
    if line is None or not line.told or line.state not in ("accepted", "delivered"):
        return ""
    if not row.sent:
        return f"流水记为已发出，发件箱里是 {row.state}"
    if line.accepted_at and not line.within and row.accepted_at is not None:
        at = row.accepted_at.astimezone(UTC)
        if datetime.fromisoformat(line.accepted_at) != at:
            return "发件箱里的发出时间与流水不符"
    return ""
