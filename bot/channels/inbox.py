"""The web inbox: a row that lies there until its person looks; before that nobody was told."""

from collections.abc import Sequence
from datetime import datetime

from bot.channels.base import Abilities, Outgoing, Receipt, SendFailed
from bot.clock import Clock
from storage.messages import inbox_items
from storage.sql.database import Database

NOBODY = "网页收件箱的地址应为人员编号"
LONGEST_ID = 18  # digits of a number both databases can hold


class InboxChannel:
    """Writes rows; the message key makes a second send harmless."""

    name = "inbox"
    abilities = Abilities(two_way=True, tells_doubles=True, pull=True, buttons=True, attachments=True)

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def send(self, message: Outgoing) -> Receipt:
        """Show the message in the person's inbox."""
        fault = self.fault_of(message.address)
        if fault or not await self._database.run(self._put, message, self._clock.now()):
            raise SendFailed(fault or NOBODY, permanent=True)
        return Receipt(provider_id=message.key)

    def fault_of(self, address: str) -> str:
        """Tell whether it can be the number of a person."""
        fits = address.isascii() and address.isdecimal() and len(address) <= LONGEST_ID
        return "" if fits else NOBODY

    async def check(self) -> Sequence[str]:
        """The inbox works when the database does."""
        return ()

    async def close(self) -> None:
        """Nothing to give back."""

    def _put(self, message: Outgoing, now: datetime) -> bool:
        buttons = [{"label": button.label, "action": button.action} for button in message.buttons if button.sent_back]
        with self._database.begin() as conn:
            file_id = message.attachment.id if message.attachment else None
            return inbox_items.put(conn, message.key, int(message.address), message.text, buttons, now, file_id)
