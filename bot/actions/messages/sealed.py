"""Messages that hold a code or a sign-in link: sealed wherever they are stored, and erased once they are done."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.sealing import KeyRefused, Sealer
from storage.messages import outbox
from storage.messages.outbox import Settlement
from storage.records import AnswerTo, Message, MessageState, TextParams, UnreadableParams
from storage.sql.database import Connection

UNFINISHED = (MessageState.PENDING, MessageState.LEASED, MessageState.BUNDLED)


def sealed_text(
    sealer: Sealer, intent: str, text: str, buttons: Sequence[tuple[str, str]], to: AnswerTo | None
) -> TextParams:
    """Return the parameters of a message whose words nobody reads in the database."""
    words = json.dumps({"text": text, "buttons": buttons}, ensure_ascii=False)
    return TextParams(sealed=sealer.seal(words, intent), to=to)


def opened(sealer: Sealer, message: Message) -> Message:
    """Return a claimed message with its words and its payload in clear; what does not open has unreadable ones."""
    params = message.params
    if not (isinstance(params, TextParams) and params.sealed):
        return message
    try:
        words = json.loads(sealer.unseal(params.sealed, message.intent))
        payload = message.payload and sealer.unseal(message.payload, message.intent)
    except KeyRefused:
        return replace(message, params=UnreadableParams(raw={}))
    buttons = tuple((label, action) for label, action in words["buttons"])
    return replace(message, params=replace(params, text=words["text"], buttons=buttons), payload=payload)


def closed(sealer: Sealer, message: Message) -> Message:
    """Return a message as it is stored."""
    if not (_is_sealed(message) and message.payload):
        return message
    return replace(message, payload=sealer.seal(message.payload, message.intent))


def sealed_anew(old: Sealer, new: Sealer, message: Message) -> Message:
    """Return a stored message sealed with another key; KeyRefused where the old one does not open it."""
    if not isinstance(message.params, TextParams):
        return message
    words = new.seal(old.unseal(message.params.sealed, message.intent), message.intent)
    payload = message.payload and new.seal(old.unseal(message.payload, message.intent), message.intent)
    return replace(message, params=replace(message.params, sealed=words), payload=payload)


def erase_done(conn: Connection, ends: Iterable[tuple[Message, Settlement]]) -> None:
    """Erase what was said with a code, as soon as nothing more can come of the message."""
    outbox.erase(conn, [message.id for message, end in ends if _is_sealed(message) and _is_over(end)])


def _is_sealed(message: Message) -> bool:
    return isinstance(message.params, TextParams) and bool(message.params.sealed)


def _is_over(end: Settlement) -> bool:
    return end.state not in UNFINISHED and (end.state != MessageState.UNCERTAIN or end.retry_at is None)
