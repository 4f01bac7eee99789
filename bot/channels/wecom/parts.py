"""Makes of one message the parts 企业微信 takes: always the same bytes for the same message."""

import hashlib
import re
from typing import Any

from bot.channels.base import Attachment, Button, Outgoing
from bot.channels.cutting import cut, cut_characters
from bot.channels.wecom.markdown import laid_out

TEXT_BYTES = 2048  # the platform cuts longer ones without a word
TITLE_CHARACTERS, BODY_CHARACTERS = 36, 160  # of a card; longer ones are not shown whole
LABEL_CHARACTERS, MOST_BUTTONS = 10, 6
FILE_LIMIT, PICTURE_LIMIT = 20 * 1024 * 1024, 10 * 1024 * 1024
SMALLEST_FILE = 5  # bytes
PICTURES = ("image/png", "image/jpeg")
REMEMBERED_SECONDS, REMEMBERED_SPREAD = 14_400, 7_200  # the longest the platform looks back for the same message
MORE = "…（内容较长，请发送“我的工单”查看）"
ABOVE, BELOW = "详情见上一条消息。", "详情见下一条消息。"
STOP = re.compile(r"[,。;:)、\uff0c\uff1b\uff1a\uff09]")
NOT_IN_TASK_ID = re.compile(r"[^A-Za-z0-9_@-]")

Part = dict[str, Any]


def text(message: Outgoing) -> Part:
    """The whole text as a text message."""
    return {"msgtype": "text", "text": {"content": cut(message.text, TEXT_BYTES, MORE)}}


def worded(message: Outgoing, *, layout: bool = False) -> list[Part]:
    """A card where there are buttons, with the text before it where the card has no room for it.

    With `layout` an overview that needs a message of its own goes as markdown, where it can.
    """
    overview = _overview(message) if layout and message.overview else None
    if not pressable(message.buttons):
        return [overview or text(message)]
    whole = fits(message)
    card = {"msgtype": "template_card", "template_card": new_card(message, "" if whole else ABOVE)}
    return [card] if whole else [overview or text(message), card]


def fits(message: Outgoing) -> bool:
    """Whether a card shows the whole text."""
    title, body = _split(message)
    return len(title) <= TITLE_CHARACTERS and len(body) <= BODY_CHARACTERS


def new_card(message: Outgoing, elsewhere: str = "") -> Part:
    """A card with buttons; `elsewhere` says where the text is if it has no room here."""
    return {**_card(message, elsewhere), "task_id": task_id(message), "button_list": _buttons(message.buttons)}


def changed_card(message: Outgoing) -> Part:
    """The card in its new state; without buttons it shows one that cannot be pressed."""
    card = {**_card(message), "task_id": message.edits}
    if not fits(message) and not message.edits_only:
        # As much as there is room for stays on the card itself.
        room = BODY_CHARACTERS - len(BELOW)
        card["sub_title_text"] = f"{cut_characters(_split(message)[1], room)}{BELOW}"
    if pressable(message.buttons):
        return {**card, "button_list": _buttons(message.buttons)}
    return {**card, "button_list": _buttons((Button(label="已处理", action="none"),)), "replace_text": "已处理"}


def pressable(buttons: tuple[Button, ...]) -> list[Button]:
    """The buttons a card can have: each once, and none that wants something of another platform."""
    return list({button.action: button for button in buttons if button.sent_back}.values())[:MOST_BUTTONS]


def task_id(message: Outgoing) -> str:
    """An id for the card of a message, of characters the platform takes; other words make another card."""
    digest = hashlib.sha256(f"{message.key}\n{message.text}".encode()).hexdigest()
    return f"{NOT_IN_TASK_ID.sub('-', message.key)[:100]}-{digest[:16]}"


def media_kind(attachment: Attachment) -> str:
    """image or file; nothing for what the platform does not take."""
    size = len(attachment.body)
    if attachment.media_type in PICTURES and SMALLEST_FILE < size <= PICTURE_LIMIT:
        return "image"
    return "file" if SMALLEST_FILE < size <= FILE_LIMIT else ""


def media(kind: str, media_id: str) -> Part:
    """An uploaded picture or document as a message."""
    return {"msgtype": kind, kind: {"media_id": media_id}}


def once_only(part: Part, key: str) -> Part:
    """The part as the platform drops a second copy of: the same bytes again within two to four hours.

    It drops by content alone, so another message with the same words must not have the same bytes:
    the time it looks back differs with the key.
    """
    spread = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % REMEMBERED_SPREAD
    return {**part, "enable_duplicate_check": 1, "duplicate_check_interval": REMEMBERED_SECONDS - spread}


def _overview(message: Outgoing) -> Part | None:
    content = laid_out(message.text)
    return {"msgtype": "markdown", "markdown": {"content": content}} if content else None


def _card(message: Outgoing, elsewhere: str = "") -> Part:
    title, body = _split(message)
    return {
        "card_type": "button_interaction",
        "main_title": {"title": cut_characters(title, TITLE_CHARACTERS)},
        "sub_title_text": elsewhere or cut_characters(body, BODY_CHARACTERS),
    }


def _split(message: Outgoing) -> tuple[str, str]:
    if message.title:
        return message.title, message.text
    title, _, body = message.text.partition("\n")
    if len(title) <= TITLE_CHARACTERS:
        return title, body
    # A long first line goes on below from its last stop, so that the card need not cut it.
    stops = [found.end() for found in STOP.finditer(title, 0, TITLE_CHARACTERS)]
    return (title[: stops[-1]], f"{title[stops[-1] :]}\n{body}".strip()) if stops else (title, body)


def _buttons(buttons: tuple[Button, ...]) -> list[Part]:
    return [
        {"text": cut_characters(one.label, LABEL_CHARACTERS), "style": 1 if place == 0 else 2, "key": one.action}
        for place, one in enumerate(pressable(buttons))
    ]
