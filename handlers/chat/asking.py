"""Finds people on a platform by the mobile numbers of the register and asks them to confirm that it is they."""

from collections.abc import AsyncIterator
from enum import StrEnum

from bot.actions.people import binding
from bot.channels.base import MemberLookup
from bot.engine import Engine
from storage.records import Person


class AskOutcome(StrEnum):
    SENT = "sent"  # asked to confirm; bound only by their answer
    NOBODY = "nobody"  # no member has this number
    TAKEN = "taken"  # the member is bound to somebody else of the register


async def ask_members(engine: Engine, channel: str, way: MemberLookup) -> AsyncIterator[tuple[Person, str, AskOutcome]]:
    """Ask one after the other, and yield each with the name of the unit; SendFailed ends it and says why."""
    run = engine.database.run
    for one in await run(binding.unbound, engine.context, engine.sealer, channel):
        found = await way.userid_of(one.mobile)
        sent = found is not None and await run(_ask, engine, one.person, one.unit, channel, found)
        yield (
            one.person,
            one.unit,
            AskOutcome.NOBODY if found is None else AskOutcome.SENT if sent else AskOutcome.TAKEN,
        )


def _ask(engine: Engine, person: Person, unit: str, channel: str, address: str) -> bool:
    def words(code: str) -> str:
        return engine.wording("chat.bind_ask", name=person.name, unit=unit, code=code)

    label = engine.wording("chat.button_confirm")
    return binding.ask_to_confirm(engine.context, person.id, channel, address, words, label)
