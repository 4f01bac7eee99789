"""A binding code opens one door once, and guessing opens none."""

from datetime import time, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from bot.actions.context import Context
from bot.actions.people import binding
from bot.actions.people.bind_codes import ALPHABET
from bot.sealing import Sealer
from handlers.chat.platforms.heard import Heard, HeardKind
from storage.people import addresses
from storage.records import JournalLine, MessageState
from storage.tables import bind_codes, outbox
from storage.tickets import journal
from tests.cast.office import KEY, Office

WRONG = [f"{letter}2345678" for letter in ALPHABET]
_events = count(1)


def says(office: Office, address: str, text: str, *, kind: HeardKind = HeardKind.TEXT, group: str = "") -> list[str]:
    """Let an address say something on the first channel; returns what it then read there."""
    before = len(office.stage["chat"].tried)
    event = f"code-{next(_events)}"
    heard = Heard(
        kind=kind,
        event_id=event,
        address=address,
        at=office.clock.now(),
        text=text,
        chat=group,
        in_group=bool(group),
    )
    office.listens("chat", **{event: heard})
    office.settle()
    said = office.stage["chat"].tried[before:]
    return [one.text for one in said if one.address in (address, group)]


def bound_to(office: Office, address: str, channel: str = "chat") -> int | None:
    with office.database.read() as conn:
        return addresses.person_at(conn, channel, address)


def code_for(office: Office, who: str) -> str:
    return binding.new_code(office.engine.context, office.people[who])


def house(office: Office, *kinds: str) -> list[JournalLine]:
    with office.database.read() as conn:
        return [one for one in journal.read(conn, 0) if one.kind in kinds]


def ask(office: Office, who: str, address: str, channel: str = "chat") -> str:
    """Ask whoever is at an address to confirm; returns the code they read."""
    seen: list[str] = []
    asked = binding.ask_to_confirm(
        office.engine.context, office.people[who], channel, address, lambda code: seen.append(code) or code, "是我本人"
    )
    assert asked
    return seen[0]


class NeverHashing(Sealer):
    """Fails the test where it is asked for the hash of a code."""

    def code(self, code: str, place: str = "") -> str:
        raise AssertionError(f"hashed {code!r} {place!r}")


def test_a_code_asked_of_one_address_is_worthless_at_every_other(office: Office) -> None:
    office.unbind("bing")
    code = ask(office, "bing", "chat:new-bing")
    office.settle()
    place = "chat:chat:new-bing"
    forgeries = (code, f"{code}@{place}", f"{code}@chat:new-bing", f"{place}\0{code}", f"{place}{code}")
    for number, forged in enumerate(forgeries):
        for kind in (HeardKind.START, HeardKind.TEXT):
            says(office, f"chat:stranger-{number}-{kind}", forged, kind=kind)
            says(office, f"chat:stranger-{number}-{kind}", f"绑定 {forged}")
    with office.database.read() as conn:
        assert addresses.person_at(conn, "chat", "chat:new-bing") is None
        assert {one.person_id for one in conn.execute(select(bind_codes)).all() if one.used_at} == set()
    assert "丙，您好" in says(office, "chat:new-bing", f"确认 {code}")[0]
    assert bound_to(office, "chat:new-bing") == office.people["bing"]
    office.forget()


def test_five_wrong_codes_lock_the_sender_for_an_hour_and_the_desk_hears_once(office: Office) -> None:
    office.at("08-23 10:00")
    right = code_for(office, "bing")
    for wrong in WRONG[:4]:
        assert says(office, "chat:guesser", f"绑定 {wrong}")[0].startswith("绑定没有成功")
    assert says(office, "chat:guesser", WRONG[4], kind=HeardKind.START)[0].startswith("绑定码连续5次不对")
    [told] = office.stage["chat"].texts("wu")
    assert "（cha***er）连续5次输错绑定码" in told
    for text in (right, *WRONG[5:20]):
        assert says(office, "chat:guesser", f"绑定 {text}") == []
    [line] = house(office, "bind_locked")
    assert dict(line.data) == {"channel": "chat", "address": "cha***er", "person": None, "wrong": 5}
    assert "丙，您好" in says(office, "chat:other", f"绑定 {right}")[0]  # nobody else is kept out
    office.at("08-23 11:00")
    assert says(office, "chat:guesser", f"绑定 {WRONG[0]}")[0].startswith("绑定没有成功")
    for wrong in WRONG[1:5]:
        says(office, "chat:guesser", f"绑定 {wrong}")
    assert len(house(office, "bind_locked")) == 2
    assert office.stage["chat"].texts("wu") == [told]
    office.forget()


def test_the_lock_outlives_a_restart_and_a_guesser_who_is_bound_is_named(office: Office) -> None:
    for wrong in WRONG[:5]:
        says(office, "chat:ji", f"绑定 {wrong}")
    office.reopen()
    code = code_for(office, "bing")
    assert says(office, "chat:ji", f"绑定 {code}") == []
    assert bound_to(office, "chat:ji") == office.people["ji"]
    [line] = house(office, "bind_locked")
    assert (line.actor, line.data["person"]) == (f"person:{office.people['ji']}", office.people["ji"])
    assert "己" in office.stage["chat"].texts("wu")[-1]
    office.forget()


def test_one_own_code_brought_often_is_no_guessing(office: Office) -> None:
    code = code_for(office, "bing")
    says(office, "chat:new", f"绑定 {code}")
    for _ in range(8):
        assert "您已绑定" in says(office, "chat:new", f"绑定 {code}")[0]
    assert house(office, "bind_locked") == []
    office.forget()


def test_wrong_codes_far_apart_lock_nobody(office: Office) -> None:
    for wrong in WRONG[:12]:
        says(office, "chat:slow", f"绑定 {wrong}")
        office.passes(timedelta(minutes=61))
    assert house(office, "bind_locked") == []
    office.forget()


def test_a_newer_code_kills_the_older_ones(office: Office) -> None:
    first, second = code_for(office, "bing"), code_for(office, "bing")
    third = says(office, "chat:bing", "绑定")[0].rsplit(" ", 1)[1]
    for dead in (first, second):
        assert says(office, f"chat:new-{dead}", f"绑定 {dead}")[0].startswith("绑定没有成功")
    assert "丙，您好" in says(office, "chat:newest", f"绑定 {third}")[0]
    office.forget()


def test_a_code_said_in_a_group_is_dead(office: Office) -> None:
    for text in ("绑定 {}", "{}", "丙的码是{}，请帮他绑一下", "bind {}。"):
        code = code_for(office, "bing")
        assert says(office, "chat:ji", text.format(code.lower()), group="chat:group") is not None
        assert says(office, f"chat:thief-{code}", f"绑定 {code}")[0].startswith("绑定没有成功")
        [*_, line] = house(office, "bind_code_shown")
        assert line.data == {"person": office.people["bing"], "channel": "chat"}
    assert len(house(office, "bind_code_shown")) == 4
    office.forget()


@pytest.mark.parametrize("text", ["", "OOOOOOOO", "IIII1111", "ABCD234", "ABCD23456", "ＡＢＣＤ２３４", "A" * 10_000])
def test_what_is_outside_the_alphabet_never_reaches_a_hash(office: Office, text: str) -> None:
    context = office.engine.context
    there = (context.database, context.clock, context.policies, (time(8), time(20)))
    assert binding.by_code(Context(*there, NeverHashing(KEY)), text, "chat", "chat:odd") is None


def test_full_width_and_small_letters_are_the_same_code(office: Office) -> None:
    code = code_for(office, "bing")
    wide = "".join(chr(ord(one) + 0xFEE0) for one in code.lower())
    assert "丙，您好" in says(office, "chat:wide", f"绑定 {wide}")[0]
    office.forget()


def test_no_code_stands_in_clear_in_the_outbox_before_or_after(office: Office) -> None:
    seen: list[tuple[str, str]] = []

    async def look(stage: Any, message: Any) -> None:
        with office.database.read() as conn:
            for row in conn.execute(select(outbox)).all():
                seen.append((row.state, str(row._mapping)))

    office.unbind("bing")
    confirm = ask(office, "bing", "chat:new-bing")
    office.stage["chat"].script("new-bing", look)
    office.settle()
    own = says(office, "chat:jia", "绑定")[0].rsplit(" ", 1)[1]
    assert {state for state, _ in seen} >= {MessageState.LEASED}
    with office.database.read() as conn:
        rows = [str(row._mapping) for row in conn.execute(select(outbox)).all()]
    for code in (confirm, own):
        assert not any(code in row for _, row in seen)
        assert not any(code in row for row in rows)
    with office.database.read() as conn:
        over = [row for row in conn.execute(select(outbox)).all() if row.intent.startswith(("bind_asked", "answer"))]
    assert [(row.payload, row.params) for row in over] == [("", {})] * len(over)
    assert len(over) == 2
    office.forget()


def test_a_code_that_could_not_be_sent_stays_sealed_and_goes_out_later(office: Office) -> None:
    office.unbind("bing")
    ask(office, "bing", "chat:new-bing")
    with office.database.read() as conn:
        [row] = conn.execute(select(outbox)).all()
    assert set(row.params) == {"sealed", "to"}
    office.reopen().settle()
    assert any("确认" not in one.text and len(one.text) == 8 for one in office.stage["chat"].tried)
    office.forget()
