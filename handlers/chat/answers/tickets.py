"""Tickets told: the list, one as it stands, where its time limit comes from."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.actions.messages import numbering
from bot.actions.tickets import oversight, requests
from bot.actions.tickets.tickets import history
from bot.delivery.contacts import contacts
from bot.delivery.explaining import explain_ticket, explain_ticket_by_day
from bot.delivery.facts import facts
from bot.delivery.heads import left as time_left
from bot.delivery.pressing import list_buttons
from bot.delivery.reasons import entry_line, limit_reasons, moment_written
from bot.reports.ledger import late_so_far
from bot.rules.calendar.deadline import lateness
from bot.rules.messages.showing import masked
from bot.rules.tickets.access import Right, workers
from bot.rules.tickets.oversight import contacts_of
from bot.rules.tickets.requests import may_decide
from handlers.chat.turn import Reply, Turn, Wish
from storage.records import Request, RequestKind, Role, Ticket, TicketState

LISTED = 15  # so many lines fit a chat message
BUTTONS_IN_A_LIST = 6  # of the platforms' cards the smallest takes six
PROBLEM_LENGTH = 200
ON_ONE_TICKET = ("done", "more", "false", "move", "hand")  # with 签收 six: what the smallest card holds
ASKED_BY = {RequestKind.EXTENSION: "more", RequestKind.DISPUTE: "false", RequestKind.TRANSFER: "move"}

Buttons = tuple[tuple[str, str], ...]


def mine(turn: Turn, _wish: Wish) -> Reply:
    """List the person's open tickets, and remember their places."""
    if not turn.open:
        return Reply(text=turn.wording("chat.nothing_open"))
    head = turn.wording("chat.mine", count=len(turn.open))
    reply = numbered(turn, turn.open, head, foot=turn.wording("chat.mine_hint"), code="ticket")
    new = [one.id for one in turn.open[:LISTED] if one.state == TicketState.NEW and _works(turn, one)]
    return replace(reply, buttons=(*list_buttons({}, new, turn.wording), *reply.buttons)[:BUTTONS_IN_A_LIST])


def still_waiting(turn: Turn, numbers: Sequence[int]) -> list[str]:
    """Keep the numbers of a list somebody looked at; a question goes on waiting, and they are told so."""
    waits = turn.numbering
    if not waits.waiting:
        turn.remember(numbers)
        return []
    turn.remember(numbers, command=waits.command, text=waits.text, about=waits.about)
    verb = turn.wording(f"verb.{waits.command}") if turn.wording.has(f"verb.{waits.command}") else ""
    if not verb:
        return []
    if not waits.about:
        key = "chat.still_waiting_words" if waits.words else "chat.still_waiting"
        return [turn.wording(key, verb=verb)]
    about = turn.seen(waits.about)
    return [turn.wording("chat.still_waiting_about", verb=verb, number=about.number)] if about else []


def show(turn: Turn, wish: Wish) -> Reply:
    """Show one ticket as it stands."""
    ticket, wording = wish.tickets[0], turn.wording
    lines = [
        wording("chat.show_head", number=ticket.number, account=ticket.account_name, platform=ticket.platform),
        wording("chat.show_state", state=wording.state(ticket.state)),
        wording("chat.show_received", at=wording.moment(ticket.received_at)),
        *([late_entry] if (late_entry := entry_line(ticket, wording)) else []),
        *limit(turn, ticket),
        *_extension(turn, ticket),
    ]
    lines += [*facts(ticket, wording), *_done_by(turn, ticket)]
    if not _on_it(turn, ticket):
        told = oversight.first_told(turn.work, [ticket.id]).get(ticket.id, {})
        lines += contacts(ticket, turn.directory, told, wording)
    pending = requests.pending(turn.work, ticket.id)
    lines += [asked_line(turn, request) for request in pending]
    pressed = _all_buttons(turn, ticket, pending)
    return Reply(text="\n".join(lines), ticket_id=ticket.id, buttons=pressed, private=True)


def why(turn: Turn, wish: Wish) -> Reply:
    """Explain the ticket's time limit, in a sentence and day by day."""
    ticket = wish.tickets[0]
    policy = turn.work.policy(ticket.policy_key)
    lines = [
        turn.wording("chat.show_head", number=ticket.number, account=ticket.account_name, platform=ticket.platform)
    ]
    working, told = turn.work.working_of(ticket), history(turn.work, ticket.id)
    written = moment_written(told)
    lines.append(explain_ticket(ticket, policy, working, written))
    lines += [*limit_reasons(told, turn.name, turn.wording), *explain_ticket_by_day(ticket, policy, working, written)]
    if late_entry := entry_line(ticket, turn.wording):
        lines.append(late_entry)
    if policy.legal:
        lines.append(policy.legal)
    return Reply(text="\n".join(lines), ticket_id=ticket.id)


def completed(turn: Turn) -> list[Ticket]:
    """Return the tickets this person could send back to work."""
    return oversight.completed(turn.work, turn.person_id)


def numbered(
    turn: Turn,
    tickets: Sequence[Ticket],
    head: str,
    *,
    foot: str = "",
    code: str = "",
    waiting: Wish | None = None,
) -> Reply:
    """List tickets with their short numbers; with a wish that waits for one of them, if any."""
    listed, wording = tickets[:LISTED], turn.wording
    numbers = numbering.numbered(turn.work, turn.numbering.ticket_ids, [ticket.id for ticket in listed])
    places = {ticket.id: numbers.index(ticket.id) + 1 for ticket in listed}
    lines = [head, *(_line(turn, places[ticket.id], ticket) for ticket in listed)]
    if len(tickets) > len(listed):
        lines.append(wording("chat.more", count=len(tickets) - len(listed)))
    if waiting is not None:
        turn.remember(numbers, command=waiting.command, text=waiting.text)
        told = []
    else:
        told = still_waiting(turn, numbers)
    choices = tuple((str(place), f"{code}:{one}") for one, place in places.items()) if code else ()
    # Whose tickets these are, and what is in them, is nothing for a group.
    text = "\n".join([*lines, *([foot] if foot else ()), *told])
    return Reply(text=text, buttons=choices[:BUTTONS_IN_A_LIST], private=True)


def buttons(turn: Turn, ticket: Ticket, pending: Sequence[Request] = ()) -> Buttons:
    """Return what this person can press under a ticket as it stands."""
    codes: Sequence[str] = ("why",)
    if ticket.state.open and _works(turn, ticket):
        codes = ("ack", "done", "why") if ticket.state == TicketState.NEW else ("done", "why")
    return (*verdicts(turn, ticket, pending), *_pressed(turn, ticket, codes))


def _all_buttons(turn: Turn, ticket: Ticket, pending: Sequence[Request]) -> Buttons:
    """Return everything this person can do to the ticket they look at; 为什么 is left to those who do nothing else."""
    judged = verdicts(turn, ticket, pending)
    if ticket.state == TicketState.COMPLETED and turn.may(Right.REVIEW, ticket):
        return (*judged, *_pressed(turn, ticket, ("back", "why")))
    if judged or not ticket.state.open or not _works(turn, ticket):
        return buttons(turn, ticket, pending)
    asked = {ASKED_BY[request.kind] for request in pending}
    first = ("ack",) if ticket.state == TicketState.NEW else ()
    return _pressed(turn, ticket, [one for one in (*first, *ON_ONE_TICKET) if one not in asked])


def _works(turn: Turn, ticket: Ticket) -> bool:
    """Whether the ticket is this person's to work on; the desk, which may do everything, does not press by mistake."""
    return turn.person_id in workers(ticket, turn.directory, turn.now)


def _pressed(turn: Turn, ticket: Ticket, codes: Iterable[str]) -> Buttons:
    return tuple((turn.wording(f"message.button_{code}"), f"{code}:{ticket.id}") for code in codes)


def verdicts(turn: Turn, ticket: Ticket, pending: Sequence[Request]) -> Buttons:
    """Return 同意 and 不同意 for the first request this person may decide; the next one comes when it is decided."""
    first = next(
        (request for request in pending if may_decide(turn.person_id, request, ticket, turn.directory, turn.now)), None
    )
    if first is None:
        return ()
    return tuple((turn.wording(f"message.button_{code}"), f"{code}:{first.id}") for code in ("ok", "no"))


def asked_line(turn: Turn, request: Request) -> str:
    """Say who asked for what and when, and that it is not decided."""
    facts = {"who": turn.name(request.asked_by), "at": turn.wording.moment_short(request.asked_at)}
    until = turn.wording.end(request.until) if request.until else ""
    return turn.wording(
        f"chat.pending_{request.kind}", text=masked(request.text)[:PROBLEM_LENGTH], until=until, **facts
    )


def limit(turn: Turn, ticket: Ticket) -> list[str]:
    """Both lines, and what is left of the first or how far the second is passed."""
    lines = [turn.wording("chat.limit", due=turn.wording.due(ticket))]
    if ticket.target_at is None or not ticket.state.open:
        return lines
    if ticket.overdue(turn.now):
        return [*lines, late(turn, ticket, "chat.overdue", {})]
    if turn.now >= ticket.target_at:
        return [*lines, turn.wording("chat.target_passed")]
    left = time_left(ticket, turn.now, turn.work.policy(ticket.policy_key), turn.working(ticket), turn.wording)
    return [*lines, turn.wording("chat.left", left=left)]


def late(turn: Turn, ticket: Ticket, key: str, about: dict[str, str]) -> str:
    """Fill the text of that key: late in working and calendar days, in calendar days only, or within the due day."""
    if ticket.due_day is None or ticket.due_at is None:
        raise ValueError("no ticket without a deadline is late")
    found = lateness(ticket.due_day, ticket.completed_at or turn.now, turn.working(ticket).calendar)
    if not found.days:
        return turn.wording(f"{key}_hours", due=turn.wording.moment_short(ticket.due_at), **about)
    due = turn.wording.day(ticket.due_day)
    if found.workdays is None:
        return turn.wording(f"{key}_days", due=due, days=found.days, **about)
    if not found.workdays:
        off = f"{key}_off"
        return turn.wording(off if turn.wording.has(off) else f"{key}_days", due=due, days=found.days, **about)
    return turn.wording(key, due=due, workdays=found.workdays, days=found.days, **about)


def _extension(turn: Turn, ticket: Ticket) -> list[str]:
    granted = requests.granted_extension(turn.work, ticket.id)
    if granted is None or granted.decided_at is None or granted.until is None:
        return []
    at, until = turn.wording.moment_short(granted.decided_at), turn.wording.end(granted.until)
    return [turn.wording("chat.extended", who=turn.name(granted.decided_by), at=at, until=until)]


def _done_by(turn: Turn, ticket: Ticket) -> list[str]:
    found = (
        ("chat.show_taken", ticket.acknowledged_by, ticket.acknowledged_at),
        ("chat.show_done", ticket.completed_by, ticket.completed_at),
    )
    return [turn.wording(key, who=turn.name(who), at=turn.wording.moment(at)) for key, who, at in found if at]


def _line(turn: Turn, place: int, ticket: Ticket) -> str:
    return turn.wording(
        "chat.line",
        place=place,
        number=ticket.number,
        account=ticket.account_name,
        state=turn.wording.state(ticket.state),
        due=turn.wording.due(ticket),
        mark=_mark(turn, ticket),
    )


def _mark(turn: Turn, ticket: Ticket) -> str:
    """How late it is, and for a leader whom to ring."""
    overdue = ""
    if ticket.overdue(turn.now) and ticket.due_day is not None:
        found = lateness(ticket.due_day, ticket.completed_at or turn.now, turn.working(ticket).calendar)
        overdue = turn.wording("chat.mark_overdue", late=late_so_far(found, turn.wording))
    if _on_it(turn, ticket):
        return overdue
    people = [
        turn.wording(f"message.name_{one.role or 'holder'}", name=one.name)
        for one in contacts_of(ticket, turn.directory, {})
    ]
    return overdue + turn.wording("chat.mark_people", people=turn.wording("format.between_names").join(people))


def _on_it(turn: Turn, ticket: Ticket) -> bool:
    """Whether the person is to do the work: A角, B角 or holder."""
    duties = {turn.directory.duties.get((ticket.account_id or 0, role)) for role in (Role.PRIMARY, Role.BACKUP)}
    return turn.person_id in duties | {ticket.holder_id}
