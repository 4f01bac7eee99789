"""Which ticket is meant: named, replied to, the only one; else the person is asked with a numbered list."""

from collections.abc import Sequence
from dataclasses import replace

from bot.actions.tickets import visible
from bot.actions.tickets.tickets import deny
from bot.rules.refused import MoveRefused
from bot.rules.tickets.lifecycle import Verb, states_for
from handlers.chat.answers.moves import EXPLANATION, together
from handlers.chat.answers.requests import LISTED as REQUESTS
from handlers.chat.answers.requests import listed_request
from handlers.chat.answers.tickets import numbered
from handlers.chat.commands import BY_NAME, Command
from handlers.chat.parse import Parsed
from handlers.chat.turn import Reply, Turn, Wish
from handlers.chat.words.numbers import is_place
from storage.records import Ticket, TicketState, number_key

UNFINISHED = "unfinished"  # the question whether all of it is done; a 办结 after it means the same ticket
MOST_AT_ONCE = 10  # tickets in one message, so that the answers can be read


def carry(turn: Turn, row: Command, parsed: Parsed) -> Reply:
    """Do what was asked to the ticket that is meant, or ask which one that is."""
    if row.above and not turn.oversees:
        return not_above(turn, row)
    many = row.many or (parsed.listed and row.verb == Verb.COMPLETE)
    if many and len(parsed.numbers) > MOST_AT_ONCE:
        verb = turn.wording(f"verb.{row.verb}")
        return Reply(
            text=turn.wording("chat.too_many", most=MOST_AT_ONCE, verb=verb), reason="too_many", keeps_card=True
        )
    strange = [number for number in parsed.numbers if not by_number(turn, number)] if many else []
    if not strange or len(strange) == len(parsed.numbers):
        return _carry(turn, row, parsed)
    # Of several numbers each is answered for itself: the good ones do not wait for a wrong one.
    known = tuple(number for number in parsed.numbers if number not in strange)
    reply = _carry(turn, row, replace(parsed, numbers=known))
    return replace(reply, text="\n\n".join([reply.text, *(_unknown(turn, one).text for one in strange)]))


def _carry(turn: Turn, row: Command, parsed: Parsed) -> Reply:
    wish = Wish(command=row.name, verb=row.verb, text=parsed.rest)
    meant = _meant(turn, row, parsed, wish)
    if isinstance(meant, Reply):
        return meant
    text = _remembered(turn, row, wish, meant)
    if row.verb is not None:
        # A question is answered, or left for something else; the list keeps its numbers, files go with this ticket.
        about = meant[0].id if len(meant) == 1 else None
        turn.remember(about=about)
    return row.does(turn, replace(wish, tickets=tuple(meant), text=text))


def not_above(turn: Turn, row: Command) -> Reply:
    """Say whose command this is, and what to say instead."""
    return Reply(text=turn.wording(f"above.{row.name}"), reason="not_above", private=True)


def chosen(turn: Turn, number: str) -> Reply:
    """Answer a bare number: it answers the question that waits, else it shows that ticket."""
    waits, found = turn.numbering, by_number(turn, number)
    if is_place(number) and (request_id := listed_request(turn, int(number))) is not None:
        return decided(turn, BY_NAME[waits.command], request_id)
    listed = any(one.id in waits.ticket_ids for one in found)
    answers = waits.waiting and not waits.words and (listed or not found)
    row = BY_NAME[waits.command if answers else "ticket"]
    reply = carry(turn, row, Parsed(numbers=(number,), rest=waits.text if answers else ""))
    if listed and waits.command not in ("", EXPLANATION) and not waits.waiting:
        return replace(reply, text=turn.wording("chat.expired", place=number) + "\n" + reply.text)
    return reply


def decided(turn: Turn, row: Command, request_id: int) -> Reply:
    """Decide the request a number of the list named."""
    words = turn.numbering.text.partition(" ")[2]
    return row.does(turn, Wish(command=row.name, verb=row.verb, text=words, request_id=request_id))


def chosen_several(turn: Turn, places: Sequence[int]) -> Reply:
    """Answer several bare numbers: each answers the question that waits, or all are shown as a list."""
    waits = turn.numbering
    numbers = tuple(str(place) for place in places)
    row = BY_NAME.get(waits.command)
    if waits.waiting and not waits.words and row is not None and row.needs_ticket and not row.of_request:
        if row.many or row.verb == Verb.COMPLETE:
            return carry(turn, row, Parsed(numbers=numbers, rest=waits.text, listed=True))
        return together([carry(turn, row, Parsed(numbers=(one,), rest=waits.text)) for one in numbers])
    found = [ticket for number in numbers for ticket in by_number(turn, number)]
    if not found:
        return _unknown(turn, numbers[0])
    return numbered(turn, found, turn.wording("chat.which_what", count=len(found)), code="ticket")


def all_meant(turn: Turn, row: Command | None) -> Reply | None:
    """Do to all of the person's tickets what was said or asked; None where nothing waits for such an answer."""
    waits = turn.numbering
    asked = BY_NAME.get(waits.command) if waits.waiting and not waits.words else None
    row = row or asked
    if row is None or row.verb not in (Verb.ACKNOWLEDGE, Verb.COMPLETE):
        return None
    fits = [ticket for ticket in turn.open if ticket.state in states_for(row.verb)]
    if not fits:
        return Reply(text=turn.wording("chat.nothing_open"), reason="nothing_open")
    text = waits.text if asked is row else ""
    turn.remember()
    return row.does(turn, Wish(command=row.name, verb=row.verb, tickets=tuple(fits), text=text))


def by_number(turn: Turn, number: str) -> list[Ticket]:
    """Return the tickets a number may mean: a place of the last list, or the number of a ticket the person may see."""
    found: dict[int, Ticket] = {}
    if is_place(number) and (listed := turn.numbering.ticket(int(number))) is not None:
        seen = turn.seen(listed)
        found |= {seen.id: seen} if seen else {}
    own = [ticket for ticket in turn.tickets if number_key(ticket.number) == number_key(number)]
    if not own and (turn.oversees or not is_place(number)):
        own = visible.by_number(turn.work, turn.person_id, number)
    if found:
        # A place of a list just shown; that an archived ticket has this number too is no doubt.
        own = [ticket for ticket in own if ticket.state.open]
    return list((found | {one.id: one for one in own}).values())


def ask(turn: Turn, tickets: Sequence[Ticket], row: Command, wish: Wish) -> Reply:
    """Ask which of the tickets is meant; nothing is done until the answer."""
    if row.verb is None:
        head = turn.wording("chat.which_show", count=len(tickets))
    else:
        key = "chat.which_or_all" if row.verb == Verb.COMPLETE and len(tickets) == len(turn.open) else "chat.which"
        head = turn.wording(key, count=len(tickets), verb=turn.wording(f"verb.{row.verb}"))
    code = "" if row.of_request else row.code
    return replace(numbered(turn, tickets, head, code=code, waiting=wish), reason="asked_which", keeps_card=True)


def _meant(turn: Turn, row: Command, parsed: Parsed, wish: Wish) -> Sequence[Ticket] | Reply:
    if parsed.numbers:
        return _named(turn, row, parsed, wish)
    if turn.replied is not None:
        return _replied(turn, row, turn.replied)
    if row.of_request:
        return ()  # asked over the requests instead
    waits = turn.numbering
    if waits.words and waits.about and waits.command in (row.name, UNFINISHED):
        # Said once more instead of only the words that were missing.
        spoken = turn.seen(waits.about)
        return [spoken] if spoken else _only(turn, row, parsed, wish)
    return _only(turn, row, parsed, wish)


def _replied(turn: Turn, row: Command, replied: int) -> Sequence[Ticket] | Reply:
    """The ticket whose message was answered, or whose button was pressed, if it is theirs to see."""
    ticket = turn.seen(replied)
    if ticket is not None:
        return [ticket]
    if row.verb is not None:
        deny(turn.work, replied, row.verb, turn.answer(""))
    gone = visible.moved_away(turn.work, turn.person_id, replied)
    if gone is None:
        return Reply(text=turn.wording("chat.not_visible"), reason="not_visible", private=True)
    facts = {"number": gone.number, "at": turn.wording.moment(gone.at)}
    if gone.by is None:
        return Reply(text=turn.wording("chat.reassigned_away", **facts), reason="moved_away")
    facts |= {"who": turn.name(gone.by), "target": gone.target}
    return Reply(text=turn.wording("chat.moved_away", **facts), reason="moved_away")


def _named(turn: Turn, row: Command, parsed: Parsed, wish: Wish) -> Sequence[Ticket] | Reply:
    """The tickets named; several names for a command that takes one, or a name of several tickets, are asked back."""
    meant: dict[int, Ticket] = {}
    for number in parsed.numbers:
        found = by_number(turn, number)
        if not found:
            return _no_such_place(turn, row, number, wish) if is_place(number) else _unknown(turn, number)
        if len(found) > 1:
            return ask(turn, found, row, wish)
        meant[found[0].id] = found[0]
    if turn.replied is not None and turn.replied not in meant:
        # The message replied to and the number speak of different tickets.
        other = turn.seen(turn.replied)
        return ask(turn, [*([other] if other else []), *meant.values()], row, wish)
    if len(meant) > 1 and not row.many and not (parsed.listed and row.verb == Verb.COMPLETE):
        return ask(turn, list(meant.values()), row, wish)
    # In one order everywhere, so that two people who name the same tickets cannot lock each other out.
    return sorted(meant.values(), key=lambda one: one.id)


def _only(turn: Turn, row: Command, parsed: Parsed, wish: Wish) -> Sequence[Ticket] | Reply:
    """The one ticket that can be meant without a name."""
    if row.pool is not None:
        return _of_pool(turn, row, row.pool(turn), wish)
    if len(turn.open) == 1 or (turn.open and row.of_all):
        return turn.open
    if not turn.open:
        last = _last_done(turn, row.verb)
        return [last] if last else Reply(text=turn.wording("chat.nothing_open"), reason="nothing_open")
    fits = [ticket for ticket in turn.open if row.verb is None or ticket.state in states_for(row.verb)]
    if len(fits) == 1 and not parsed.vague:
        return fits
    if fits:
        return ask(turn, fits, row, wish)
    head = turn.wording("chat.nothing_fits", count=len(turn.open), verb=turn.wording(f"verb.{row.verb}"))
    return replace(numbered(turn, turn.open, head, code="ticket"), reason="nothing_fits")


def _of_pool(turn: Turn, row: Command, pool: Sequence[Ticket], wish: Wish) -> Sequence[Ticket] | Reply:
    """Of what others do, only what waits for this person can be meant."""
    if not pool:
        return Reply(text=turn.wording(f"above.none_{row.name}"), reason="nothing_fits")
    return pool if len(pool) == 1 else ask(turn, pool, row, wish)


def _last_done(turn: Turn, verb: Verb | None) -> Ticket | None:
    """The ticket completed last: saying it once more tells who did it and when."""
    if verb is not None and TicketState.COMPLETED in states_for(verb):
        return None
    done = [ticket for ticket in turn.tickets if ticket.completed_at is not None]
    return max(done, key=lambda one: (one.completed_at, one.id), default=None)


def _remembered(turn: Turn, row: Command, wish: Wish, meant: Sequence[Ticket]) -> str:
    """The words, with those of the question that waits where they belong to the same wish."""
    waits = turn.numbering
    if waits.waiting and waits.command == UNFINISHED and row.verb == Verb.COMPLETE:
        return wish.text or (waits.text if [one.id for one in meant] == [waits.about] else "")
    if not waits.waiting or waits.command != row.name:
        return wish.text
    if waits.text.startswith(REQUESTS):
        return wish.text
    if waits.words:
        same = [one.id for one in meant] == [waits.about]
        return f"{waits.text} {wish.text}".strip() if same else wish.text
    # A button of the list was pressed instead of a number typed.
    listed = all(one.id in waits.ticket_ids for one in meant)
    return wish.text or (waits.text if listed else "")


def _no_such_place(turn: Turn, row: Command, place: str, wish: Wish) -> Reply:
    pool = row.pool(turn) if row.pool else turn.open
    if not pool:
        return Reply(text=turn.wording("chat.no_such_place_empty", place=place), reason="no_such_place")
    head = turn.wording("chat.no_such_place", place=place)
    code = "" if row.of_request else row.code
    return replace(numbered(turn, pool, head, code=code, waiting=wish), reason="no_such_place", keeps_card=True)


def _unknown(turn: Turn, number: str) -> Reply:
    if is_place(number):
        return Reply(text=turn.wording("chat.no_place", place=number), reason="no_such_place")
    refused = MoveRefused("unknown_ticket", number=number)
    return Reply(text=turn.wording.refusal(refused), reason=refused.key)
