"""A new key: everything that was sealed with the old one is sealed anew, in one transaction."""

from dataclasses import dataclass

from bot.actions.context import Context
from bot.actions.messages import sealed
from bot.actions.work import begin
from bot.failpoints import failpoint
from bot.sealing import KeyRefused, Sealer, row_of_person
from storage.messages import outbox
from storage.people import addresses, one_time_codes
from storage.records import JournalDraft, JournalKind
from storage.sql.database import Database, journal_key
from storage.tickets import journal


@dataclass(frozen=True, kw_only=True, slots=True)
class Rekeyed:
    """How much was sealed anew."""

    phones: int
    messages: int
    codes: int  # one-time codes that hold no longer


def rekey(context: Context, old: Sealer, new: Sealer) -> Rekeyed:
    """Seal numbers and unsent messages with the new key; KeyRefused where the old one does not open them.

    One-time codes are known by their keyed hash alone, so they are given out anew.
    """
    with begin(context) as work:
        people = work.directory.people
        phones = {}
        for person_id, kept in addresses.sealed_phones(work.conn).items():
            row = row_of_person(people[person_id].unit_id, people[person_id].name)
            phones[person_id] = new.sealed_phone(old.unseal(kept, row), row)
        addresses.set_phones(work.conn, phones)
        unsent = outbox.unsent_sealed(work.conn)
        outbox.reseal(work.conn, [sealed.sealed_anew(old, new, message) for message in unsent])
        journal.keep_key(work.conn, new.sealed_journal(journal_key(work.conn)))
        done = Rekeyed(phones=len(phones), messages=len(unsent), codes=one_time_codes.forget_bind_codes(work.conn))
        data = {"phones": done.phones, "messages": done.messages, "codes": done.codes}
        line = JournalDraft(kind=JournalKind.REKEYED, at=work.now, actor="operator", data=data)
        journal.write_system(work.conn, [line])
        failpoint("before_commit")
    return done


def opens(database: Database, sealer: Sealer) -> bool:
    """Whether a key opens what is sealed in the database; True where nothing is."""
    with database.read() as conn:
        kept = next(iter(addresses.sealed_phones(conn).values()), "")
    try:
        return not kept or bool(sealer.unseal(kept))
    except KeyRefused:
        return False
