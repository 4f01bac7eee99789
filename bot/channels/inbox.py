"""The web inbox: a row the person reads; the way for those who are bound nowhere else."""

from collections.abc import Sequence
from datetime import datetime

from bot.channels.base import Abilities, Outgoing, Receipt, SendFailed
from bot.clock import Clock
from storage import inbox_items
from storage.database import Database

LONGEST_ID = 18  # digits of a number both databases can hold


class InboxChannel:
    """Writes rows; the message key makes a second send harmless."""

    name = "inbox"
    abilities = Abilities(two_way=True, tells_doubles=True, buttons=True, attachments=True)

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def send(self, message: Outgoing) -> Receipt:
        """Show the message in the person's inbox."""
        address = message.address
        known = address.isascii() and address.isdecimal() and len(address) <= LONGEST_ID
        if not known or not await self._database.run(self._put, message, self._clock.now()):
            raise SendFailed("网页收件箱的地址应为人员编号", permanent=True)
        return Receipt(provider_id=message.key)

    async def check(self) -> Sequence[str]:
        """The inbox works when the database does."""
        return ()

    async def close(self) -> None:
        """Nothing to give back."""

    def _put(self, message: Outgoing, now: datetime) -> bool:
        buttons = [{"label": one.label, "action": one.action} for one in message.buttons]
        with self._database.begin() as conn:
            file_id = message.attachment.id if message.attachment else None
            return inbox_items.put(conn, message.key, int(message.address), message.text, buttons, now, file_id)
