"""What is done about people: binding, leave."""

from bot.actions.context import Context
from storage import journal, register
from storage.records import JournalDraft


def bind(context: Context, person_id: int, channel: str, address: str, *, actor: str = "operator") -> str | None:
    """Bind a person to an address, note it in the journal of the house, and return the address it replaces."""
    now = context.now()
    with context.database.begin() as conn:
        replaced = register.bind_address(conn, person_id, channel, address, now)
        data = {"person": person_id, "channel": channel, "replaced": replaced is not None}
        journal.write_house(conn, [JournalDraft(kind="bound", at=now, actor=actor, data=data)])
    return replaced
