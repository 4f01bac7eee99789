"""Takes tickets in: raw row kept, duplicates told, account matched, deadline computed, first step of the ladder put."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.actions.context import Context
from bot.actions.recording import open_tickets, record
from bot.actions.work import Work, begin
from bot.policies.loading import encode
from bot.rules.calendar.deadline import compute
from bot.rules.people.matching import find_account
from bot.rules.tickets.arrivals import Refusal, TicketInput, check
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.escalation import deadline_of, decide
from bot.rules.tickets.policies.choosing import PolicyChoice, choose
from storage import tables
from storage.records import (
    Deadline,
    Directory,
    Inbound,
    InboundState,
    JournalDraft,
    JournalKind,
    Policy,
    Ticket,
    TimeUnit,
    number_key,
)
from storage.sql.numbering import reserve_each
from storage.sql.types import canonical
from storage.tickets import inbound, policies, tickets

BATCH = 500


class ArrivalOutcome(StrEnum):
    CREATED = "created"
    DUPLICATE = "duplicate"  # the ticket is there already; what came is kept as evidence
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A ticket as a source sent it: read, or refused with a reason; the raw form in any case."""

    event_id: str
    raw: Mapping[str, str]
    ticket: TicketInput | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArrivalResult:
    """What became of one arrival."""

    outcome: ArrivalOutcome
    ticket_id: int | None = None
    number: str = ""
    matched: bool = True  # False: no account of that name in the register
    reason: str = ""
    choice: PolicyChoice | None = None  # of a new ticket: which policy it follows, and why
    deadline: Deadline | None = None


def take_in(context: Context, source: str, batch: Sequence[Arrival]) -> list[ArrivalResult]:
    """Take a batch in, in one transaction; the same arrival again changes nothing."""
    with begin(context) as work:
        return _Batch(work, source).take(batch)


def preview(context: Context, source: str, batch: Sequence[Arrival]) -> list[ArrivalResult]:
    """Say what `take_in` would do, and leave no trace."""
    with begin(context) as work:
        taken = _Batch(work, source).take(batch)
        work.conn.rollback()
        return taken


class _Batch:
    """One transaction's worth of arrivals."""

    def __init__(self, work: Work, source: str) -> None:
        self.work, self.conn, self.context, self.source, self.now = work, work.conn, work.context, source, work.now
        self.directory: Directory = work.directory
        self.calendars = work.calendars(steady=True)
        self.kept: list[Inbound] = []
        self.opened: dict[int, Decision] = {}
        self.evidence: dict[int, list[JournalDraft]] = {}
        self.stamped: set[str] = set()

    def take(self, batch: Sequence[Arrival]) -> list[ArrivalResult]:
        """Sort the arrivals into new, duplicate and set aside; then write them all."""
        # Ids first: other nodes wait for theirs until this commits, so what is unknown below stays unknown.
        ids, rows = map(iter, reserve_each(self.conn, (tables.tickets, tables.inbound), len(batch)))
        seen = inbound.known_events(self.conn, "ticket", self.source, [one.event_id for one in batch])
        keys = [number_key(one.ticket.number) for one in batch if one.ticket]
        known = tickets.known_numbers(self.conn, self.source, keys)
        taken = [self._one(one, seen, known, ids, rows) for one in batch]
        inbound.keep_all(self.conn, self.kept)
        # Tickets before messages, as everywhere: two nodes that lock both never wait for each other in a circle.
        self._add_evidence()
        open_tickets(self.work, list(self.opened.values()))
        return taken

    def _one(
        self,
        arrival: Arrival,
        seen: dict[str, int | None],
        known: dict[str, int],
        ids: Iterator[int],
        rows: Iterator[int],
    ) -> ArrivalResult:
        number = arrival.ticket.number if arrival.ticket else ""
        if arrival.event_id in seen:
            return ArrivalResult(
                outcome=ArrivalOutcome.DUPLICATE, ticket_id=seen[arrival.event_id], number=number, reason="原样来过"
            )
        taken = self._sorted(arrival, known, ids)
        seen[arrival.event_id] = taken.ticket_id
        self.kept.append(self._raw(arrival, taken, next(rows)))
        return taken

    def _sorted(self, arrival: Arrival, known: dict[str, int], ids: Iterator[int]) -> ArrivalResult:
        if arrival.ticket is None:
            return ArrivalResult(outcome=ArrivalOutcome.SET_ASIDE, reason=arrival.reason)
        refused = check(arrival.ticket, self.now)
        if refused is not None:
            return ArrivalResult(outcome=ArrivalOutcome.SET_ASIDE, number=arrival.ticket.number, reason=refused.reason)
        choice = self._choice(arrival.ticket)
        if isinstance(choice, Refusal):
            return ArrivalResult(outcome=ArrivalOutcome.SET_ASIDE, number=arrival.ticket.number, reason=choice.reason)
        key = number_key(arrival.ticket.number)
        if key in known:
            self._keep_evidence(known[key], arrival)
            return ArrivalResult(
                outcome=ArrivalOutcome.DUPLICATE,
                ticket_id=known[key],
                number=arrival.ticket.number,
                reason="同号工单已在办，作为佐证留存",
            )
        ticket = self._open(arrival.ticket, choice, next(ids))
        known[key] = ticket.id
        return ArrivalResult(
            outcome=ArrivalOutcome.CREATED,
            ticket_id=ticket.id,
            number=ticket.number,
            matched=ticket.account_id is not None,
            choice=choice,
            deadline=deadline_of(ticket),
        )

    def _choice(self, given: TicketInput) -> PolicyChoice | Refusal:
        choice = choose(given, self.context.policies.book)
        if isinstance(choice, PolicyChoice) and choice.policy.unit == TimeUnit.FIXED and given.fixed_at is None:
            return Refusal(reason=f"规则“{choice.policy.title}”要写明截止时刻，请补上“截止时刻”一列")
        return choice

    def _open(self, given: TicketInput, choice: PolicyChoice, ticket_id: int) -> Ticket:
        policy = choice.policy
        account = find_account(self.directory, given.platform, given.account_name)
        working = self.calendars.of(account.unit_id if account else None)
        deadline = compute(policy, given.received_at, working, fixed_at=given.fixed_at)
        ticket = Ticket(
            id=ticket_id,
            source=self.source,
            number=given.number,
            policy=policy.name,
            policy_key=self._stamp(policy),
            account_id=account.id if account else None,
            unit_id=account.unit_id if account else None,
            platform=account.platform if account else given.platform,
            account_name=account.name if account else given.account_name,
            received_at=given.received_at,
            issued_at=given.issued_at,
            created_at=self.now,
            problem=given.problem,
            problem_class=given.problem_class,
            severity=given.severity,
            suggestion=given.suggestion,
            url=given.url,
            deadline_status=deadline.status,
            calendar_revision=deadline.calendar_revision,
            due_day=deadline.due_day,
            target_at=deadline.target_at,
            due_at=deadline.due_at,
            earliest_day=deadline.earliest_day,
        )
        decision = decide(ticket, policy, self.directory, working, self.now)
        self.opened[ticket_id] = replace(decision, journal=(_received(ticket, given, choice), *decision.journal))
        return ticket

    def _stamp(self, policy: Policy) -> str:
        key = self.context.policies.key(policy)
        if key not in self.stamped:
            # Writing a policy out takes longer than asking whether that was done before.
            if not self.context.stored(self.conn, key):
                policies.keep(self.conn, key, policy.name, encode(policy))
            self.stamped.add(key)
        return key

    def _raw(self, arrival: Arrival, taken: ArrivalResult, row_id: int) -> Inbound:
        aside = taken.outcome == ArrivalOutcome.SET_ASIDE
        return Inbound(
            id=row_id,
            kind="ticket",
            source=self.source,
            event_id=arrival.event_id,
            received_at=self.now,
            raw=canonical(arrival.raw),
            state=InboundState.SET_ASIDE if aside else InboundState.SETTLED,
            reason=taken.reason,
            ticket_id=taken.ticket_id,
        )

    def _keep_evidence(self, ticket_id: int, arrival: Arrival) -> None:
        data = {"source": self.source, "event_id": arrival.event_id}
        line = JournalDraft(kind=JournalKind.EVIDENCE, at=self.now, actor=f"source:{self.source}", data=data)
        opened = self.opened.get(ticket_id)
        if opened is None:
            self.evidence.setdefault(ticket_id, []).append(line)
        else:
            self.opened[ticket_id] = replace(opened, journal=(*opened.journal, line))

    def _add_evidence(self) -> None:
        found = tickets.by_ids(self.conn, self.evidence, lock=True)
        lines = [Decision(ticket=ticket, journal=tuple(self.evidence[ticket.id])) for ticket in found.values()]
        record(self.work, lines)


def _received(ticket: Ticket, given: TicketInput, choice: PolicyChoice) -> JournalDraft:
    lines = (("due_day", ticket.due_day), ("target_at", ticket.target_at), ("due_at", ticket.due_at))
    data: dict[str, object] = {name: moment.isoformat() for name, moment in lines if moment is not None}
    data |= {"source": ticket.source, "number": ticket.number, "policy": ticket.policy}
    data |= {"calendar_revision": ticket.calendar_revision}
    if ticket.issued_at is not None:
        data["issued_at"] = ticket.issued_at.isoformat()
    data["entered_at"] = ticket.created_at.isoformat()
    if choice.because:
        data |= {"chosen_by": dict(choice.because), "policy_title": choice.policy.title}
    if given.time_assumed:
        data["time_assumed"] = True
    if ticket.account_id is None:
        data["unmatched"] = True
    return JournalDraft(kind=JournalKind.RECEIVED, at=ticket.received_at, actor=f"source:{ticket.source}", data=data)
