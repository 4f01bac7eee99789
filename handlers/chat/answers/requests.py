"""What people ask somebody above: 误报, 延期, 转派; and what those above answer: 同意, 不同意."""

from collections.abc import Sequence
from dataclasses import replace

from bot.actions.tickets import requests
from bot.actions.tickets.requests import AskedRequest, WaitingRequest
from bot.rules.calendar.zone import shanghai_day
from bot.rules.refused import MoveRefused
from bot.rules.tickets.access import Right
from bot.rules.tickets.lifecycle import Verb
from bot.rules.tickets.requests import VERBS, may_decide
from bot.rules.tickets.targets import Named, Target, find_target
from handlers.chat.answers.moves import on_behalf
from handlers.chat.answers.tickets import BUTTONS_IN_A_LIST, asked_line, buttons, limit, verdicts
from handlers.chat.turn import Reply, Turn, Wish
from handlers.chat.words.until import read_until
from storage.records import Request, RequestKind, Ticket

OFFERED = 8  # so many names or requests are offered to choose from
LISTED = "requests:"  # begins what is remembered of a question over requests
TARGETS = "targets:"  # begins what is remembered of a question over places to go to, with their names
TARGETS_END = "\n\n"  # what is said next follows
CODES = {"approve": "ok", "refuse": "no"}
KIND_WORDS = {"延期": RequestKind.EXTENSION, "误报": RequestKind.DISPUTE, "转派": RequestKind.TRANSFER}


def dispute(turn: Turn, wish: Wish) -> Reply:
    """Claim that the ticket is a false alarm."""
    return _ask(turn, wish, RequestKind.DISPUTE)


def extend(turn: Turn, wish: Wish) -> Reply:
    """Ask for more time: until when, and why."""
    ticket = wish.tickets[0]
    try:
        hand = requests.opened(turn.work, ticket.id, RequestKind.EXTENSION, turn.answer(wish.text))
        read = read_until(wish.text, shanghai_day(turn.now))
        if read is None:
            return turn.ask(wish.command, ticket, wish.text, "until", due=turn.wording.due(ticket))
        until, reason = read
        asked = requests.ask(turn.work, hand, RequestKind.EXTENSION, turn.answer(reason), until)
    except MoveRefused as refused:
        return _refused(turn, wish, ticket, refused, Verb.EXTEND)
    return _asked(turn, asked)


def transfer(turn: Turn, wish: Wish) -> Reply:
    """Say that the ticket is not one's own; at the desk, give it to whom it belongs."""
    ticket, wish = wish.tickets[0], replace(wish, text=_without_list(wish.text))
    if not wish.text:
        return turn.ask(wish.command, ticket, "", "target")
    if not turn.may(Right.ROUTE, ticket):
        return _ask(turn, wish, RequestKind.TRANSFER)
    named = find_target(wish.text, ticket, turn.directory)
    if len(named.targets) != 1:
        return _which_target(turn, wish, ticket, named)
    return _moved(turn, wish, ticket, named.targets[0])


def decide(turn: Turn, wish: Wish) -> Reply:
    """Grant or refuse what was asked about a ticket, or the very request whose button was pressed."""
    granted = wish.verb == Verb.APPROVE
    if wish.request_id is not None:
        return _decided(turn, wish, wish.request_id, granted)
    if not wish.tickets:
        return _of_all(turn, wish, granted)
    ticket = wish.tickets[0]
    pending = requests.pending(turn.work, ticket.id)
    found = [request for request in pending if _named_kind(turn, request)] or pending
    mine = [one for one in found if may_decide(turn.person_id, one, ticket, turn.directory, turn.now)]
    if len(mine) == 1:
        return _decided(turn, wish, mine[0].id, granted)
    if mine:
        return _which_request(turn, wish, [WaitingRequest(request=one, ticket=ticket) for one in mine])
    last = requests.last_decided(turn.work, ticket.id)
    if found or last is None or not turn.may(Right.REVIEW, ticket):
        key = "not_yours" if found or not turn.may(Right.REVIEW, ticket) else "nothing_asked"
        return turn.refuse(MoveRefused(key, number=ticket.number), ticket, str(wish.verb))
    return turn.refuse(requests.decided_before(turn.work, ticket, last), ticket)


def _of_all(turn: Turn, wish: Wish, granted: bool) -> Reply:
    """Without a number: the one request that waits for this person, else they are asked over all of them."""
    waiting = requests.to_decide(turn.work, turn.person_id)
    found = [one for one in waiting if _named_kind(turn, one.request)] or waiting
    if not found:
        return Reply(text=turn.wording(f"above.none_{wish.command}"), reason="nothing_fits")
    return _decided(turn, wish, found[0].request.id, granted) if len(found) == 1 else _which_request(turn, wish, found)


def listed_request(turn: Turn, place: int) -> int | None:
    """The request at a place of the list this person was asked over; None where they were asked no such thing."""
    waits = turn.numbering
    if not waits.waiting or not waits.text.startswith(LISTED):
        return None
    ids = waits.text.removeprefix(LISTED).partition(" ")[0].split(",")
    return int(ids[place - 1]) if 0 < place <= len(ids) else None


def listed_target(turn: Turn, place: int) -> str | None:
    """The name at a place of the list this person was asked over; None where they were asked no such thing."""
    waits = turn.numbering
    if not waits.words or not waits.text.startswith(TARGETS):
        return None
    names = waits.text.removeprefix(TARGETS).partition(TARGETS_END)[0].split("\n")
    return names[place - 1] if 0 < place <= len(names) else None


def undecided(turn: Turn) -> list[Ticket]:
    """Return the tickets with something this person may decide, each once."""
    waiting = requests.to_decide(turn.work, turn.person_id)
    return list({one.ticket.id: one.ticket for one in waiting}.values())


def _ask(turn: Turn, wish: Wish, kind: RequestKind) -> Reply:
    ticket = wish.tickets[0]
    try:
        given = turn.answer(wish.text)
        hand = requests.opened(turn.work, ticket.id, kind, given)
        return _asked(turn, requests.ask(turn.work, hand, kind, given))
    except MoveRefused as refused:
        return _refused(turn, wish, ticket, refused, VERBS[kind])


def _asked(turn: Turn, asked: AskedRequest) -> Reply:
    wording, ticket, request = turn.wording, asked.ticket, asked.request
    about = {"number": ticket.number, "account": ticket.account_name, "at": wording.moment_short(turn.at)}
    until = wording.end(request.until) if request.until else ""
    names = wording("format.between_names").join(turn.name(person) for person in asked.people)
    lines = [wording(f"chat.asked_{request.kind}", text=request.text, until=until, **about)]
    lines.append(wording("chat.asked_people", who=names) if names else wording("chat.asked_nobody"))
    lines += [*limit(turn, ticket), *on_behalf(turn)]
    return Reply(text="\n".join(lines), ticket_id=ticket.id, buttons=buttons(turn, ticket))


def _decided(turn: Turn, wish: Wish, request_id: int, granted: bool) -> Reply:
    known = requests.waiting(turn.work, request_id)
    if known is None:
        return turn.refuse(MoveRefused("request_unknown"))
    ticket, target = known.ticket, None
    if granted and known.request.kind == RequestKind.TRANSFER:
        named = find_target(known.request.text, ticket, turn.directory)
        if len(named.targets) > 1 and known.request.pending and turn.may(Right.ROUTE, ticket):
            return _which_target(turn, Wish(command="transfer"), ticket, named)
        target = named.targets[0] if len(named.targets) == 1 else None
    try:
        done = requests.rule(turn.work, request_id, granted, turn.answer(wish.text), target)
    except MoveRefused as refused:
        if refused.key == "target_needed":
            return turn.ask("transfer", ticket, "", "target")
        return _refused(turn, wish, ticket, refused, wish.verb or Verb.APPROVE)
    if turn.numbering.text.startswith(LISTED):
        turn.remember(about=done.ticket.id)  # the question is answered
    return _ruled(turn, done, granted, target)


def _ruled(turn: Turn, done: WaitingRequest, granted: bool, target: Target | None) -> Reply:
    ticket, request = done.ticket, done.request
    about = {"number": ticket.number, "account": ticket.account_name, "target": target.name if target else ""}
    key = f"chat.{'granted' if granted else 'refused'}_{request.kind}"
    lines = [turn.wording(key, at=turn.wording.moment_short(turn.at), **about)]
    lines += [*(limit(turn, ticket) if ticket.state.open else ()), *on_behalf(turn)]
    if target is None:
        lines.append(turn.wording("chat.ruling_hint"))
    left = requests.pending(turn.work, ticket.id)
    lines += [asked_line(turn, one) for one in left]
    return Reply(text="\n".join(lines), ticket_id=ticket.id, buttons=verdicts(turn, ticket, left))


def _moved(turn: Turn, wish: Wish, ticket: Ticket, target: Target) -> Reply:
    try:
        after = requests.move_to(turn.work, ticket.id, target, turn.answer(wish.text))
    except MoveRefused as refused:
        return _refused(turn, wish, ticket, refused, Verb.TRANSFER)
    about = {"number": after.number, "account": after.account_name, "target": target.name}
    lines = [turn.wording("chat.granted_transfer", at=turn.wording.moment_short(turn.at), **about)]
    return Reply(text="\n".join([*lines, *limit(turn, after), *on_behalf(turn)]), ticket_id=after.id)


def _which_target(turn: Turn, wish: Wish, ticket: Ticket, named: Named) -> Reply:
    """Nobody is meant, or several are: ask for the full name, or for its number in the list."""
    if not named.targets:
        return turn.ask(wish.command, ticket, "", "target_unknown", word=named.word)
    names = [target.name for target in named.targets[:OFFERED]]
    listed = (turn.wording("chat.target_line", place=place, name=name) for place, name in enumerate(names, 1))
    text = TARGETS + "\n".join(names) + TARGETS_END
    return turn.ask(wish.command, ticket, text, "target_which", word=named.word, names="\n".join(listed))


def _without_list(text: str) -> str:
    """The words, without the names that were offered before them."""
    return (text.partition(TARGETS_END)[2] if text.startswith(TARGETS) else text).strip()


def _which_request(turn: Turn, wish: Wish, found: Sequence[WaitingRequest]) -> Reply:
    """Ask over everything that waits, each with its own number; a button decides at once."""
    asked = found[:OFFERED]
    ids = ",".join(str(one.request.id) for one in asked)
    turn.remember(command=wish.command, text=f"{LISTED}{ids} {wish.text}".strip())
    verb = turn.wording(f"message.button_{CODES[wish.command]}")
    lines = [turn.wording("chat.which_request", count=len(found), verb=verb)]
    for place, one in enumerate(asked, 1):
        about = {"number": one.ticket.number, "account": one.ticket.account_name}
        lines.append(turn.wording("chat.which_request_line", place=place, asked=asked_line(turn, one.request), **about))
    buttons = [(f"{verb} {place}", f"{CODES[wish.command]}:{one.request.id}") for place, one in enumerate(asked, 1)]
    about_one = {one.ticket.id for one in found}
    ticket_id = about_one.pop() if len(about_one) == 1 else None
    return Reply(
        text="\n".join(lines),
        ticket_id=ticket_id,
        buttons=tuple(buttons[:BUTTONS_IN_A_LIST]),
        reason="asked_which",
        keeps_card=True,
    )


def _named_kind(turn: Turn, request: Request) -> bool:
    """Whether the words name this kind of request, or none at all."""
    named = {kind for word, kind in KIND_WORDS.items() if word in turn.kept.said.text}
    return not named or request.kind in named


def _refused(turn: Turn, wish: Wish, ticket: Ticket, refused: MoveRefused, verb: Verb) -> Reply:
    if refused.key == "reason_needed":
        return turn.ask(wish.command, ticket, wish.text, "reason", verb=turn.wording(f"verb.{verb}"))
    return turn.refuse(refused, ticket, verb)
