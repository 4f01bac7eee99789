"""At each tick that changed something: what is new enters the tree, and its root the file outside the database."""

import hashlib
import logging
import socket
from pathlib import Path

from bot.actions.context import Context
from bot.actions.work import Work, begin, read
from bot.failpoints import failpoint
from bot.rules.tickets.proof.tree import grown, root_of
from storage.records import JournalDraft, JournalKind, Root
from storage.sql.database import Connection, journal_key
from storage.tickets import journal, roots
from storage.tickets.rootfile import ACCEPTED, BEGUN, FiledRoot, RootFile, RootFileRefused

__all__ = ["Prover", "RootFileRefused", "accept_break", "gone", "latest", "not_joined", "place_of"]

log = logging.getLogger(__name__)

BATCH = 5_000  # journals that enter with one root: a tenth of a second of the one writer
HINT = "请先运行 verify 核对；查明原因后用 verify --accept 写明，再继续存证"


class Prover:
    """Writes the root file of this place: a path on this machine. What another node proved stands in it too."""

    def __init__(self, context: Context, file: RootFile) -> None:
        self.file = file
        self.place = place_of(file.path)
        self._context = context
        self._filed = -1  # the last root known to stand in the file
        self._refused = ""

    @property
    def trouble(self) -> str:
        """What keeps the journals from being proved, in Chinese; empty while they are."""
        return self._refused

    def prove_once(self) -> bool:
        """Make one root of what is new; True when more waits. Trouble with the file is logged once, not raised."""
        try:
            more = self._prove()
            self._refused = ""
            return more
        except RootFileRefused as refused:
            if self._refused != str(refused):
                log.error("journals are not proved: %s", refused, extra={"action": "prove"})
            self._refused = str(refused)
            return False

    def accept(self) -> str:
        """Go on from the database as it stands where file and database do not go together; returns what was wrong."""
        with self.file.held(), read(self._context) as work:
            wrong = ""
            try:
                self._joined(work.conn)
            except RootFileRefused as refused:
                wrong = str(refused)
                self._go_on(work)
        return wrong

    def _prove(self) -> bool:
        with read(self._context) as work:
            last = roots.last(work.conn)
            if not roots.waits(work.conn) and (last is None or last.number == self._filed):
                return False
        with self.file.held():
            with read(self._context) as work:
                filed = self._joined(work.conn) or self._begun(work)
            more = self._root(filed)
            failpoint("before_root_filed")
            with read(self._context) as work:
                # All of them, other nodes' too, and those that a crash kept out of the file.
                self._filed = self.file.append(roots.after(work.conn, filed.number), filed).number
        return more

    def _root(self, filed: FiledRoot) -> bool:
        with begin(self._context) as work:
            roots.hold(work.conn)
            key, before = journal_key(work.conn), roots.last(work.conn)
            waited = roots.waiting(work.conn, BATCH)
            if not waited.leaves:
                return False
            count, lines = (before.leaves, before.lines + waited.lines) if before else (0, waited.lines)
            peaks = grown(before.peaks if before else (), count, waited.leaves, key, key.algorithm)
            leaves = count + len(waited.leaves)
            root = Root(
                number=before.number + 1 if before else 1,
                at=work.now,
                root=root_of(peaks, leaves, lines, key, key.algorithm),
                leaves=leaves,
                lines=lines,
                algorithm=key.algorithm,
                peaks=tuple(peaks),
                file=f"{self.place}:{self.file.name()[:16]}",
                filed=filed.number,
            )
            roots.keep(work.conn, root, waited)
        return len(waited.ids) == BATCH

    def _joined(self, conn: Connection) -> FiledRoot | None:
        """Return the file's last line, which the database must go on from; None where there is no file yet."""
        line = self.file.last()
        if line is not None:
            why = not_joined(conn, line, f"{self.place}:{self.file.name()[:16]}")
            if why:
                raise RootFileRefused(f"{why}。{HINT}")
        elif name := roots.filed_at(conn, self.place):
            raise RootFileRefused(f"{gone(self.file.path, roots.filed(conn, name))}。{HINT}")
        return line

    def _begun(self, work: Work) -> FiledRoot:
        last = roots.last(work.conn)
        return self.file.begin(work.now, last.number if last else 0)

    def _go_on(self, work: Work) -> None:
        last = roots.last(work.conn)
        empty = Root(
            number=0, at=work.now, root="0" * 64, leaves=0, lines=0, algorithm=journal_key(work.conn).algorithm
        )
        line = self.file.last() or self._begun(work)
        self.file.append([last or empty], line, ACCEPTED)
        self._filed = -1


def accept_break(context: Context, prover: Prover, why: str, operator: str) -> str:
    """Let a named person answer for a break between file and database; returns what was wrong, empty for nothing."""
    wrong = prover.accept()
    if wrong:
        data = {"why": why, "wrong": wrong, "by": operator}
        with begin(context) as work:
            line = JournalDraft(kind=JournalKind.BREAK_ACCEPTED, at=work.now, actor="operator", data=data)
            journal.write_system(work.conn, [line])
        prover.prove_once()
    return wrong


def not_joined(conn: Connection, line: FiledRoot, file: str) -> str:
    """Say in Chinese why the database does not go on from the file's last line; empty where it does."""
    last = roots.last(conn)
    newest = last.number if last else 0
    if line.number > newest:
        return f"数据库比存证文件旧：存证文件记到第{line.number}号，数据库只到第{newest}号"
    known = roots.by_number(conn, line.number)
    if line.kind != BEGUN and line.number and (known is None or known.root != line.root):
        return f"存证文件第{line.number}号的根与数据库里的不同"
    if (had := roots.filed(conn, file)) > line.number:
        return f"存证文件末尾缺行：数据库记着它写到第{had}号，现在只到第{line.number}号"
    return ""


def gone(path: Path, number: int) -> str:
    """Say in Chinese that the file of this place is not there any more."""
    return f"存证文件 {path} 不见了或被清空，数据库记着它写到第{number}号"


def latest(context: Context) -> str:
    """Return the newest root in its short form (存证号); empty before the first."""
    with read(context) as work:
        last = roots.last(work.conn)
    return last.short if last is not None else ""


def place_of(path: Path) -> str:
    """Name a path on this machine."""
    return f"{socket.gethostname()[:32]}:{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
