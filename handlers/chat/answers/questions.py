"""What people ask about a ticket, answered in a line or two: until when, who, what is wrong with it."""

from collections.abc import Iterable
from dataclasses import replace

from bot.delivery.facts import facts
from handlers.chat.answers.tickets import buttons, limit, numbered
from handlers.chat.turn import Reply, Turn, Wish
from storage.records import Role, Ticket

ROLES = (
    (Role.PRIMARY, "chat.who_primary"),
    (Role.BACKUP, "chat.who_backup"),
    (Role.LEADER, "chat.who_leader"),
)


def due(turn: Turn, wish: Wish) -> Reply:
    """Say until when: both lines of one ticket, or of each on the list."""
    if len(wish.tickets) > 1:
        return numbered(turn, wish.tickets, turn.wording("chat.due_all", count=len(wish.tickets)), code="ticket")
    [ticket] = wish.tickets
    return Reply(text="\n".join([_head(turn, ticket), *limit(turn, ticket)]), ticket_id=ticket.id)


def who(turn: Turn, wish: Wish) -> Reply:
    """Name A角, B角 and leader, and who has it in hand."""
    accounts = {(ticket.platform, ticket.account_name): ticket for ticket in wish.tickets}
    lines = [line for ticket in accounts.values() for line in _people(turn, ticket, several=len(accounts) > 1)]
    about = wish.tickets[0].id if len(wish.tickets) == 1 else None
    return Reply(text="\n".join(lines), ticket_id=about)


def what(turn: Turn, wish: Wish) -> Reply:
    """Say once more what is wrong, with the suggestion, where it is, and until when."""
    ticket = wish.tickets[0]
    told = facts(ticket, turn.wording) or [turn.wording("chat.what_unknown")]
    lines = [_head(turn, ticket), *told, *limit(turn, ticket)]
    return Reply(text="\n".join(lines), ticket_id=ticket.id, buttons=buttons(turn, ticket))


def beside(first: Reply, second: Reply) -> Reply:
    """Two answers to the two halves of a message; what the second offers comes first."""
    offered = dict.fromkeys([*second.buttons, *first.buttons])
    return replace(
        second,
        text="\n".join(dict.fromkeys([*first.text.splitlines(), *second.text.splitlines()])),
        ticket_id=second.ticket_id or first.ticket_id,
        buttons=tuple(offered),
        private=first.private or second.private,
        aside=first.aside or second.aside,
    )


def _head(turn: Turn, ticket: Ticket) -> str:
    return turn.wording("chat.show_head", number=ticket.number, account=ticket.account_name, platform=ticket.platform)


def _people(turn: Turn, ticket: Ticket, *, several: bool) -> Iterable[str]:
    yield turn.wording("chat.who_account", account=ticket.account_name) if several else _head(turn, ticket)
    duties = turn.directory.duties
    named = [(key, duties.get((ticket.account_id or 0, role))) for role, key in ROLES]
    yield turn.wording("format.comma").join(
        turn.wording(key, name=turn.name(person) if person else turn.wording("chat.who_nobody"))
        for key, person in named
    )
    if ticket.holder_id is not None and not several:
        yield turn.wording("chat.who_holder", name=turn.name(ticket.holder_id))
