"""Telegram's menu of commands beside the text field: the words people type, in Chinese."""

import logging
import re

from bot.channels.telegram.client import TelegramClient, failure
from bot.delivery.wording import Wording
from handlers.chat.commands import BY_NAME

log = logging.getLogger(__name__)

# A tap on an entry sends it at once, so nothing stands here that moves a ticket.
ENTRIES = ("mine", "due", "who", "what", "undo", "calendar", "help")
LANGUAGES = ("zh", "")  # and whoever reads Telegram in another language
NAME = re.compile(r"[a-z0-9_]{1,32}")
PLACES = re.compile(r"\s*\[[^\]]*\]")
DESCRIPTION_CHARACTERS = 256


def entries(wording: Wording) -> tuple[tuple[str, str], ...]:
    """Return the menu's commands, each with what it is for."""
    return tuple((_name(one), PLACES.sub("", wording(f"help.{one}"))[:DESCRIPTION_CHARACTERS]) for one in ENTRIES)


class CommandMenu:
    """Shows the menu once a process, and tells Telegram only where it shows another."""

    def __init__(self, client: TelegramClient, wording: Wording) -> None:
        self._client, self._entries = client, entries(wording)
        self._shown, self._failed = False, False

    async def show(self) -> None:
        """Bring the menu up to date; what fails is tried again at the next call."""
        if self._shown:
            return
        try:
            for language in LANGUAGES:
                if await self._client.commands(language) != self._entries:
                    await self._client.set_commands(self._entries, language)
            self._shown = True
        except Exception as error:
            if not self._failed:
                reason = failure(error).reason
                log.warning("Telegram 的命令菜单没有更新：%s", reason, extra={"action": "menu", "error": reason})
            self._failed = True


def _name(command: str) -> str:
    """The first of a command's words that Telegram takes for one."""
    return next(word for word in BY_NAME[command].words if NAME.fullmatch(word))
