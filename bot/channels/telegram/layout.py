"""How a message looks in Telegram: ids, lengths, buttons, quotes."""

from collections.abc import Sequence

from telegram import (
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)

from bot.channels.base import COPY, SHARE_PHONE, Button, SendFailed

# Limits of the Bot API: UTF-16 units of text and caption, bytes of a button's data, characters one copies.
TEXT, CAPTION, DATA, COPIED = 4096, 1024, 64, 256
CUT = "…（内容较长，已截短）"
IN_A_ROW = 3  # buttons


def message_id(chat: int, number: int) -> str:
    """Return the id by which a message is known to us: numbers repeat from chat to chat."""
    return f"{chat}:{number}"


def chat_of(address: str) -> int:
    """Return the number of a chat; SendFailed for what is none."""
    if not address.removeprefix("-").isdigit() or not address.isascii():
        raise SendFailed("Telegram 的地址应为数字编号", permanent=True)
    return int(address)


def place_of(message_id: str) -> tuple[int, int]:
    """Return chat and number of a message id."""
    chat, _, number = message_id.partition(":")
    return chat_of(chat), int(number)


def reply(message_id: str, chat: int) -> ReplyParameters | None:
    """Quote the message, if it stands in the same chat and still exists."""
    if not message_id.startswith(f"{chat}:"):
        return None
    return ReplyParameters(place_of(message_id)[1], allow_sending_without_reply=True)


Keyboard = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove


def keyboard(buttons: Sequence[Button]) -> Keyboard | None:
    """Return the buttons under a new message, or the one that asks for the person's own number, or what removes it."""
    phone = next((button for button in buttons if button.action == SHARE_PHONE), None)
    if phone is not None and not phone.label:
        # Whoever typed a code instead of pressing it would keep it above their keyboard for good.
        return ReplyKeyboardRemove()
    if phone is not None:
        rows = [[KeyboardButton(phone.label, request_contact=True)]]
        return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)
    return inline(buttons)


def inline(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """Return the buttons under a message, three in a row."""
    # What does not fit is left out: everything a button does can be typed as well.
    made = [one for button in buttons if (one := _inline_button(button)) is not None]
    rows = [made[place : place + IN_A_ROW] for place in range(0, len(made), IN_A_ROW)]
    return InlineKeyboardMarkup(rows) if rows else None


def _inline_button(button: Button) -> InlineKeyboardButton | None:
    # The second place of the library's button is an address to open, so what it does is always named.
    if button.action.startswith(COPY):
        text = button.action.removeprefix(COPY)
        return InlineKeyboardButton(button.label, copy_text=CopyTextButton(text)) if 0 < len(text) <= COPIED else None
    fits = button.sent_back and 0 < len(button.action.encode()) <= DATA
    return InlineKeyboardButton(button.label, callback_data=button.action) if fits else None


def units(text: str) -> int:
    """Return the length as Telegram counts it."""
    return len(text.encode("utf-16-le", "replace")) // 2


def cut(text: str, most: int) -> str:
    """Cut a text that is too long, and say so."""
    if units(text) <= most:
        return text
    kept = text.encode("utf-16-le", "replace")[: 2 * (most - len(CUT))]
    return kept.decode("utf-16-le", "ignore") + CUT
