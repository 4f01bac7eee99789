"""Messages on their way out: put once, claimed by one, settled by who still holds the claim."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.messages import claims, outbox
from storage.messages.outbox import Settlement
from storage.records import Message, MessageDraft, MessageKind, MessageState, StepParams
from storage.sql.database import Database
from tests.cast.rows import JIA, YI, open_of_person, sh

NOW = sh(8, 23)
LEASE = timedelta(minutes=1)
S = MessageState


def draft(name: str, person_id: int = JIA, **given: object) -> MessageDraft:
    values = {"intent": name, "person_id": person_id, "kind": MessageKind.REMINDER, "step": "s", "ticket_id": 1}
    return MessageDraft(**(values | given))


def put(database: Database, *drafts: MessageDraft) -> None:
    with database.begin() as conn:
        outbox.put(conn, drafts, NOW)


def claim(database: Database, holder: str = "a", now: object = NOW, limit: int = 100) -> list[Message]:
    with database.begin() as conn:
        return claims.claim(conn, now, (now, now + LEASE), holder, limit)


def settle(database: Database, message: Message, state: MessageState, **given: object) -> bool:
    with database.begin() as conn:
        return bool(outbox.settle(conn, [Settlement(id=message.id, fence=message.fence, state=state, **given)]))


def stored(database: Database, name: str) -> Message:
    with database.read() as conn:
        return outbox.by_intent(conn, name)


def test_an_intent_is_put_once_for_ever(database: Database) -> None:
    put(database, draft("x", params=StepParams(notes=("一",))), draft("x"))
    first = stored(database, "x")
    [message] = claim(database)
    assert settle(database, message, S.ACCEPTED, accepted_at=NOW)
    put(database, draft("x"))
    assert stored(database, "x").state == S.ACCEPTED
    assert (first.params, first.not_before, first.created_at) == (StepParams(notes=("一",)), NOW, NOW)


def test_what_is_due_is_claimed_most_urgent_first(database: Database) -> None:
    put(database, draft("late", urgency=5), draft("soon", YI, urgency=0), draft("night", not_before=NOW + LEASE))
    assert [one.intent for one in claim(database)] == ["soon", "late"]
    found = stored(database, "late")
    assert (found.state, found.leased_by, found.lease_until, found.fence) == (S.LEASED, "a", NOW + LEASE, 1)
    assert [one.intent for one in claim(database, now=NOW + LEASE / 2)] == []


def test_whole_people_are_claimed(database: Database) -> None:
    put(database, *(draft(f"jia{number}") for number in range(5)), draft("yi", YI, urgency=9))
    assert {one.person_id for one in claim(database, limit=1)} == {JIA}
    assert {one.person_id for one in claim(database, limit=1)} == {YI}


def test_of_what_goes_out_alone_no_more_is_claimed_than_asked_for(database: Database) -> None:
    put(database, *(draft(f"a{number}", kind=MessageKind.ANSWER) for number in range(9)), draft("r", urgency=9))
    with database.begin() as conn:
        found = claims.claim(conn, NOW, (NOW, NOW + LEASE), "a", 4, {MessageKind.ANSWER})
    assert [one.intent for one in found] == ["a0", "a1", "a2", "a3"]


def test_a_claim_stays_small_and_still_takes_whole_people(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "MAX_CLAIMED_MESSAGES", 10)
    put(database, draft("first", urgency=0), draft("then", YI, urgency=1))
    put(database, *(draft(f"m{number}", (JIA, YI)[number % 2], urgency=9) for number in range(24)))
    assert [one.person_id for one in claim(database, limit=2)] == [JIA] * 13
    assert [one.person_id for one in claim(database, limit=2)] == [YI] * 13
    assert claim(database) == []


def test_a_claim_that_ran_out_is_claimed_again_with_a_higher_fence(database: Database) -> None:
    put(database, draft("x"))
    [first] = claim(database)
    [second] = claim(database, "b", NOW + LEASE)
    assert (second.fence, second.leased_by) == (first.fence + 1, "b")
    with database.read() as conn:
        assert outbox.held(conn, [first]) == set()
        assert outbox.held(conn, [second]) == {second.id}
    for state in S:
        assert not settle(database, first, state)
    with database.begin() as conn:
        outbox.prepare(conn, [replace(first, channel="chat", payload="?")])
    assert stored(database, "x").payload == ""
    assert settle(database, second, S.ACCEPTED)
    assert not settle(database, second, S.FAILED)
    assert stored(database, "x").state == S.ACCEPTED


def test_back_to_pending_forgets_the_payload_and_waits(database: Database) -> None:
    put(database, draft("x"))
    [one] = claim(database)
    with database.begin() as conn:
        outbox.prepare(conn, [replace(one, channel="chat", address="chat:1", payload="p", attempts=1)])
    assert settle(database, one, S.PENDING, not_before=NOW + LEASE, reason="HTTP 503")
    found = stored(database, "x")
    assert (found.payload, found.channel, found.attempts, found.reason) == ("", "chat", 1, "HTTP 503")
    assert (found.not_before, found.lease_until) == (NOW + LEASE, None)
    assert claim(database) == []
    assert [one.intent for one in claim(database, now=NOW + LEASE)] == ["x"]


def test_uncertain_keeps_the_payload_and_is_looked_at_again(database: Database) -> None:
    put(database, draft("x"))
    [one] = claim(database)
    with database.begin() as conn:
        outbox.prepare(conn, [replace(one, channel="chat", payload="p", attempts=1)])
    assert settle(database, one, S.UNCERTAIN, retry_at=NOW + LEASE)
    with database.read() as conn:
        assert outbox.next_due(conn) == NOW + LEASE
    assert claim(database) == []
    [again] = claim(database, now=NOW + LEASE)
    assert (again.payload, again.state) == ("p", S.LEASED)


def test_a_try_that_did_not_take_place_is_not_counted(database: Database) -> None:
    put(database, draft("x"))
    [one] = claim(database)
    with database.begin() as conn:
        outbox.prepare(conn, [replace(one, attempts=1)])
    assert settle(database, one, S.PENDING, attempts=0)
    assert (stored(database, "x").attempts, stored(database, "x").not_before) == (0, NOW)


def test_what_waits_about_a_ticket_is_taken_back_but_for_answers(database: Database) -> None:
    put(database, draft("leased", YI))
    claim(database)
    put(database, draft("waits"), draft("answer", kind=MessageKind.ANSWER), draft("other", ticket_id=2))
    with database.begin() as conn:
        outbox.supersede(conn, [1], "已办结")
    states = {name: stored(database, name).state for name in ("leased", "waits", "answer", "other")}
    assert states == {"leased": S.LEASED, "waits": S.SUPERSEDED, "answer": S.PENDING, "other": S.PENDING}
    assert stored(database, "waits").reason == "已办结"


def bundled(database: Database) -> Message:
    """A digest over three messages, claimed."""
    put(database, *(draft(f"c{number}", ticket_id=number) for number in (1, 2, 3)))
    told = claim(database)
    with database.begin() as conn:
        digest = claims.add_claimed(conn, draft("d", kind=MessageKind.DIGEST, ticket_id=None), NOW, NOW + LEASE, "a")
        ends = [Settlement(id=one.id, fence=one.fence, state=S.BUNDLED, parent_id=digest.id) for one in told]
        outbox.settle(conn, ends)
    return digest


def test_a_digest_is_born_leased_and_knows_what_it_tells(database: Database) -> None:
    digest = bundled(database)
    assert (digest.state, digest.fence, digest.leased_by) == (S.LEASED, 1, "a")
    with database.begin() as conn:
        assert [one.intent for one in outbox.children(conn, digest.id)] == ["c1", "c2", "c3"]
        outbox.supersede_children(conn, [outbox.by_intent(conn, "c2").id], "已办结")
        assert [one.intent for one in outbox.children(conn, digest.id)] == ["c1", "c3"]
        outbox.fail_children(conn, digest.id, "全部未达")
    assert {name: stored(database, name).state for name in ("c1", "c2", "c3")} == {
        "c1": S.FAILED,
        "c2": S.SUPERSEDED,
        "c3": S.FAILED,
    }
    assert [one.intent for one in claim(database, "b", NOW + LEASE)] == ["d"]


def test_the_next_due_moment_is_the_earliest_of_both_kinds(database: Database) -> None:
    with database.read() as conn:
        assert outbox.next_due(conn) is None
    put(database, draft("x", not_before=NOW + 2 * LEASE), draft("y", YI))
    [one] = claim(database)
    settle(database, one, S.UNCERTAIN, retry_at=NOW + 3 * LEASE)
    with database.read() as conn:
        assert outbox.next_due(conn) == NOW + 2 * LEASE


def test_an_unknown_intent_is_an_error(database: Database) -> None:
    with pytest.raises(KeyError):
        stored(database, "never put")


def test_a_message_is_found_by_the_channels_own_id(database: Database) -> None:
    put(database, draft("x"))
    [one] = claim(database)
    with database.begin() as conn:
        outbox.prepare(conn, [replace(one, channel="chat")])
    settle(database, one, S.ACCEPTED, provider_id="42", accepted_at=NOW)
    with database.read() as conn:
        found = outbox.by_provider_id(conn, "chat", "42")
        assert found is not None
        assert found.intent == "x"
        assert outbox.by_provider_id(conn, "mail", "42") is None


def test_two_claim_at_once_and_nobody_gets_the_same(database: Database) -> None:
    put(database, *(draft(f"m{number}", person_id=number % 40 + 1) for number in range(400)))
    got: list[list[int]] = [[], []]
    together = threading.Barrier(2)

    def take(place: int) -> None:
        together.wait()
        while found := claim(database, f"node{place}", limit=7):
            got[place] += [one.id for one in found]

    threads = [threading.Thread(target=take, args=(place,)) for place in (0, 1)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(got[0] + got[1]) == sorted(set(got[0] + got[1]))
    with database.read() as conn:
        left = [one for person in range(1, 41) for one in open_of_person(conn, person) if one.state == S.PENDING]
    # What one node skipped because the other held its person's rows comes at the next claim.
    assert {one.id for one in left}.isdisjoint(got[0] + got[1])
    assert len(got[0] + got[1]) + len(left) == 400
