"""Who was told by an escalation that an answer overtook hears so, wherever in between the answer comes."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest

from bot.actions.messages import dispatch, results
from bot.actions.messages.results import Result
from bot.actions.tickets.tickets import answer
from bot.actions.work import begin
from bot.channels.base import Receipt
from bot.delivery.attempts import Attempt, Attempts
from bot.rules.tickets.lifecycle import Answer, Verb
from storage.records import MessageKind, MessageState
from storage.tickets import tickets
from tests.cast.office import Office

BEATS = ("tick", "claim", "prepare", "look", "send", "settle", "end")
LEASE = timedelta(minutes=1)
RUNGS = [("take_over", "yi"), ("nobody_took", "bing"), ("target_passed", "ding"), ("overdue", "wu")]
TAKEN, DONE = "签收，您无需处理。", "办结，您无需处理。"


class Escalation:
    """One rung of the ladder on its way, beat by beat as a node goes; remembers who was shown it."""

    def __init__(self, office: Office) -> None:
        self.office, self.context = office, office.engine.context
        self.tries = Attempts(office.engine.channels, office.engine.wording, office.clock)
        self.shown: list[str] = []
        self.attempts: list[Attempt] = []
        self.names = {number: name for name, number in office.people.items()}

    def beat(self, name: str) -> None:
        """Go one beat on."""
        getattr(self, f"_{name}")()

    def _tick(self) -> None:
        self.office.engine.tick()

    def _claim(self) -> None:
        self.batch = dispatch.claim(self.context, "node", LEASE, 3)
        first = [self.tries.first(one, self.batch) for one in self.batch.messages]
        self.attempts = [one for one in first if isinstance(one, Attempt)]

    def _prepare(self) -> None:
        dispatch.prepare(self.context, [one.message for one in self.attempts])

    def _look(self) -> None:
        candidates = [(one.message, self.batch.bundled.get(one.message.id, ())) for one in self.attempts]
        why = dispatch.why_obsolete(self.context, candidates)
        self.withdrawn = {one.message.id: said for one, said in zip(self.attempts, why, strict=True) if said}

    def _send(self) -> None:
        self.shown += [
            self.names[one.message.person_id]
            for one in self.attempts
            if one.message.id not in self.withdrawn and one.message.kind != MessageKind.UPDATE
        ]

    def _settle(self) -> None:
        ends = [
            self.tries.withdrawn(one, self.withdrawn[one.message.id])
            if one.message.id in self.withdrawn
            else self.tries.accepted(one, Receipt(provider_id=one.message.intent))
            for one in self.attempts
        ]
        found = [Result(message=one.message, settlement=end) for one, end in zip(self.attempts, ends, strict=True)]
        results.settle(self.context, found)

    def _end(self) -> None:
        pass


@contextmanager
def answering(office: Office, verb: Verb) -> Iterator[None]:
    """甲 answers; the transaction is committed at the end."""
    given = Answer(person_id=office.people["jia"], at=office.clock.now(), via="test")
    with begin(office.engine.context) as work:
        [ticket] = tickets.by_number(work.conn, "FJ-1")
        answer(work, ticket.id, verb, given)
        yield


def brink(office: Office, rung: str, verb: Verb) -> None:
    """At the moment of a rung, before anybody looked; 甲 and 乙 heard at receipt."""
    office.at("08-23 10:00").receives("FJ-1")
    if rung in ("target_passed", "overdue") and verb == Verb.COMPLETE:
        office.says("jia", "签收")
    before = {"take_over": "08-23 11:59", "nobody_took": "08-23 20:00", "target_passed": "08-24 17:59"}
    office.at(before.get(rung, "08-24 23:00")).forget()
    moment = office.ticket("FJ-1").next_step_at
    assert moment is not None
    office.clock.wind_to(max(moment, office.clock.now()))
    if rung == "overdue":
        office.clock.wind_to(office.moment("08-25 08:00"))


def check(office: Office, escalation: Escalation, who: str, verb: Verb) -> None:
    """Whoever was shown it is corrected, once; whoever was never told of the ticket hears nothing."""
    office.passes(timedelta(days=1)).forget()
    words = TAKEN if verb == Verb.ACKNOWLEDGE else DONE
    told_before = who in ("jia", "yi")
    expected = 1 if told_before or who in escalation.shown else 0
    assert sum(words in text for text in office.updates(who)) == expected
    assert office.updates("jia") == []
    leased = [one for one in office.messages("FJ-1") if one.state == MessageState.LEASED]
    assert leased == []


@pytest.mark.parametrize(("rung", "who"), RUNGS)
@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.COMPLETE])
@pytest.mark.parametrize("at", BEATS)
def test_the_answer_between_two_beats(office: Office, rung: str, who: str, verb: Verb, at: str) -> None:
    if verb == Verb.ACKNOWLEDGE and rung in ("target_passed", "overdue"):
        pytest.skip("what it says stays true of a ticket that was only taken")
    brink(office, rung, verb)
    escalation = Escalation(office)
    for beat in BEATS:
        if beat == at:
            with answering(office, verb):
                pass
        escalation.beat(beat)
    assert (who in escalation.shown) == (BEATS.index(at) > BEATS.index("look"))
    check(office, escalation, who, verb)


@pytest.mark.parametrize(("rung", "who"), RUNGS[:2])
@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.COMPLETE])
@pytest.mark.parametrize(
    ("since", "until"),
    [(since, until) for place, since in enumerate(BEATS[1:5]) for until in BEATS[place + 2 : 6]],
)
def test_the_answer_under_way_during_some_beats(
    office: Office, rung: str, who: str, verb: Verb, since: str, until: str
) -> None:
    if office.database.sqlite and since in ("claim", "prepare"):
        pytest.skip("SQLite has one writer: nothing is claimed or prepared meanwhile")
    brink(office, rung, verb)
    escalation = Escalation(office)
    with ExitStack() as transaction:
        for beat in BEATS:
            if beat == until:
                transaction.close()
            if beat == since:
                transaction.enter_context(answering(office, verb))
            escalation.beat(beat)
    check(office, escalation, who, verb)
