"""Holds everything against the journals: chains, tree and roots, the root file, rows, messages and files."""

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from bot.actions.context import Context
from bot.actions.tickets.proof.retracing import KeptRoot, Retracing, file_faults
from bot.actions.work import read
from bot.rules.tickets.proof.replay import differs, replayed
from bot.rules.tickets.proof.results import Sent, file_lines, first_changed, first_untrue, told_lines
from storage.records import Leaf, Root
from storage.sql.database import Connection, journal_key
from storage.tickets import chains, replaying, roots, tickets
from storage.tickets.chains import SYSTEM, Chain, Head
from storage.tickets.replaying import MessageRow, TicketRow
from storage.tickets.rootfile import FiledRoot, RootFile

__all__ = ["SYSTEM", "Fault", "Verification", "count", "unswept"]

PAGE = 500  # journals held against their rows at once


@contextmanager
def unswept() -> Iterator[None]:
    """Look for no garbage meanwhile: rows refer to nothing in circles, and looking takes a quarter of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def count(context: Context) -> int:
    """Return how many journals there are to check, the system journal among them."""
    with read(context) as work:
        return tickets.count(work.conn) + 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something that does not agree: of a journal with its line, or (without a ticket) of tree and root file."""

    reason: str
    ticket_id: int | None = None
    seq: int = 0
    number: str = ""


@dataclass(kw_only=True)
class Verification:
    """One look at everything, at one moment."""

    context: Context
    root_file: RootFile
    kept: KeptRoot | None = None
    tickets: int = 0
    lines: int = 0
    last: Root | None = None
    notes: list[str] = field(default_factory=list)

    def run(self) -> Iterator[Fault | None]:
        """Check every journal, then tree and root file; None for each journal that agrees."""
        with ExitStack() as lock:
            # Nobody appends until the moment to look at is fixed: the file is never ahead of it.
            if self.root_file.exists:
                lock.enter_context(self.root_file.held(to_read=True))
            lines, torn = self._filed()
            with self.context.database.snapshot() as conn:
                lock.close()
                tree = Retracing(key=journal_key(conn))
                tree.file(lines)
                wrong = tree.tree(conn, self.kept)
                yield from self._journals(conn, tree.leaves, intact=not wrong)
                yield from [Fault(reason=wrong)] if wrong else []
                yield from torn or [Fault(reason=why) for why in file_faults(conn, self.root_file, lines)]
        self.last, self.notes = tree.last, tree.notes
        if self.kept is not None and not tree.found:
            yield Fault(reason="现在的记录接不上这个存证号：那以后有记录被改动或删除，或存证号抄错了")

    def _filed(self) -> tuple[list[FiledRoot], list[Fault]]:
        if not self.root_file.exists or not self.root_file.path.stat().st_size:
            return [], []
        read = list(self.root_file.read())
        lines = [line for _, line in read if not isinstance(line, str)]
        wrong = [(place, line) for place, line in read if isinstance(line, str)]
        return lines, [Fault(reason=f"存证文件 {self.root_file.path} 第{place}行：{why}") for place, why in wrong]

    def _journals(self, conn: Connection, leaves: dict[int, Leaf], *, intact: bool) -> Iterator[Fault | None]:
        # Where the tree does not hold, what is missing in it says nothing about a journal.
        waiting, left = roots.unentered(conn) if intact else None, dict(leaves)
        page: list[Chain] = []
        for chain in chains.chains(conn):
            self.lines += len(chain.lines)
            page.append(chain)
            if len(page) == PAGE:
                yield from self._page(conn, page, left, waiting)
                page = []
        yield from self._page(conn, page, left, waiting)
        for leaf in left.values():
            if leaf.seq:
                yield Fault(reason=f"存证时有{leaf.seq}行，现在工单和流水都不见了", ticket_id=leaf.ticket_id, seq=1)

    def _page(
        self, conn: Connection, page: list[Chain], left: dict[int, Leaf], waiting: dict[int, Head] | None
    ) -> Iterator[Fault | None]:
        ids = [chain.ticket_id for chain in page if not chain.gone and chain.ticket_id != SYSTEM]
        self.tickets += len(ids)
        rows = _Rows(conn, min(ids, default=0), max(ids, default=-1))
        key = journal_key(conn)
        for chain in page:
            leaf = left.pop(chain.ticket_id, None)
            broken = chain.broken(key)
            found = (broken.seq, broken.reason) if broken else _entered(chain, leaf, waiting)
            if found is None and chain.ticket_id != SYSTEM:
                found = rows.first_fault(chain)
            number = rows.tickets[chain.ticket_id].number if chain.ticket_id in rows.tickets else ""
            yield Fault(ticket_id=chain.ticket_id, seq=found[0], reason=found[1], number=number) if found else None


class _Rows:
    """What a page of journals is held against."""

    def __init__(self, conn: Connection, first: int, last: int) -> None:
        self.tickets: dict[int, TicketRow] = replaying.ticket_rows(conn, first, last)
        self._messages: dict[int, list[MessageRow]] = replaying.message_rows(conn, first, last)
        self._attached = replaying.file_ids(conn, first, last)
        self._conn = conn

    def first_fault(self, chain: Chain) -> tuple[int, str] | None:
        """Return the first line that the rows contradict, and how."""
        row, length = self.tickets[chain.ticket_id], len(chain.lines)
        if not row.readable:
            return length, "工单里的时间读不懂"
        standing = replayed((one["seq"], one["kind"], one["at"], one["data"]) for one in chain.lines)
        if why := differs(standing, row.state, row.completed_at, row.due_at):
            return standing.seq, why
        told = told_lines((one["seq"], one["kind"], one["data"]) for one in chain.lines)
        messages = [
            Sent(id=one.id, state=one.state, sent=one.sent, accepted_at=one.accepted_at)
            for one in self._messages.get(chain.ticket_id, [])
        ]
        return first_untrue(told, messages, length) or self._first_changed(chain)

    def _first_changed(self, chain: Chain) -> tuple[int, str] | None:
        named = file_lines((one["seq"], one["kind"], one["data"]) for one in chain.lines)
        attached = self._attached.get(chain.ticket_id, set())
        if not named and not attached:
            return None
        digests = replaying.digests(self._conn, sorted({*named, *attached}))
        return first_changed(named, attached, digests, len(chain.lines))


def _entered(chain: Chain, leaf: Leaf | None, waiting: dict[int, Head] | None) -> tuple[int, str] | None:
    """Say where a journal that holds by itself is not what entered the tree."""
    if leaf is not None:
        if chain.plain != leaf.plain:
            return min(chain.plain, leaf.plain) + 1, "启用密钥校验的起点被改动过"
        if chain.seq < leaf.seq:
            return chain.seq + 1, f"存证时有{leaf.seq}行，现在只有{chain.seq}行"
        if leaf.seq and chain.lines[leaf.seq - 1]["hash"] != leaf.head:
            return leaf.seq, "与存证时的末行不同"
    entered = leaf is not None and chain.seq == leaf.seq
    if chain.seq and not entered and waiting is not None and waiting.get(chain.ticket_id) != (chain.seq, chain.head):
        return (leaf.seq if leaf else 0) + 1, "没有登记进存证树"
    return None
