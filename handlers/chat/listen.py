"""Works off what the platforms brought: who spoke, what they mean, where the answer goes."""

import logging
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.actions.messages import evidence, proofs, updates
from bot.actions.messages.evidence import SentFile
from bot.actions.messages.updates import Speaker
from bot.actions.people import bind_codes, binding, reach
from bot.channels.base import SHARE_PHONE, Fetching, SendFailed
from bot.engine import Engine
from handlers.chat.commands import BY_CODE, pressed
from handlers.chat.platforms.heard import Heard, HeardKind, Reader
from handlers.chat.reply import Conversation, Reply
from storage.records import AnswerTo, Inbound, Person

log = logging.getLogger(__name__)

# What 公众号 says became of a template message, without white space.
ARRIVED, REFUSED_BY_PERSON = "success", "failed:userblock"
BOUNCES = {REFUSED_BY_PERSON: "refused", "failed:systemfailed": "system"}
UNKNOWN_FOR = timedelta(minutes=2)  # so long a message nobody knows may still be ours
AT_ONCE = 20  # updates dealt with before their answers go out

BIND = re.compile(r"^\s*(?:绑定|确认|bind|confirm|/start)\s*([A-Z0-9]{6,12})[\s。.]*$", re.IGNORECASE)
MOBILE = re.compile(r"1[3-9][0-9]{9}")
CONFIRM = re.compile(rf"{binding.CONFIRM}:([A-Z0-9]{{6,12}})")


class NotKept(Exception):
    """The database could not keep the words just now; the update is taken up again."""


class Listener:
    """Turns waiting updates into turns of conversation; doing one twice changes nothing."""

    def __init__(self, engine: Engine, readers: Mapping[str, Reader], board_url: str = "") -> None:
        """`board_url` is the page on which the board signs people in; empty where there is none."""
        self._engine, self._context, self._wording = engine, engine.context, engine.wording
        self._readers = readers
        self._conversation = Conversation(engine.context, engine.wording, board_url)

    async def work(self) -> int:
        """Deal with everything that waits; returns how many updates were dealt with."""
        done = 0
        while dealt := await self.some():
            done += dealt
        return done

    async def some(self) -> int:
        """Deal with the oldest updates, so few that their answers need not wait long; 0 when none could be."""
        batch = await self._engine.database.run(updates.waiting, self._context, AT_ONCE)
        dealt = {one.id: await self._one(one) for one in batch}
        ends = {number: reason for number, reason in dealt.items() if reason is not None}
        if ends:
            # Together: one that is dealt with again after a crash changes nothing.
            numbers = [one.id for one in batch if one.id in ends and self._holds_number(one)]
            await self._engine.database.run(updates.settle, self._context, ends, numbers)
        return len(ends)

    def _holds_number(self, update: Inbound) -> bool:
        """Whether somebody shared their telephone number: once it is compared, nobody needs it raw."""
        try:
            heard = self._readers[update.source].read(update.raw)
        except (ValueError, KeyError):
            return False
        return heard is not None and heard.kind == HeardKind.PHONE

    async def _one(self, update: Inbound) -> str | None:
        """Deal with one update; returns why it was not understood, or None when it could not even be kept."""
        reason = ""
        try:
            reader = self._readers.get(update.source)
            heard = reader.read(update.raw) if reader else None
            if heard is not None:
                await self._deal(update.source, replace(heard, at=min(heard.at, update.received_at)))
        except NotKept:
            return None
        except ValueError as error:
            reason = type(error).__name__
        except Exception as error:
            # The words may be in the error's own text, so only its name is logged.
            reason = type(error).__name__
            log.error("update not handled", extra={"action": "listen", "update": update.id, "error": reason})
        return reason

    async def _deal(self, channel: str, heard: Heard) -> None:
        run = self._engine.database.run
        if heard.in_group and heard.text:
            # A code is for nobody else's eyes: where others read it, it is worthless from now on.
            await run(bind_codes.shown_to_others, self._context, heard.text, channel, heard.address)
        if heard.kind == HeardKind.BLOCKED:
            await run(binding.unreachable, self._context, channel, heard.address)
            return
        if heard.kind == HeardKind.OUTCOME:
            await run(self._outcome, channel, heard)
            return
        if heard.kind in (HeardKind.START, HeardKind.PHONE) or _code_in(heard):
            await run(self._bind, channel, heard)
        elif heard.kind == HeardKind.WORDLESS:
            await run(self._cannot_read, channel, heard)
        elif heard.kind in (HeardKind.TEXT, HeardKind.TAP) and not heard.details.get("answered"):
            person, ticket_id = await run(self._spoken, channel, heard)
            if person is not None and heard.files:
                await self._take_files(channel, heard, person, ticket_id)
        if not heard.in_group:
            # After the answer: what it has just settled needs no card.
            await run(reach.heard_from, self._context, channel, heard.address)

    def _outcome(self, channel: str, heard: Heard) -> None:
        """Keep the proof that a message arrived, or send it another way."""
        status, number = "".join(heard.text.split()), heard.message_id
        if status == ARRIVED:
            known = proofs.arrived(self._context, channel, number)
        else:
            if status == REFUSED_BY_PERSON:
                binding.unreachable(self._context, channel, heard.address)
            reason = self._wording(
                "message.bounced", why=self._wording(f"message.bounced_{BOUNCES.get(status, 'else')}")
            )
            known = proofs.bounced(self._context, channel, number, reason, self._engine.channels)
        if not known and self._context.now() < heard.at + UNKNOWN_FOR:
            # It may have overtaken our own note that the platform took it.
            raise NotKept

    def _spoken(self, channel: str, heard: Heard) -> tuple[Person | None, int | None]:
        """Answer what was said; returns who spoke, and about which ticket."""
        speaker = updates.speaker(self._context, channel, heard.address, heard.reply_to)
        if speaker.person is None:
            self._hint(channel, heard)
            return None, None
        if not heard.action and not heard.text.strip():
            return speaker.person, speaker.ticket_id
        if heard.details.get("forwarded"):
            # Somebody else's words are nobody's answer: a colleague's “办结 3” may mean another ticket.
            if not heard.in_group:
                text, intent = self._wording("chat.forwarded"), f"forwarded:{channel}:{heard.event_id}"
                self._say(intent, channel, heard, text, speaker.person.id)
            return speaker.person, speaker.ticket_id
        reply = self._hear(channel, heard, speaker.person, speaker)
        if not reply.kept:
            raise NotKept
        return speaker.person, reply.ticket_id

    def _cannot_read(self, channel: str, heard: Heard) -> None:
        """Whoever speaks into the telephone must not believe that it was recorded."""
        person = updates.speaker(self._context, channel, heard.address, "").person
        if person is None:
            self._hint(channel, heard)
        elif not heard.in_group:
            text = self._wording("chat.wordless")
            self._say(f"wordless:{channel}:{heard.event_id}", channel, heard, text, person.id)

    def _hear(self, channel: str, heard: Heard, person: Person, speaker: Speaker) -> Reply:
        tap = pressed(heard.action) if heard.action else None
        words = tap[0] if tap else heard.action or heard.text
        return self._conversation.hear(
            person_id=person.id,
            text=words,
            at=heard.at,
            via=channel,
            event_id=heard.event_id,
            reply_to_ticket=None if heard.action else speaker.ticket_id,
            answer_to=self._answer_to(channel, heard, changes_card=self._changes_card(channel, heard)),
            action=heard.action,
        )

    def _changes_card(self, channel: str, heard: Heard) -> bool:
        """Whether the answer takes the place of the card: not of a list, which would lose its other tickets."""
        row = BY_CODE.get(heard.action.partition(":")[0])
        return row is not None and row.changes and not updates.on_list(self._context, channel, heard.card)

    async def _take_files(self, channel: str, heard: Heard, person: Person, ticket_id: int | None) -> None:
        way: object = self._engine.channels.get(channel)
        sent, lost = list[SentFile](), list[SendFailed]()
        if not isinstance(way, Fetching):
            return
        for file in heard.files:
            try:
                sent.append(SentFile(name=file.name, media_type=file.media_type, body=await way.fetch(file.reference)))
            except SendFailed as failure:
                lost.append(failure)
                log.warning("file not fetched: %s", failure.reason, extra={"action": "fetch", "channel": channel})
        run = self._engine.database.run
        ticket = await run(evidence.attach, self._context, person.id, heard.at, sent, ticket_id, channel)
        if ticket is None:
            text = self._wording("chat.file_whose")
        elif lost and lost[0].permanent:
            text = self._wording("chat.file_refused", number=ticket.number, reason=lost[0].reason)
        elif lost:
            text = self._wording("chat.file_lost", number=ticket.number)
        else:
            text = self._wording("chat.file_kept", number=ticket.number, count=len(sent))
        about = ticket.id if ticket else None
        await run(self._say, f"file:{channel}:{heard.event_id}", channel, heard, text, person.id, about=about)

    def _bind(self, channel: str, heard: Heard) -> None:
        if heard.in_group:
            return None  # whoever is not bound hears nothing in a group
        code = _code_in(heard) or heard.text.strip()
        if heard.kind == HeardKind.PHONE:
            bound = binding.by_phone(self._context, self._engine.sealer, heard.text, channel, heard.address)
        else:
            bound = binding.by_code(self._context, code, channel, heard.address) if code else None
        if bound is not None:
            text = self._wording("chat.bound", name=bound.person.name)
            person_id = bound.person.id
        elif heard.kind == HeardKind.START and not code:
            return self._welcome(channel, heard)
        elif until := bind_codes.locked_until(self._context, channel, heard.address):
            return self._locked(channel, heard, until)
        else:
            text, person_id = self._not_bound(channel, heard, code)
        intent, stop_asking = f"bind:{channel}:{heard.event_id}", (("", SHARE_PHONE),) if bound else ()
        self._say(intent, channel, heard, text, person_id, stop_asking, changes_card=bool(heard.action))
        return None

    def _locked(self, channel: str, heard: Heard, until: datetime) -> None:
        """Whoever tries codes is told once that it is of no use; what they bring meanwhile gets no answer."""
        text = self._wording("chat.bind_locked", until=self._wording.end(until))
        self._say(f"bind_locked:{until.timestamp():.0f}:{channel}:{heard.address}", channel, heard, text)

    def _not_bound(self, channel: str, heard: Heard, code: str) -> tuple[str, int]:
        """Whoever is bound here already is told so: a code brought twice is no failure.

        A number that was only typed is nobody's proof: whether the register knows it is not told.
        """
        person = updates.speaker(self._context, channel, heard.address, "").person
        shared, typed = heard.kind == HeardKind.PHONE, bool(MOBILE.fullmatch(code))
        if shared or typed or person is None:
            key = "phone_unknown" if shared else "phone_typed" if typed else "bind_refused"
            return self._wording(f"chat.{key}"), person.id if person else updates.STRANGER
        return self._wording("chat.bind_used", name=person.name), person.id

    def _welcome(self, channel: str, heard: Heard) -> None:
        speaker = updates.speaker(self._context, channel, heard.address, "")
        if speaker.person is None:
            return self._hint(channel, heard)
        text = self._wording("chat.welcome", name=speaker.person.name)
        return self._say(f"welcome:{channel}:{heard.event_id}", channel, heard, text, speaker.person.id)

    def _hint(self, channel: str, heard: Heard) -> None:
        """Strangers get one hint for ever, and none at all in a group."""
        if not heard.in_group:
            # Where the platform knows verified numbers, one press binds as well.
            share = ((self._wording("chat.button_share_phone"), SHARE_PHONE),)
            text = self._wording("chat.bind_hint")
            self._say(f"hint:{channel}:{heard.address}", channel, heard, text, buttons=share)

    def _say(
        self,
        intent: str,
        channel: str,
        heard: Heard,
        text: str,
        person_id: int = updates.STRANGER,
        buttons: Sequence[tuple[str, str]] = (),
        *,
        changes_card: bool = False,
        about: int | None = None,
    ) -> None:
        to = self._answer_to(channel, heard, changes_card=changes_card)
        updates.say_directly(self._context, intent[:128], to, text, person_id, buttons, about)

    def _answer_to(self, channel: str, heard: Heard, *, changes_card: bool = False) -> AnswerTo:
        return AnswerTo(
            channel=channel,
            address=heard.chat or heard.address,
            reply_to=heard.message_id or heard.card,
            edits=heard.card if changes_card else "",
            callback=heard.callback,
            private=heard.address if heard.in_group else "",
        )


def _code_in(heard: Heard) -> str:
    """The binding code somebody typed, or whose button they pressed; empty where there is none."""
    found = CONFIRM.fullmatch(heard.action) if heard.action else BIND.match(_folded(heard.text))
    return found[1] if found else ""


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
