"""A Telegram of our own: a real HTTP server that speaks the Bot API, and people who write, tap and block."""

import asyncio
import itertools
import json
import ssl
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from tests.fakes import telegram_api as api
from tests.fakes.serving import Serving
from tests.fakes.telegram_wire import (
    BOT_ID,
    HTML,
    TOKEN,
    Answer,
    Call,
    Fault,
    Shown,
    read_body,
    read_call,
    refusal,
    write,
)

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loads no certificates, which takes long: all here is plain HTTP


class FakeTelegram:
    """The server and everything that happened on it; methods may be called from any thread but its own."""

    def __init__(self, *, token: str = TOKEN, privacy: bool = True) -> None:
        self.token, self.privacy = token, privacy
        self.lock = threading.RLock()
        self.calls: list[Call] = []  # everything that was asked
        self.sent: list[Shown] = []  # every message the bot really sent, in order
        self.edited: list[Shown] = []  # every change the bot really made
        self.answered: list[str] = []  # taps the bot answered
        self.taps: set[str] = set()  # taps that may still be answered
        self.faults: list[Fault] = []
        self.people: dict[int, Person] = {}
        self.groups: dict[int, Group] = {}
        self.chats: dict[int, dict[int, Shown]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.said_sizes: dict[str, int] = {}  # file id -> a size that is not true
        self.updates: list[dict[str, Any]] = []  # not confirmed yet
        self.webhook: dict[str, Any] = {}
        self.commands: dict[str, list[dict[str, Any]]] = {}  # by language; "" is everybody else's
        self.pushed: list[tuple[int, int]] = []  # update id, what the webhook answered (0: nothing)
        self.push_tries = 20
        self.broken: list[str] = []  # mistakes of this fake itself
        self.polls = 0
        self.clock: Callable[[], float] = time.time
        self._numbers: defaultdict[int, itertools.count[int]] = defaultdict(lambda: itertools.count(1))
        self._update_ids = itertools.count(700_000_001)
        self._serving = Serving(self._serve)

    def __enter__(self) -> Self:
        self._serving.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._serving.__exit__(*problem)
        assert not self.broken, self.broken[0]

    def goes_down(self) -> None:
        """Nobody listens any more."""
        self._serving.__exit__()

    @property
    def url(self) -> str:
        """What goes into the settings as BASE_URL."""
        return self._serving.url

    def person(self, number: int = 1001, name: str = "甲", *, started: bool = True) -> "Person":
        """Somebody with Telegram."""
        self.people[number] = Person(fake=self, id=number, name=name, started=started)
        return self.people[number]

    def group(self, number: int = -500, title: str = "督办群", *, kind: str = "group") -> "Group":
        """A group the bot is in."""
        self.groups[number] = Group(fake=self, id=number, title=title, kind=kind)
        return self.groups[number]

    def seen(self, chat: int) -> list[Shown]:
        """The bot's messages of a chat as they stand now."""
        with self.lock:
            return [one for one in self.chats.get(chat, {}).values() if one.sender == BOT_ID]

    def late(self, method: str, seconds: float, **more: Any) -> None:
        """Do the next such call, but answer late."""
        self.faults.append(Fault(method=method, executed=True, wait=seconds, **more))

    def cut(self, method: str, *, executed: bool, **more: Any) -> None:
        """Tear the connection of the next such call."""
        self.faults.append(Fault(method=method, executed=executed, cut=True, **more))

    def drip(self, method: str, seconds: float, **more: Any) -> None:
        """Do the next such call, and answer byte by byte."""
        self.faults.append(Fault(method=method, executed=True, drip=seconds, **more))

    def drop(self, method: str, **more: Any) -> None:
        """Say yes to the next such call, but show nobody."""
        self.faults.append(Fault(method=method, executed=True, shown=False, **more))

    def refuse(self, method: str, status: int, why: str, *, parameters: Any = None, **more: Any) -> None:
        """Say no to the next such call."""
        answer = refusal(status, why, **(parameters or {}))
        self.faults.append(Fault(method=method, answer=answer, **more))

    def flood(self, method: str, seconds: int, **more: Any) -> None:
        """Answer 429 to the next such call."""
        why = f"Too Many Requests: retry after {seconds}"
        self.refuse(method, 429, why, parameters={"retry_after": seconds}, **more)

    def junk(self, method: str, status: int, body: bytes = HTML, *, executed: bool = False, **more: Any) -> None:
        """Answer the next such call with what no Bot API says."""
        answer = Answer(status=status, body=body, media_type="text/html")
        self.faults.append(Fault(method=method, executed=executed, answer=answer, **more))

    def redeliver(self, *updates: dict[str, Any]) -> None:
        """Bring updates again, in the order given."""
        with self.lock:
            if not self.webhook.get("url"):
                self.updates.extend(updates)
        self.bring(updates)

    def push(self, update: dict[str, Any], url: str, *, secret: str | None = None) -> int:
        """Push one update to an address and return what it answers."""
        return self._serving.wait(self._push_once(update, url, secret))

    def push_at_once(self, update: dict[str, Any], urls: Sequence[str]) -> list[int]:
        """Push one update to several addresses at the same moment."""

        async def all_of_them() -> list[int]:
            return await asyncio.gather(*(self._push_once(update, url, None) for url in urls))

        return self._serving.wait(all_of_them())

    def update(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """Make an update and bring it to the bot by whatever way it has chosen."""
        made = {"update_id": next(self._update_ids), kind: content}
        allowed = self.webhook.get("allowed_updates")
        if allowed and kind not in allowed:
            return made
        with self.lock:
            self.updates.append(made)
        self.bring([made])
        return made

    def number(self, chat: int = 0) -> int:
        """The next message id of a chat: every chat counts for itself."""
        return next(self._numbers[chat])

    def bring(self, updates: Sequence[dict[str, Any]]) -> None:
        """Push updates, if the bot wants them pushed."""
        if url := self.webhook.get("url"):
            for one in updates:
                self._serving.soon(self._push_until_taken(one, url))

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self._dispatch(scope, receive, send)
        except Exception:
            self.broken.append(traceback.format_exc())
            raise

    async def _dispatch(self, scope: Any, receive: Any, send: Any) -> None:
        path, body = scope["path"], await read_body(receive)
        at = time.monotonic()
        if path.startswith("/file/"):
            await write(send, api.download(self, path))
        elif not path.startswith(f"/bot{self.token}/"):
            await write(send, refusal(401, "Unauthorized"))
        else:
            call = read_call(path.rpartition("/")[2], scope, body, at)
            await self._answer(call, scope, send)

    async def _answer(self, call: Call, scope: Any, send: Any) -> None:
        with self.lock:
            self.calls.append(call)
            fault = next((one for one in self.faults if one.meets(call)), None)
            if fault is not None:
                fault.times -= 1
        if fault is None:
            await write(send, await api.execute(self, call))
            return
        answer = await api.execute(self, call, shown=fault.shown) if fault.executed else fault.answer
        await asyncio.sleep(fault.wait)
        if fault.cut:
            self._serving.cut(scope)
        else:
            await write(send, fault.answer or answer or refusal(500, "Internal Server Error"), fault.drip)

    async def _push_until_taken(self, update: dict[str, Any], url: str) -> None:
        for tries in range(self.push_tries):
            status = await self._push_once(update, url, None)
            self.pushed.append((update["update_id"], status))
            if 200 <= status < 300:
                with self.lock, suppress(ValueError):
                    self.updates.remove(update)
                return
            await asyncio.sleep(min(0.05 * 2**tries, 1))

    async def _push_once(self, update: dict[str, Any], url: str, secret: str | None) -> int:
        headers = {"content-type": "application/json"}
        known = self.webhook.get("secret_token") if secret is None else secret
        if known:
            headers["x-telegram-bot-api-secret-token"] = known
        try:
            async with httpx.AsyncClient(timeout=60, verify=PLAIN, trust_env=False) as client:
                answer = await client.post(url, content=json.dumps(update).encode(), headers=headers)
        except httpx.HTTPError:
            return 0
        return answer.status_code


@dataclass(kw_only=True)
class Person:
    """Somebody who uses Telegram; every act returns the update it makes."""

    fake: FakeTelegram = field(repr=False)
    id: int
    name: str
    started: bool = True
    blocked: bool = False

    @property
    def sees(self) -> list[Shown]:
        """What the bot told this person, as it stands now."""
        return self.fake.seen(self.id)

    def start(self, code: str = "") -> dict[str, Any]:
        """Press start, perhaps by a link with a code."""
        self.started, self.blocked = True, False
        return self.says(f"/start {code}".strip())

    def says(self, text: str, *, reply_to: Shown | None = None, chat: int | None = None) -> dict[str, Any]:
        """Type something, in private or in a group."""
        return self._writes({"text": text, **_entities(text, "entities")}, reply_to, chat)

    def edits(self, text: str) -> dict[str, Any]:
        """Change something typed before."""
        return self.fake.update("edited_message", api.message(self.fake, self, self.id, {"text": text}))

    def taps(self, message: Shown, action: str) -> dict[str, Any]:
        """Press a button of a message."""
        tap = f"tap-{self.fake.number()}"
        self.fake.taps.add(tap)
        shown = api.shown_as_json(self.fake, message)
        query = {"id": tap, "from": api.person_as_json(self), "chat_instance": "1", "message": shown, "data": action}
        return self.fake.update("callback_query", query)

    def sends_photo(self, body: bytes, caption: str = "", *, reply_to: Shown | None = None) -> dict[str, Any]:
        """Send a picture, in two sizes as Telegram keeps it."""
        sizes = [api.keep_file(self.fake, "photo", body[: len(body) // 2]), api.keep_file(self.fake, "photo", body)]
        photo = [{**size, "width": 90 * n, "height": 60 * n} for n, size in enumerate(sizes, 1)]
        return self._writes({"photo": photo, **_caption(caption)}, reply_to, None)

    def sends_document(
        self, name: str, body: bytes, caption: str = "", *, media_type: str = "application/pdf", chat: int | None = None
    ) -> dict[str, Any]:
        """Send a file."""
        document = {**api.keep_file(self.fake, "documents", body), "file_name": name, "mime_type": media_type}
        return self._writes({"document": document, **_caption(caption)}, None, chat)

    def speaks(self, *, chat: int | None = None) -> dict[str, Any]:
        """Send a voice message."""
        voice = {**api.keep_file(self.fake, "voice", b"OggS"), "duration": 3, "mime_type": "audio/ogg"}
        return self._writes({"voice": voice}, None, chat)

    def shares_phone(self, number: str, owner: int | None = None) -> dict[str, Any]:
        """Share a telephone number: their own, or somebody else's from the address book."""
        contact = {"phone_number": number, "first_name": self.name, "user_id": self.id if owner is None else owner}
        return self._writes({"contact": contact}, None, None)

    def blocks(self) -> dict[str, Any]:
        """Shut the door."""
        self.blocked = True
        return self._door("member", "kicked")

    def unblocks(self) -> dict[str, Any]:
        """Open it again."""
        self.blocked = False
        return self._door("kicked", "member")

    def _writes(self, content: dict[str, Any], reply_to: Shown | None, chat: int | None) -> dict[str, Any]:
        here = self.id if chat is None else chat
        made = api.message(self.fake, self, here, content, reply_to)
        group = self.fake.groups.get(here)
        if group and self.fake.privacy and not api.let_through(made):
            return {"update_id": 0, "message": made}
        return self.fake.update("message", made)

    def _door(self, before: str, after: str) -> dict[str, Any]:
        return self.fake.update("my_chat_member", api.member_change(self.fake, self, self.id, before, after))


@dataclass(kw_only=True)
class Group:
    """A group with the bot in it."""

    fake: FakeTelegram = field(repr=False)
    id: int
    title: str
    kind: str = "group"
    bot_inside: bool = True
    moved_to: int | None = None

    @property
    def sees(self) -> list[Shown]:
        """What the bot wrote here, as it stands now."""
        return self.fake.seen(self.id)

    def becomes_supergroup(self, number: int) -> "Group":
        """Telegram gives the group a new id."""
        self.moved_to = number
        return self.fake.group(number, self.title, kind="supergroup")

    def throws_out(self, by: Person) -> dict[str, Any]:
        """Somebody removes the bot."""
        self.bot_inside = False
        change = api.member_change(self.fake, by, self.id, "member", "kicked")
        return self.fake.update("my_chat_member", change)


def _caption(text: str) -> dict[str, Any]:
    return {"caption": text, **_entities(text, "caption_entities")} if text else {}


def _entities(text: str, name: str) -> dict[str, Any]:
    found = api.entities(text)
    return {name: found} if found else {}
