"""A new key: everything sealed opens with it, and nothing with the old one; on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.actions.messages.sealed import sealed_text
from bot.actions.people.bind_codes import draw
from bot.actions.people.binding import by_code
from bot.actions.people.rekey import opens, rekey
from bot.actions.work import begin
from bot.sealing import KeyRefused, Sealer, read_phone, row_of_person
from storage.messages import outbox
from storage.people import addresses, register
from storage.records import AnswerTo, MessageDraft, MessageKind, PersonDraft
from storage.tables import outbox as outbox_table
from storage.tickets import journal
from tests.cast import bureau
from tests.cast.office import Office

NEW = Sealer("a quite new key of forty characters and more")
NUMBER, ROW, INTENT = "13800001234", row_of_person(bureau.WATER, "甲"), "secret:1"


def give_number(office: Office, sealer: Sealer) -> None:
    phone = sealer.sealed_phone(read_phone(NUMBER), ROW)
    with office.database.begin() as conn:
        register.save_person(conn, PersonDraft(name="甲", unit_id=bureau.WATER, phone=phone))


def test_numbers_and_unsent_messages_move_to_the_new_key_and_codes_die(office: Office) -> None:
    context, old, jia = office.engine.context, office.engine.sealer, office.people["jia"]
    give_number(office, old)
    with begin(context) as work:
        code = draw(work, jia, work.now + timedelta(days=3))
        to = AnswerTo(channel="chat", address="chat:jia")
        draft = MessageDraft(
            intent=INTENT,
            person_id=jia,
            kind=MessageKind.ANSWER,
            not_before=work.now + timedelta(hours=1),
            params=sealed_text(old, INTENT, "码", (), to),
        )
        outbox.put(work.conn, [draft], work.now)
    done = rekey(context, old, NEW)
    assert (done.phones, done.messages, done.codes) == (1, 1, 1)
    assert (opens(office.database, NEW), opens(office.database, old)) == (True, False)
    with office.database.read() as conn:
        assert NEW.unseal(addresses.sealed_phone(conn, jia), ROW) == "+8613800001234"
        assert addresses.person_by_phone(conn, NEW.index("+8613800001234")) == jia
        [row] = conn.execute(select(outbox_table).where(outbox_table.c.intent == INTENT)).all()
        assert [one.kind for one in journal.read(conn, 0)][-1] == "rekeyed"
    assert "码" in NEW.unseal(row.params["sealed"], INTENT)
    context.sealer = NEW
    assert by_code(context, code, "chat", "chat:new") is None
    office.at("08-23 09:30")
    assert "码" in office.stage["chat"].texts("jia")
    office.forget()


def test_a_number_of_another_row_stops_it_and_nothing_is_changed(office: Office) -> None:
    old = office.engine.sealer
    phone = old.sealed_phone(read_phone(NUMBER), row_of_person(bureau.WATER, "乙"))
    with office.database.begin() as conn:
        register.save_person(conn, PersonDraft(name="甲", unit_id=bureau.WATER, phone=phone))
    with pytest.raises(KeyRefused):
        rekey(office.engine.context, old, NEW)
    assert opens(office.database, old)
    with office.database.read() as conn:
        assert [one.kind for one in journal.read(conn, 0) if one.kind == "rekeyed"] == []


def test_the_wrong_old_key_changes_nothing(office: Office) -> None:
    give_number(office, office.engine.sealer)
    with pytest.raises(KeyRefused):
        rekey(office.engine.context, Sealer("another key that never sealed anything"), NEW)
    assert opens(office.database, office.engine.sealer)
