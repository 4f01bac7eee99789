"""Updates of chat platforms: committed raw before they are answered for, unique by the platform's own id."""

from bot.actions.context import Context
from storage import inbound

KIND = "update"


def keep(context: Context, channel: str, event_id: str, raw: str) -> bool:
    """Commit an update as it came; False when the same one came before."""
    now = context.now()
    with context.database.begin() as conn:
        return inbound.keep_once(conn, KIND, channel, event_id, now, raw)
