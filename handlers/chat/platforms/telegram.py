"""Telegram, the way in: what an update says, in our own words."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from telegram import CallbackQuery, ChatMemberUpdated, Message, MessageEntity, Update
from telegram.constants import ChatMemberStatus, ChatType

from bot.actions.people.bind_codes import SEEN
from bot.channels.telegram.layout import message_id
from handlers.chat.platforms.heard import UNTIMED, Heard, HeardFile, HeardKind

GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)
MENTIONING: list[str | None] = [MessageEntity.MENTION, MessageEntity.TEXT_MENTION, MessageEntity.BOT_COMMAND]
FILE_NAME_LENGTH = 100


class Itself(Protocol):
    """Who the bot is: the number its token begins with, and its name, which is empty until the platform told it."""

    @property
    def bot_id(self) -> int: ...

    @property
    def username(self) -> str: ...


def to_keep(told: Any) -> Any:
    """Return an update as it is kept: without the contacts of others; their own stays until it is compared."""
    message = told.get("message") if isinstance(told, dict) else None
    own = message.get("contact") if isinstance(message, dict) and _shares_own(message) else None
    stack = [told]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            contact = one.get("contact")
            if contact is not None and contact is not own:
                one["contact"] = {"phone_number": "", "first_name": ""}
            stack += [value for value in one.values() if isinstance(value, dict | list)]
        elif isinstance(one, list):
            stack += [value for value in one if isinstance(value, dict | list)]
    return told


def _shares_own(message: Mapping[str, Any]) -> bool:
    sender, contact, chat = (message.get(name) for name in ("from", "contact", "chat"))
    if not (isinstance(sender, dict) and isinstance(contact, dict) and isinstance(chat, dict)):
        return False
    private = chat.get("type") == ChatType.PRIVATE and "forward_origin" not in message
    return private and sender.get("id") is not None and contact.get("user_id") == sender.get("id")


class TelegramReader:
    """Reads updates; knows the bot itself, to tell what is meant for it in a group."""

    def __init__(self, itself: Itself) -> None:
        self._itself = itself

    def read(self, raw: str) -> Heard | None:
        """Return what was heard; None for an update that is none of ours; ValueError for one not understood."""
        try:
            return self._heard(raw)
        except Exception as error:
            # The library raises what it likes on odd input, and its words repeat the input.
            raise ValueError(f"telegram update not understood: {type(error).__name__}") from None

    def _heard(self, raw: str) -> Heard | None:
        told = json.loads(raw)
        update = Update.de_json(told, None)
        event_id = str(_number(update.update_id))
        if update.callback_query:
            return _tap(event_id, update.callback_query)
        if update.my_chat_member:
            return _door(event_id, update.my_chat_member)
        return self._message(event_id, update.message) if update.message else None

    def _message(self, event_id: str, message: Message) -> Heard | None:
        sender, in_group = message.from_user, message.chat.type in GROUPS
        if sender is None or sender.is_bot or not (in_group or message.chat.type == ChatType.PRIVATE):
            return None
        if in_group and not self._meant(message):
            return _overheard(event_id, message)
        kind, text = self._said(message, in_group)
        replied = message.reply_to_message
        return Heard(
            kind=kind,
            event_id=event_id,
            address=str(_number(sender.id)),
            at=_moment(message.date),
            text=text,
            chat=str(_number(message.chat.id)) if in_group else "",
            message_id=message_id(message.chat.id, message.message_id),
            reply_to=message_id(message.chat.id, replied.message_id) if replied else "",
            files=tuple(_files(message)),
            in_group=in_group,
            details=_details(message),
        )

    def _said(self, message: Message, in_group: bool) -> tuple[HeardKind, str]:
        if message.contact:
            own = message.contact.user_id == message.from_user.id if message.from_user else False
            # A number counts only when its owner shares it, in private and first-hand.
            verified = own and not in_group and message.forward_origin is None
            return (HeardKind.PHONE, _clean(message.contact.phone_number)) if verified else (HeardKind.OTHER, "")
        text = self._without_bot(message)
        command, _, rest = text.partition(" ")
        if command.lower() == "/start" and message.forward_origin is None:
            return (HeardKind.OTHER if in_group else HeardKind.START, rest.strip())
        if text or any(_files(message)):
            return HeardKind.TEXT, text.removeprefix("/")
        # The other kinds without words are Telegram's own: somebody pinned a message, a group has a new name.
        return (HeardKind.WORDLESS, "") if message.effective_attachment else (HeardKind.OTHER, "")

    def _meant(self, message: Message) -> bool:
        """In a group: a reply to the bot, its name, or a command that names no other bot."""
        replied = message.reply_to_message
        if replied and replied.from_user and replied.from_user.id == self._itself.bot_id:
            return True
        return any(self._called(message, entity, word) for entity, word in _calls(message))

    def _called(self, message: Message, entity: MessageEntity, word: str) -> bool:
        if entity.type == MessageEntity.TEXT_MENTION:
            return entity.user is not None and entity.user.id == self._itself.bot_id
        _, at, name = word.partition("@")
        if not at:
            return entity.offset == 0
        # Before the platform told our name, anything that ends as bots' names must is taken for it.
        known = self._itself.username.lower()
        return name.lower() == known if known else name.lower().endswith("bot")

    def _without_bot(self, message: Message) -> str:
        text = _clean(message.text or message.caption or "")
        if name := self._itself.username:
            text = re.sub(rf"@{re.escape(name)}\b", "", text, flags=re.IGNORECASE)
        return text.strip()


def _overheard(event_id: str, message: Message) -> Heard | None:
    """What was not meant for the bot concerns it only where a binding code is said aloud."""
    text, sender = _clean(message.text or message.caption or ""), message.from_user
    if sender is None or not SEEN.search(text.upper()):
        return None
    at = _moment(message.date)
    return Heard(
        kind=HeardKind.OTHER, event_id=event_id, address=str(_number(sender.id)), at=at, text=text, in_group=True
    )


def _tap(event_id: str, query: CallbackQuery) -> Heard:
    card = query.message
    in_group = card is not None and card.chat.type in GROUPS
    action = _clean(query.data or "")
    return Heard(
        kind=HeardKind.TAP if action else HeardKind.OTHER,
        event_id=event_id,
        address=str(_number(query.from_user.id)),
        at=UNTIMED,
        action=action,
        chat=str(_number(card.chat.id)) if card is not None and in_group else "",
        card=message_id(card.chat.id, card.message_id) if card is not None else "",
        callback=_clean(query.id),
        in_group=in_group,
    )


def _door(event_id: str, change: ChatMemberUpdated) -> Heard:
    shut = change.new_chat_member.status in (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
    private = change.chat.type == ChatType.PRIVATE
    return Heard(
        # Whoever puts the bot out of a group has not shut their own door.
        kind=HeardKind.BLOCKED if shut and private else HeardKind.OTHER,
        event_id=event_id,
        address=str(_number(change.from_user.id)),
        at=_moment(change.date),
        in_group=not private,
    )


def _files(message: Message) -> Iterator[HeardFile]:
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        name = f"photo_{largest.file_unique_id}.jpg"
        yield HeardFile(reference=largest.file_id, name=name, media_type="image/jpeg")
    for file in (message.document, message.video):
        if file is not None:
            name = _file_name(file.file_name or f"file_{file.file_unique_id}")
            yield HeardFile(reference=file.file_id, name=name, media_type=_clean(file.mime_type or ""))


def _calls(message: Message) -> list[tuple[MessageEntity, str]]:
    if message.text:
        return list(message.parse_entities(MENTIONING).items())
    return list(message.parse_caption_entities(MENTIONING).items()) if message.caption else []


def _details(message: Message) -> dict[str, str]:
    """What may matter beside the words: pictures of one album carry the text once; forwarded words are another's."""
    details = {"album": message.media_group_id} if message.media_group_id else {}
    return {**details, "forwarded": "yes"} if message.forward_origin is not None else details


def _file_name(given: str) -> str:
    last = re.split(r"[/\\]", _clean(given))[-1]
    return "".join(one for one in last if one.isprintable()).strip(". ")[-FILE_NAME_LENGTH:] or "file"


def _clean(text: str) -> str:
    """Drop what no database stores: NUL and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a number")
    return value


def _moment(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise TypeError("not a moment")
    return value
