"""Tickets moved: taken, completed, handed over, sent back; and the last of it taken back."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.actions.tickets import notes, requests
from bot.actions.tickets.tickets import answer as act
from bot.actions.undoing import undo_last
from bot.channels.base import COPY
from bot.rules.refused import MoveRefused
from bot.rules.tickets.lifecycle import Verb
from handlers.chat.answers import hints
from handlers.chat.answers.tickets import Buttons, buttons, late, limit
from handlers.chat.turn import Reply, Turn, Wish
from handlers.chat.words.numbers import is_place
from storage.records import Ticket, TicketState, number_key

AT_ALL = re.compile(
    r"(?:我的?)?(?:刚才|刚刚|上一步|上次|一下|了|吧|的|操作|签收|办结|误报|请假|转B角|延期|转派)+", re.IGNORECASE
)
EXPLANATION = "explanation"  # nothing is asked, but what is typed next explains the 办结 before it
WHOLE = 3  # so many answers at once are told whole
UNKNOWN = 0  # no ticket has this id


def carry_out(turn: Turn, wish: Wish) -> Reply:
    """Do to each ticket what was asked, and say of each what became of it."""
    if wish.verb is None:
        raise ValueError(f"{wish.command} changes no ticket")
    replies = [_carry_out(turn, wish, wish.verb, ticket) for ticket in wish.tickets]
    if wish.verb == Verb.COMPLETE and not wish.text.strip() and len(replies) == 1 and not replies[0].reason:
        turn.remember(command=EXPLANATION, about=replies[0].ticket_id)
    return together(replies, short=len(replies) > WHOLE)


def together(replies: Sequence[Reply], *, short: bool = False) -> Reply:
    """One answer of several; of many each says only its first line."""
    if len(replies) == 1:
        return replies[0]
    reasons = dict.fromkeys(reply.reason for reply in replies if reply.reason)
    texts = [reply.text.partition("\n")[0] if short else reply.text for reply in replies]
    return Reply(
        text=("\n" if short else "\n\n").join(texts),
        reason=" ".join(reasons),
        aside=any(reply.aside for reply in replies),
        private=any(reply.private for reply in replies),
        keeps_card=any(reply.keeps_card for reply in replies),
    )


def undo(turn: Turn, wish: Wish) -> Reply:
    """Take back what the person did last; a ticket that is named must be the one."""
    # A button names the ticket it stands under.
    expected = wish.tickets[0].id if wish.tickets else _expected(turn, wish.text)
    try:
        undone = undo_last(turn.work, turn.answer(""), expected)
    except MoveRefused as refused:
        return turn.refuse(refused)
    wording, ticket = turn.wording, undone.ticket
    verb = wording(f"verb.{undone.verb}")
    if ticket is None:
        return Reply(text=wording("chat.undone_leave"))
    about = {"number": ticket.number, "account": ticket.account_name, "state": wording.state(ticket.state)}
    lines = [wording("chat.undone", verb=verb, **about), *(limit(turn, ticket) if ticket.state.open else ())]
    shown = buttons(turn, ticket, requests.pending(turn.work, ticket.id))
    return Reply(text="\n".join(lines), ticket_id=ticket.id, buttons=shown)


def cancel(turn: Turn, _wish: Wish) -> Reply:
    """Drop the question that waits; the last list keeps its numbers."""
    if turn.numbering.waiting and turn.numbering.command == EXPLANATION:
        # Nothing was asked: what they want back is the 办结 before it.
        return hints.answer(turn, "mistaken", ())
    if not turn.numbering.waiting:
        return Reply(text=turn.wording("chat.nothing_to_cancel"))
    turn.remember()
    return Reply(text=turn.wording("chat.cancelled"))


def not_yet(turn: Turn, wish: Wish) -> Reply:
    """Record no completion; who was asked whether all is done has the ticket in hand, so it counts as taken."""
    wording, [ticket, *more] = turn.wording, wish.tickets
    if more:
        return Reply(text=wording("chat.not_yet_several", count=len(wish.tickets)), reason="not_yet")
    asked = turn.replied is not None or turn.numbering.command == wish.command
    if asked and ticket.state == TicketState.NEW:
        return _carry_out(turn, wish, Verb.ACKNOWLEDGE, ticket)
    head = wording("chat.not_yet", number=ticket.number, account=ticket.account_name)
    lines = [head, *(limit(turn, ticket) if ticket.state.open else ())]
    # What was just denied is not offered.
    shown = tuple(button for button in buttons(turn, ticket) if button[1].startswith("ack:"))
    return Reply(text="\n".join(lines), ticket_id=ticket.id, buttons=shown, reason="not_yet")


def note(turn: Turn, wish: Wish) -> Reply:
    """Add words to a ticket's story, be it completed or archived."""
    ticket = wish.tickets[0]
    try:
        notes.add(turn.work, ticket.id, turn.answer(wish.text))
    except MoveRefused as refused:
        if refused.key == "reason_needed":
            return turn.ask(wish.command, ticket, "", "note")
        return turn.refuse(refused, ticket)
    about = {"number": ticket.number, "account": ticket.account_name}
    lines = [turn.wording("chat.noted", at=turn.wording.moment_short(turn.at), **about), *on_behalf(turn)]
    return Reply(text="\n".join(lines), ticket_id=ticket.id)


def notable(turn: Turn) -> list[Ticket]:
    """Which ticket a note without a number is for: the one spoken of just now, else the open or the last done one."""
    spoken = turn.seen(turn.numbering.about) if turn.numbering.about else None
    done = [ticket for ticket in turn.tickets if ticket.completed_at is not None]
    return [spoken] if spoken else turn.open or sorted(done, key=lambda one: (one.completed_at, one.id))[-1:]


def _expected(turn: Turn, text: str) -> int | None:
    """The ticket named by its number or its place; None where nothing is said of one."""
    number = text.strip().removesuffix("号")
    if not number or AT_ALL.fullmatch(number):
        return None
    if is_place(number) and (listed := turn.numbering.ticket(int(number))) is not None:
        return listed
    known = (one.id for one in (*turn.tickets, *turn.others) if number_key(one.number) == number_key(number))
    return next(known, UNKNOWN)


def _carry_out(turn: Turn, wish: Wish, verb: Verb, ticket: Ticket) -> Reply:
    try:
        after = act(turn.work, ticket.id, verb, turn.answer(wish.text))
    except MoveRefused as refused:
        if refused.key == "reason_needed":
            return turn.ask(wish.command, ticket, wish.text, "reason", verb=turn.wording(f"verb.{verb}"))
        return _as_it_stands(turn, turn.refuse(refused, ticket, verb), ticket)
    worded = _WORDED.get(verb, _recorded)
    lines = [*worded(turn, verb, after), *on_behalf(turn)]
    shown = buttons(turn, after) if after.state.open else after_completion(turn, after)
    return Reply(text="\n".join(lines), ticket_id=after.id, buttons=shown)


def after_completion(turn: Turn, ticket: Ticket) -> Buttons:
    """Offer to take it back, and to copy what the provincial platform wants to read."""
    if ticket.state != TicketState.COMPLETED or ticket.completed_by != turn.person_id:
        return ()
    undo_it = (turn.wording("message.button_undo"), f"undo:{ticket.id}")
    return undo_it, (turn.wording("message.button_copy"), f"{COPY}{pasted(turn, ticket)}")


def pasted(turn: Turn, ticket: Ticket) -> str:
    """Return what is to be pasted into the provincial platform."""
    return ticket.completion_text or turn.wording("chat.paste_default")


def _as_it_stands(turn: Turn, reply: Reply, ticket: Ticket) -> Reply:
    """An old card is brought to the ticket's present state: what can still be pressed stays on it."""
    if turn.replied is None or reply.private:
        return reply
    now = turn.seen(ticket.id)
    return replace(reply, buttons=buttons(turn, now)) if now else reply


def on_behalf(turn: Turn) -> list[str]:
    """Say who recorded it, where it was not the person."""
    who = turn.kept.said.on_behalf_of
    return [turn.wording("chat.on_behalf", who=who)] if who else []


def _acknowledged(turn: Turn, _verb: Verb, ticket: Ticket) -> list[str]:
    at = turn.wording.moment_short(ticket.acknowledged_at or turn.at)
    head = turn.wording("chat.acknowledged", number=ticket.number, account=ticket.account_name, at=at)
    return [head, *limit(turn, ticket), turn.wording("chat.finish_hint")]


def _completed(turn: Turn, _verb: Verb, ticket: Ticket) -> list[str]:
    return [_done(turn, ticket), turn.wording("chat.paste", text=pasted(turn, ticket))]


def _handed_over(turn: Turn, _verb: Verb, ticket: Ticket) -> list[str]:
    about = {"number": ticket.number, "account": ticket.account_name, "to": turn.name(ticket.holder_id)}
    return [turn.wording("chat.handed_over", at=turn.wording.moment_short(turn.at), **about), *limit(turn, ticket)]


def _returned(turn: Turn, _verb: Verb, ticket: Ticket) -> list[str]:
    about = {"number": ticket.number, "account": ticket.account_name, "at": turn.wording.moment_short(turn.at)}
    return [turn.wording("chat.returned", **about), *limit(turn, ticket)]


def _recorded(turn: Turn, verb: Verb, ticket: Ticket) -> list[str]:
    about = {"number": ticket.number, "account": ticket.account_name, "verb": turn.wording(f"verb.{verb}")}
    return [turn.wording("chat.recorded", at=turn.wording.moment_short(turn.at), **about)]


_WORDED: dict[Verb, Callable[[Turn, Verb, Ticket], list[str]]] = {
    Verb.ACKNOWLEDGE: _acknowledged,
    Verb.COMPLETE: _completed,
    Verb.HAND_OVER: _handed_over,
    Verb.RETURN: _returned,
}


def _done(turn: Turn, ticket: Ticket) -> str:
    """Say when it was completed, and how late both ways if it was."""
    wording, at = turn.wording, ticket.completed_at or turn.at
    about = {"number": ticket.number, "account": ticket.account_name, "at": wording.moment_short(at)}
    if ticket.due_day is None:
        return wording("chat.completed_undated", **about)
    if not ticket.overdue(turn.now):
        return wording("chat.completed", **about)
    return late(turn, ticket, "chat.completed_late", about)
