"""Tickets moved: taken, completed, handed over, sent back; and the last of it taken back."""

import re
from collections.abc import Callable
from dataclasses import replace

from bot.actions.tickets.tickets import answer as act
from bot.actions.undoing import undo_last
from bot.rules.refused import MoveRefused
from bot.rules.tickets.lifecycle import Verb
from handlers.chat.answers.tickets import buttons, late, limit
from handlers.chat.turn import Reply, Turn, Wish
from handlers.chat.words.numbers import is_place
from storage.records import Ticket, number_key

AT_ALL = re.compile(
    r"(?:我的?)?(?:刚才|刚刚|上一步|上次|一下|了|吧|的|操作|签收|办结|误报|请假|转B角|延期|转派)+", re.IGNORECASE
)
UNKNOWN = 0  # no ticket has this id


def carry_out(turn: Turn, wish: Wish) -> Reply:
    """Do to each ticket what was asked, and say of each what became of it."""
    if wish.verb is None:
        raise ValueError(f"{wish.command} changes no ticket")
    replies = [_carry_out(turn, wish, wish.verb, ticket) for ticket in wish.tickets]
    if len(replies) == 1:
        return replies[0]
    reasons = dict.fromkeys(reply.reason for reply in replies if reply.reason)
    return Reply(text="\n\n".join(reply.text for reply in replies), reason=" ".join(reasons))


def undo(turn: Turn, wish: Wish) -> Reply:
    """Take back what the person did last; a ticket that is named must be the one."""
    try:
        undone = undo_last(turn.work, turn.answer(""), _expected(turn, wish.text))
    except MoveRefused as refused:
        return turn.refuse(refused)
    wording, ticket = turn.wording, undone.ticket
    verb = wording(f"verb.{undone.verb}")
    if ticket is None:
        return Reply(text=wording("chat.undone_leave"))
    about = {"number": ticket.number, "account": ticket.account_name, "state": wording.state(ticket.state)}
    lines = [wording("chat.undone", verb=verb, **about), *(limit(turn, ticket) if ticket.state.open else ())]
    return Reply(text="\n".join(lines), ticket_id=ticket.id, buttons=buttons(turn, ticket))


def cancel(turn: Turn, _wish: Wish) -> Reply:
    """Drop the question that waits; the last list keeps its numbers."""
    if not turn.numbering.waiting:
        return Reply(text=turn.wording("chat.nothing_to_cancel"))
    turn.remember()
    return Reply(text=turn.wording("chat.cancelled"))


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
    shown = buttons(turn, after) if after.state.open else ()
    return Reply(text="\n".join(lines), ticket_id=after.id, buttons=shown)


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
    text = ticket.completion_text or turn.wording("chat.paste_default")
    return [_done(turn, ticket), turn.wording("chat.paste", text=text)]


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
