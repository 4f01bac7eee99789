"""The office whose people are reached on real chat platforms, over HTTP both ways, our application served."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from sqlalchemy import delete

from bot.actions.people.binding import bind, new_code
from bot.rules.people.routing import INBOX
from handlers.chat.catalog import platforms
from handlers.chat.listen import Listener
from handlers.web.server import build
from storage.people.register import touch
from storage.tables import addresses
from tests.cast.office import Office
from tests.fakes.serving import Serving


class ServedOffice(Office):
    """Nobody has an address until they are bound; what they saw, the platforms tell."""

    def __init__(self, url: str, folder: Path, start: str, sections: Mapping[str, Any]) -> None:
        """The sections are settings, by channel."""
        super().__init__(url, folder, start, sections=sections)

    @property
    def url(self) -> str:
        """Where the platforms find us."""
        return self._serving.url

    @property
    def epoch(self) -> int:
        """Now, as the platforms count."""
        return int(self.clock.now().timestamp())

    def bind(self, who: str, channel: str, address: str = "") -> None:
        """Bind a person to an address; that of the web inbox is known."""
        bind(self.engine.context, self.people[who], channel, address or str(self.people[who]))

    def unbind_chat(self, who: str) -> None:
        """Leave a person nothing but the web inbox, as if they had never bound a chat."""
        with self.database.begin() as conn:
            mine = (addresses.c.person_id == self.people[who], addresses.c.channel != INBOX)
            conn.execute(delete(addresses).where(*mine))
            touch(conn)

    def code(self, who: str) -> str:
        """Make a bind code for a person."""
        return new_code(self.engine.context, self.people[who])

    def settle(self) -> Self:
        """Let everything happen that is due or was brought."""
        self.play.run(self._listener.work())
        return super().settle()

    def close(self) -> None:
        """Stop serving, and look whether anything is left that should not be."""
        self._serving.__exit__()
        super().close()

    def _open(self) -> None:
        super()._open()
        spoken = platforms(self.engine)
        self._listener = Listener(self.engine, {one.name: one.reader for one in spoken})
        self._serving = Serving(build(self.engine, [one.router for one in spoken if one.router])).__enter__()
