"""Grows the tree again from its first leaf, and holds every root in it against database, file and a kept one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.actions.tickets.proof.prover import gone, not_joined, place_of
from bot.rules.calendar.zone import shanghai
from bot.rules.tickets.proof.tree import grown, root_of
from storage.records import JournalKey, Leaf, Root
from storage.sql.database import Connection
from storage.tickets import roots
from storage.tickets.rootfile import ACCEPTED, BEGUN, FiledRoot, RootFile

KEPT = re.compile(r"(?:(?P<number>\d{1,18})-)?(?P<root>[0-9a-f]{12,64})|(?P<alone>\d{1,18})", re.ASCII)


NO_PEAKS: Sequence[str] = ()
NAMED = 5  # of the journals that a wrong root is about


class KeptRootInvalid(Exception):
    """What was given is no root; the message is Chinese."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptRoot:
    """A root somebody kept: whole, in its short form, or only its number in the file."""

    number: int | None
    root: str

    def is_in(self, root: Root, filed: dict[int, FiledRoot]) -> bool:
        """Whether it is this one; a number alone means what the file has under it."""
        if self.number not in (None, root.number):
            return False
        if self.root:
            return root.root.startswith(self.root)
        return root.number in filed and filed[root.number].root == root.root


def kept_root(text: str) -> KeptRoot:
    """Read what somebody kept; KeptRootInvalid where it is no root."""
    found = KEPT.fullmatch(text.strip().lower())
    if found is None:
        raise KeptRootInvalid(f"“{text}”不是存证号，应形如 128-9f2c41d07a3be655，或存证文件里的序号、整个根")
    number = found["number"] or found["alone"]
    return KeptRoot(number=int(number) if number else None, root=found["root"] or "")


@dataclass(kw_only=True)
class Retracing:
    """The tree as it is grown again: where each journal stood last, and what did not agree."""

    key: JournalKey
    filed: dict[int, FiledRoot] = field(default_factory=dict)  # by number, what the file says now
    leaves: dict[int, Leaf] = field(default_factory=dict)  # by ticket, the last one
    last: Root | None = None
    found: bool = False  # the kept root
    notes: list[str] = field(default_factory=list)

    def file(self, lines: Sequence[FiledRoot]) -> None:
        """Take in what the file says; after an accepted break what followed the root it goes on from is void."""
        for line in lines:
            if line.kind == ACCEPTED:
                lost = [number for number in self.filed if number > line.number]
                for number in lost:
                    del self.filed[number]
                told = f"{_when(line.at)}的存证第{line.number}号之后曾中断，经人确认后继续"
                self.notes.append(
                    told + (f"；此前记下的{len(lost)}个存证号（至第{max(lost)}号）不再有效" if lost else "")
                )
            elif line.kind != BEGUN:
                self.filed[line.number] = line

    def tree(self, conn: Connection, kept: KeptRoot | None) -> str:
        """Grow the tree root by root; returns what is wrong with the first that does not hold, and stops there."""
        leaves, peaks, count, lines = roots.leaves(conn), NO_PEAKS, 0, 0
        for expected, root in enumerate(roots.after(conn, 0), 1):
            if root.number != expected:
                return f"存证记录缺第{expected}号"
            taken = _taken(leaves, count, root)
            if isinstance(taken, str):
                return taken
            fresh = {leaf.ticket_id: leaf for leaf in taken}
            lines += sum(leaf.seq - self._length(number) for number, leaf in fresh.items())
            peaks = grown(peaks, count, taken, self.key, root.algorithm)
            count = root.leaves
            if why := self._wrong(root, root_of(peaks, count, lines, self.key, root.algorithm), taken):
                return why
            self.leaves |= fresh
            self.found = self.found or (kept is not None and kept.is_in(root, self.filed))
            self.last = root
        return f"存证树多出第{count}项" if next(leaves, None) is not None else ""

    def _length(self, ticket_id: int) -> int:
        return self.leaves[ticket_id].seq if ticket_id in self.leaves else 0

    def _wrong(self, root: Root, again: str, taken: Sequence[Leaf]) -> str:
        if again != root.root:
            about = "、".join(str(leaf.ticket_id) for leaf in taken[:NAMED]) + ("等" if len(taken) > NAMED else "")
            return f"存证第{root.number}号（{_when(root.at)}，涉及内部序号{about}）与重算的根不符，那时的记录被改动过"
        filed = self.filed.get(root.number)
        return f"存证第{root.number}号与存证文件里的根不同" if filed is not None and filed.root != root.root else ""


def _taken(leaves: Iterator[tuple[int, Leaf]], first: int, root: Root) -> list[Leaf] | str:
    """The leaves that came with a root, or what is wrong with them."""
    taken: list[Leaf] = []
    for place in range(first, root.leaves):
        found, leaf = next(leaves, (-1, None))
        if leaf is None or found != place:
            return f"存证树缺第{place}项（存证第{root.number}号，{_when(root.at)}）"
        taken.append(leaf)
    return taken or f"存证第{root.number}号不含任何记录"


def file_faults(conn: Connection, file: RootFile, lines: Sequence[FiledRoot]) -> Iterator[str]:
    """Say where database and file do not go together: one older than the other, cut, or gone."""
    place = place_of(file.path)
    if lines:
        if why := not_joined(conn, lines[-1], f"{place}:{lines[0].mac[:16]}"):
            yield why
    elif name := roots.filed_at(conn, place):
        yield gone(file.path, roots.filed(conn, name))
    elif roots.last(conn) is not None:
        yield f"这里没有存证文件 {file.path}，请在运行督办的主机上核验，或用 DUBAN_ROOTS_PATH 指明"


def _when(moment: datetime) -> str:
    return f"{shanghai(moment):%Y-%m-%d %H:%M}"
