"""What is remembered about each source of tickets: which of its columns is which of our fields."""

from collections.abc import Mapping

from bot.actions.context import Context
from bot.actions.work import begin, read
from storage.tickets import sources


def columns(context: Context, source: str) -> dict[str, str]:
    """Return the remembered mapping, heading → field; empty for a new source."""
    with read(context) as work:
        return sources.columns(work.conn, source)


def remember(context: Context, source: str, mapping: Mapping[str, str]) -> None:
    """Remember the mapping of a source."""
    with begin(context) as work:
        sources.remember(work.conn, source, mapping)
