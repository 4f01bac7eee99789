"""What everyday words hint at: nothing is recorded; one or two buttons are offered with the ticket named."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.actions.undoing import undoable
from bot.rules.calendar.zone import shanghai_day
from handlers.chat.answers.questions import what
from handlers.chat.turn import Reply, Turn, Wish
from storage.records import Role, Ticket

DAY = timedelta(days=1)
Hint = Callable[[Turn, Ticket | None], Reply]


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What is offered where something is hinted at: its buttons, and the text where it is another hint's."""

    codes: tuple[str, ...]
    text: str = ""


OFFERS: Mapping[str, Offer] = {
    "missent": Offer(codes=("move",)),
    "transfer": Offer(codes=("move",), text="missent"),
    "correct": Offer(codes=("false",)),
    "retired": Offer(codes=("false", "move")),
    "cannot": Offer(codes=("more", "hand")),
    "away": Offer(codes=("hand",)),
    "handed_on": Offer(codes=("hand", "move")),
    "acknowledge": Offer(codes=("ack",)),
}
AWAY_NONE = "chat.hint_away_none"
# What is asked for by number where several tickets are open.
ASKED_FOR: Mapping[str, str] = {
    "missent": "transfer",
    "transfer": "transfer",
    "correct": "dispute",
    "retired": "ticket",
    "cannot": "ticket",
    "handed_on": "ticket",
    "acknowledge": "acknowledge",
    "unseen": "what",
}
REMARKS = frozenset({"denied", "not_done", "courtesy", "proof"})


def hinted(verb: str) -> bool:
    """Whether there is an answer to it."""
    return verb in OFFERS or verb in REMARKS or verb in _ANSWERS


def answer(turn: Turn, verb: str, tickets: Sequence[Ticket]) -> Reply:
    """Answer a hint about the one ticket it can mean, if it is one."""
    ticket = tickets[0] if len(tickets) == 1 else None
    if verb in _ANSWERS:
        return _ANSWERS[verb](turn, ticket)
    reason = f"hint_{verb}"
    if verb in REMARKS:
        return Reply(text=turn.wording(f"chat.hint_{verb}"), reason=reason)
    if ticket is None:
        return Reply(text=turn.wording(AWAY_NONE if verb == "away" else "chat.nothing_open"), reason=reason)
    offer = OFFERS[verb]
    text = turn.wording(f"chat.hint_{offer.text or verb}", number=ticket.number, account=ticket.account_name)
    buttons = tuple((turn.wording(f"message.button_{code}"), f"{code}:{ticket.id}") for code in offer.codes)
    return Reply(text=text, ticket_id=ticket.id, buttons=buttons, reason=reason, keeps_card=True)


def _unseen(turn: Turn, ticket: Ticket | None) -> Reply:
    """They say that they have not got it: here it is."""
    if ticket is None:
        return Reply(text=turn.wording("chat.nothing_open"), reason="hint_unseen")
    return what(turn, Wish(command="what", tickets=(ticket,)))


def _stand_in(turn: Turn, ticket: Ticket | None) -> Reply:
    """How to be away: the command, filled in with tomorrow and the other role."""
    until = turn.wording.day(shanghai_day(turn.now) + DAY)
    account = ticket or next(iter(turn.open), None)
    duties = (
        [turn.directory.duties.get((account.account_id or 0, role)) for role in (Role.PRIMARY, Role.BACKUP)]
        if account
        else []
    )
    other = next((person for person in duties if person not in (None, turn.person_id)), None)
    deputy = turn.name(other) if other else turn.wording("chat.hint_somebody")
    return Reply(text=turn.wording("chat.hint_stand_in", until=until, deputy=deputy), reason="hint_stand_in")


def _mistaken(turn: Turn, _ticket: Ticket | None) -> Reply:
    """They say it was a mistake: offer to take back what they did just now."""
    act = undoable(turn.work, turn.person_id)
    if act is None:
        return Reply(text=turn.wording("chat.hint_mistaken_none"), reason="hint_mistaken")
    seen = turn.seen(act.ticket_id) if act.ticket_id else None
    verb = turn.wording(f"verb.{act.verb}")
    if seen is None:
        return Reply(text=turn.wording("chat.hint_mistaken_leave", verb=verb), reason="hint_mistaken")
    button = (turn.wording("message.button_undo"), f"undo:{seen.id}")
    text = turn.wording("chat.hint_mistaken", verb=verb, number=seen.number, account=seen.account_name)
    return Reply(text=text, ticket_id=seen.id, buttons=(button,), reason="hint_mistaken", keeps_card=True)


_ANSWERS: Mapping[str, Hint] = {"unseen": _unseen, "stand_in": _stand_in, "mistaken": _mistaken}
