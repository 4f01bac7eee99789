"""What the fake does for each call of the Bot API."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.fakes.telegram_wire import BOT_ID, USERNAME, Answer, Call, Refused, Shown, success

if TYPE_CHECKING:
    from tests.fakes.telegram import FakeTelegram, Person

MOST_TEXT, MOST_CAPTION, MOST_DATA, MOST_COPIED = 4096, 1024, 64, 256
ENTITY = re.compile(r"(?P<bot_command>(?:^|(?<=\s))/[A-Za-z0-9_]+(?:@\w+)?)|(?P<mention>(?<!\w)@\w{5,})")


async def execute(fake: "FakeTelegram", call: Call, *, shown: bool = True) -> Answer:
    """Do what was asked and answer as the Bot API does."""
    try:
        if call.method == "getUpdates":
            return success(await _get_updates(fake, call))
        if call.method not in METHODS:
            raise Refused(404, "Not Found")
        with fake.lock:
            before = len(fake.sent)
            result = METHODS[call.method](fake, call)
            if not shown:
                for one in fake.sent[before:]:
                    del fake.chats[one.chat][one.id]
                del fake.sent[before:]
        return success(result)
    except Refused as refused:
        return refused.answer


def download(fake: "FakeTelegram", path: str) -> Answer:
    """The body of a file somebody sent."""
    token, _, rest = path.removeprefix("/file/bot").partition("/")
    body = next((body for name, body in fake.files.values() if name == rest), None)
    if token != fake.token or body is None:
        return Answer(status=404, body=b"Not Found", media_type="text/plain")
    return Answer(status=200, body=body, media_type="application/octet-stream")


def message(
    fake: "FakeTelegram", person: "Person", chat: int, content: dict[str, Any], reply_to: Shown | None = None
) -> dict[str, Any]:
    """A message somebody wrote, as it stands in an update."""
    number = fake.number(chat)
    text = content.get("text", content.get("caption", ""))
    fake.chats.setdefault(chat, {})[number] = Shown(chat=chat, id=number, text=text, sender=person.id)
    made = {"message_id": number, "date": int(fake.clock()), "chat": chat_as_json(fake, chat)}
    made |= {"from": person_as_json(person), **content}
    if reply_to is not None:
        made["reply_to_message"] = shown_as_json(fake, reply_to)
    return made


def let_through(made: dict[str, Any]) -> bool:
    """Whether privacy mode shows the bot this message of a group."""
    found = [one for name in ("entities", "caption_entities") for one in made.get(name, [])]
    text = made.get("text", made.get("caption", ""))
    mentioned = f"@{USERNAME}" in text.split()
    replied = made.get("reply_to_message", {}).get("from", {}).get("id") == BOT_ID
    return replied or mentioned or any(one["type"] == "bot_command" for one in found)


def entities(text: str) -> list[dict[str, Any]]:
    """Commands and mentions, counted in UTF-16 as Telegram counts."""
    return [
        {"type": found.lastgroup, "offset": _units(text[: found.start()]), "length": _units(found.group())}
        for found in ENTITY.finditer(text)
    ]


def member_change(fake: "FakeTelegram", person: "Person", chat: int, before: str, after: str) -> dict[str, Any]:
    """The bot's own standing in a chat changed."""
    old, new = ({"status": one, "user": me()} for one in (before, after))
    for one in (old, new):
        if one["status"] == "kicked":
            one["until_date"] = 0
    return {
        "chat": chat_as_json(fake, chat),
        "from": person_as_json(person),
        "date": int(fake.clock()),
        "old_chat_member": old,
        "new_chat_member": new,
    }


def me() -> dict[str, Any]:
    """The bot itself."""
    return {"id": BOT_ID, "is_bot": True, "first_name": "督办", "username": USERNAME}


def person_as_json(person: "Person") -> dict[str, Any]:
    """A user object."""
    return {"id": person.id, "is_bot": False, "first_name": person.name, "language_code": "zh-hans"}


def chat_as_json(fake: "FakeTelegram", chat: int) -> dict[str, Any]:
    """A chat object."""
    if group := fake.groups.get(chat):
        return {"id": chat, "type": group.kind, "title": group.title}
    return {"id": chat, "type": "private", "first_name": fake.people[chat].name}


def shown_as_json(fake: "FakeTelegram", shown: Shown) -> dict[str, Any]:
    """A message of a chat as it stands now."""
    made: dict[str, Any] = {
        "message_id": shown.id,
        "date": int(fake.clock()),
        "chat": chat_as_json(fake, shown.chat),
        "from": me() if shown.sender == BOT_ID else person_as_json(fake.people[shown.sender]),
    }
    made["caption" if shown.document else "text"] = shown.text
    if shown.document:
        made["document"] = {"file_id": f"out-{shown.id}", "file_unique_id": f"u{shown.id}"}
    if shown.buttons:
        rows = [[_button_as_json(label, action)] for label, action in shown.buttons]
        made["reply_markup"] = {"inline_keyboard": rows}
    return made


def _button_as_json(label: str, action: str) -> dict[str, Any]:
    copied = action.removeprefix("copy:")
    return {"text": label, **({"callback_data": action} if copied == action else {"copy_text": {"text": copied}})}


def keep_file(fake: "FakeTelegram", folder: str, body: bytes) -> dict[str, Any]:
    """Keep a file somebody sends, and return how an update names it."""
    number = fake.number()
    file_id = f"file-{number}"
    fake.files[file_id] = (f"{folder}/file_{number}.bin", body)
    return {"file_id": file_id, "file_unique_id": f"unique-{number}", "file_size": len(body)}


async def _get_updates(fake: "FakeTelegram", call: Call) -> list[dict[str, Any]]:
    if fake.webhook.get("url"):
        why = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        raise Refused(409, f"Conflict: {why}")
    fake.polls += 1
    mine, until = fake.polls, time.monotonic() + (call.number("timeout") or 0)
    offset, limit = call.number("offset") or 0, call.number("limit") or 100
    while True:
        with fake.lock:
            fake.updates[:] = [one for one in fake.updates if one["update_id"] >= offset]
            found = fake.updates[:limit]
        if fake.polls != mine:
            why = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise Refused(409, f"Conflict: {why}")
        if found or time.monotonic() >= until:
            return found
        await asyncio.sleep(0.01)


def _send_message(fake: "FakeTelegram", call: Call) -> dict[str, Any]:
    return shown_as_json(fake, _show(fake, call, _text(call.params.get("text", ""), MOST_TEXT)))


def _send_file(fake: "FakeTelegram", call: Call) -> dict[str, Any]:
    [upload] = call.files.values()
    text = _text(call.params.get("caption", ""), MOST_CAPTION, empty=True)
    return shown_as_json(fake, _show(fake, call, text, (upload.name, upload.body)))


def _edit_text(fake: "FakeTelegram", call: Call) -> dict[str, Any]:
    shown = _find(fake, call)
    text, (buttons, _) = _text(call.params.get("text", ""), MOST_TEXT), _keyboard(call)
    if shown.document is not None:
        raise Refused(400, "Bad Request: there is no text in the message to edit")
    if (shown.text, shown.buttons) == (text, buttons):
        why = "specified new message content and reply markup are exactly the same as a current content"
        raise Refused(400, f"Bad Request: message is not modified: {why}")
    shown.text, shown.buttons, shown.edits = text, buttons, shown.edits + 1
    fake.edited.append(shown)
    return shown_as_json(fake, shown)


def _edit_markup(fake: "FakeTelegram", call: Call) -> dict[str, Any]:
    shown = _find(fake, call)
    shown.buttons, shown.edits = _keyboard(call)[0], shown.edits + 1
    fake.edited.append(shown)
    return shown_as_json(fake, shown)


def _answer_tap(fake: "FakeTelegram", call: Call) -> bool:
    tap = call.params.get("callback_query_id", "")
    if tap not in fake.taps:
        raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
    fake.taps.discard(tap)
    fake.answered.append(tap)
    return True


def _chat_action(fake: "FakeTelegram", call: Call) -> bool:
    _reach(fake, call)
    return True


def _get_file(fake: "FakeTelegram", call: Call) -> dict[str, Any]:
    file_id = call.params.get("file_id", "")
    if file_id not in fake.files:
        raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    path, body = fake.files[file_id]
    size = fake.said_sizes.get(file_id, len(body))
    return {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": size, "file_path": path}


def _set_webhook(fake: "FakeTelegram", call: Call) -> bool:
    secret = call.params.get("secret_token", "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
        raise Refused(400, "Bad Request: secret token contains unallowed characters")
    fake.webhook.update(url=call.params.get("url", ""), secret_token=secret)
    fake.webhook["allowed_updates"] = call.object("allowed_updates")
    fake.bring(list(fake.updates))
    return True


def _get_commands(fake: "FakeTelegram", call: Call) -> list[dict[str, Any]]:
    return fake.commands.get(call.params.get("language_code", ""), [])


def _set_commands(fake: "FakeTelegram", call: Call) -> bool:
    wanted = call.object("commands") or []
    names = [one["command"] for one in wanted]
    sound = all(re.fullmatch(r"[a-z0-9_]{1,32}", one) for one in names) and len(set(names)) == len(names) <= 100
    if not sound or not all(1 <= len(one["description"]) <= 256 for one in wanted):
        raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
    fake.commands[call.params.get("language_code", "")] = wanted
    return True


def _delete_webhook(fake: "FakeTelegram", call: Call) -> bool:
    fake.webhook.clear()
    return True


def _webhook_info(fake: "FakeTelegram", call: Call) -> dict[str, Any]:
    told = {"url": fake.webhook.get("url", ""), "has_custom_certificate": False}
    if "last_error_date" in fake.webhook:
        told |= {"last_error_date": fake.webhook["last_error_date"], "last_error_message": "Connection refused"}
    return told | {"pending_update_count": len(fake.updates)}


def _show(fake: "FakeTelegram", call: Call, text: str, document: tuple[str, bytes] | None = None) -> Shown:
    chat = _reach(fake, call)
    buttons, keyboard = _keyboard(call)
    reply = call.object("reply_parameters") or {}
    here = fake.chats.setdefault(chat, {})
    answers = reply.get("message_id")
    if answers and answers not in here and not reply.get("allow_sending_without_reply"):
        raise Refused(400, "Bad Request: message to be replied not found")
    shown = Shown(
        chat=chat,
        id=fake.number(chat),
        text=text,
        sender=BOT_ID,
        buttons=buttons,
        keyboard=keyboard,
        document=document,
        reply_to=answers,
    )
    here[shown.id] = shown
    fake.sent.append(shown)
    return shown


def _reach(fake: "FakeTelegram", call: Call) -> int:
    chat = call.number("chat_id")
    if chat in fake.groups:
        group = fake.groups[chat]
        if group.moved_to is not None:
            why = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refused(400, why, migrate_to_chat_id=group.moved_to)
        if not group.bot_inside:
            raise Refused(403, "Forbidden: bot was kicked from the group chat")
        return chat
    if chat not in fake.people:
        raise Refused(400, "Bad Request: chat not found")
    if fake.people[chat].blocked:
        raise Refused(403, "Forbidden: bot was blocked by the user")
    if not fake.people[chat].started:
        raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
    return chat


def _find(fake: "FakeTelegram", call: Call) -> Shown:
    shown = fake.chats.get(_reach(fake, call), {}).get(call.number("message_id") or 0)
    if shown is None:
        raise Refused(400, "Bad Request: message to edit not found")
    return shown


def _text(text: str, most: int, *, empty: bool = False) -> str:
    if not text.strip() and not empty:
        raise Refused(400, "Bad Request: message text is empty")
    if _units(text) > most:
        raise Refused(400, "Bad Request: message is too long")
    return text


def _keyboard(call: Call) -> tuple[list[tuple[str, str]], dict[str, Any] | None]:
    markup = call.object("reply_markup") or {}
    if "inline_keyboard" not in markup:
        return [], markup or None
    found = []
    for button in (one for row in markup["inline_keyboard"] for one in row):
        if "copy_text" in button:
            copied = button["copy_text"]["text"]
            if not 1 <= len(copied) <= MOST_COPIED:
                raise Refused(400, "Bad Request: BUTTON_COPY_TEXT_INVALID")
            found.append((button["text"], f"copy:{copied}"))
            continue
        if "callback_data" not in button or not 1 <= len(button["callback_data"].encode()) <= MOST_DATA:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        found.append((button["text"], button["callback_data"]))
    return found, None


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


METHODS: dict[str, Callable[["FakeTelegram", Call], Any]] = {
    "getMe": lambda fake, call: me() | {"can_join_groups": True, "can_read_all_group_messages": not fake.privacy},
    "sendMessage": _send_message,
    "sendDocument": _send_file,
    "sendPhoto": _send_file,
    "editMessageText": _edit_text,
    "editMessageReplyMarkup": _edit_markup,
    "answerCallbackQuery": _answer_tap,
    "sendChatAction": _chat_action,
    "getFile": _get_file,
    "setWebhook": _set_webhook,
    "deleteWebhook": _delete_webhook,
    "getMyCommands": _get_commands,
    "setMyCommands": _set_commands,
    "getWebhookInfo": _webhook_info,
}
