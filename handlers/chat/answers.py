"""What the bot answers: one function a command; each says what was understood, which ticket, and the time recorded."""

from collections.abc import Callable, Sequence

from bot.actions import conversation
from bot.actions.tickets import answer as act
from bot.delivery.explaining import explain, explain_by_day
from bot.rules.deadline import lateness
from bot.rules.decision import MoveRefused
from bot.rules.escalation import deadline_of
from bot.rules.lifecycle import Verb
from bot.rules.workdays import CalendarNotPublished
from handlers.chat.turn import Reply, Turn, Wish
from storage.records import Ticket, TicketState

LISTED = 15  # so many lines fit a chat message
BUTTONS_IN_A_LIST = 6  # of the platforms' cards the smallest takes six
PROBLEM_LENGTH = 200


def carry_out(turn: Turn, wish: Wish) -> Reply:
    """Do to each ticket what was asked, and say of each what became of it."""
    if wish.verb is None:
        raise ValueError(f"{wish.command} changes no ticket")
    replies = [_carry_out(turn, wish.verb, ticket, wish.text) for ticket in wish.tickets]
    if len(replies) == 1:
        return replies[0]
    reasons = dict.fromkeys(one.reason for one in replies if one.reason)
    return Reply(text="\n\n".join(one.text for one in replies), reason=" ".join(reasons))


def mine(turn: Turn, _wish: Wish) -> Reply:
    """List the person's open tickets, and remember their places."""
    if not turn.open:
        return Reply(text=turn.wording("chat.nothing_open"))
    head = turn.wording("chat.mine", count=len(turn.open))
    return numbered(turn, turn.open, head, foot=turn.wording("chat.mine_hint"), code="ticket")


def show(turn: Turn, wish: Wish) -> Reply:
    """Show one ticket as it stands."""
    ticket, wording = wish.tickets[0], turn.wording
    lines = [
        wording("chat.show_head", number=ticket.number, account=ticket.account_name, platform=ticket.platform),
        wording("chat.show_state", state=wording.state(ticket.state)),
        wording("chat.show_received", at=wording.moment(ticket.received_at)),
        *_limit(turn, ticket),
    ]
    if ticket.problem:
        cut = "…" if len(ticket.problem) > PROBLEM_LENGTH else ""
        lines.append(wording("chat.show_problem", problem=ticket.problem[:PROBLEM_LENGTH] + cut))
    if ticket.acknowledged_at is not None:
        taken = {"who": turn.name(ticket.acknowledged_by), "at": wording.moment(ticket.acknowledged_at)}
        lines.append(wording("chat.show_taken", **taken))
    if ticket.completed_at is not None:
        done = {"who": turn.name(ticket.completed_by), "at": wording.moment(ticket.completed_at)}
        lines.append(wording("chat.show_done", **done))
    return Reply(text="\n".join(lines), ticket_id=ticket.id, buttons=buttons(turn, ticket))


def why(turn: Turn, wish: Wish) -> Reply:
    """Explain the ticket's time limit, in a sentence and day by day."""
    ticket = wish.tickets[0]
    policy = turn.context.policy(turn.conn, ticket.policy_key)
    deadline = deadline_of(ticket)
    lines = [
        turn.wording("chat.show_head", number=ticket.number, account=ticket.account_name, platform=ticket.platform)
    ]
    working = turn.context.working_of(turn.conn, ticket)
    lines += [explain(policy, deadline, working), *explain_by_day(policy, deadline, working)]
    if policy.legal:
        lines.append(policy.legal)
    return Reply(text="\n".join(lines), ticket_id=ticket.id)


def cancel(turn: Turn, _wish: Wish) -> Reply:
    """Drop the question that waits; the last list keeps its numbers."""
    if not turn.numbering.waiting:
        return Reply(text=turn.wording("chat.nothing_to_cancel"))
    conversation.remember(turn.conn, turn.person_id, turn.numbering.ticket_ids, turn.now)
    return Reply(text=turn.wording("chat.cancelled"))


def help_lines(turn: Turn, commands: Sequence[str]) -> Reply:
    """Say what can be said."""
    lines = [turn.wording("chat.help"), *(turn.wording(f"help.{one}") for one in commands)]
    return Reply(text="\n".join(lines))


def numbered(
    turn: Turn,
    tickets: Sequence[Ticket],
    head: str,
    *,
    foot: str = "",
    code: str = "",
    waiting: Wish | None = None,
) -> Reply:
    """List tickets with numbers that hold until the next list; with a wish that waits for one of them, if any."""
    listed, wording = tickets[:LISTED], turn.wording
    lines = [head, *(_line(turn, place, one) for place, one in enumerate(listed, 1))]
    if len(tickets) > len(listed):
        lines.append(wording("chat.more", count=len(tickets) - len(listed)))
    ids = [one.id for one in listed]
    command, text = (waiting.command, waiting.text) if waiting else ("", "")
    conversation.remember(turn.conn, turn.person_id, ids, turn.now, command, text)
    choices = tuple((str(place), f"{code}:{one}") for place, one in enumerate(ids, 1)) if code else ()
    return Reply(text="\n".join([*lines, foot] if foot else lines), buttons=choices[:BUTTONS_IN_A_LIST])


def buttons(turn: Turn, ticket: Ticket) -> tuple[tuple[str, str], ...]:
    """Return what can be pressed under a ticket as it stands."""
    codes = ("ack", "done", "why") if ticket.state == TicketState.NEW else ("done", "why")
    shown = codes if ticket.state.open else ("why",)
    return tuple((turn.wording(f"message.button_{code}"), f"{code}:{ticket.id}") for code in shown)


def _carry_out(turn: Turn, verb: Verb, ticket: Ticket, text: str) -> Reply:
    try:
        after = act(turn.context, turn.conn, ticket.id, verb, turn.answer(text))
    except MoveRefused as refused:
        return Reply(text=turn.wording.refusal(refused), ticket_id=ticket.id, reason=refused.key)
    worded = _WORDED.get(verb, _recorded)
    lines = worded(turn, verb, after)
    if turn.kept.said.on_behalf_of:
        lines.append(turn.wording("chat.on_behalf", who=turn.kept.said.on_behalf_of))
    shown = buttons(turn, after) if after.state.open else ()
    return Reply(text="\n".join(lines), ticket_id=after.id, buttons=shown)


def _acknowledged(turn: Turn, _verb: Verb, ticket: Ticket) -> list[str]:
    at = turn.wording.moment_short(ticket.acknowledged_at or turn.at)
    head = turn.wording("chat.acknowledged", number=ticket.number, account=ticket.account_name, at=at)
    return [head, *_limit(turn, ticket), turn.wording("chat.finish_hint")]


def _completed(turn: Turn, _verb: Verb, ticket: Ticket) -> list[str]:
    text = ticket.completion_text or turn.wording("chat.paste_default")
    return [_done(turn, ticket), turn.wording("chat.paste", text=text)]


def _recorded(turn: Turn, verb: Verb, ticket: Ticket) -> list[str]:
    about = {"number": ticket.number, "account": ticket.account_name, "verb": turn.wording(f"verb.{verb}")}
    return [turn.wording("chat.recorded", at=turn.wording.moment_short(turn.at), **about)]


_WORDED: dict[Verb, Callable[[Turn, Verb, Ticket], list[str]]] = {
    Verb.ACKNOWLEDGE: _acknowledged,
    Verb.COMPLETE: _completed,
}


def _done(turn: Turn, ticket: Ticket) -> str:
    """Say when it was completed, and how late both ways if it was."""
    wording, at = turn.wording, ticket.completed_at or turn.at
    about = {"number": ticket.number, "account": ticket.account_name, "at": wording.moment_short(at)}
    if ticket.due_day is None:
        return wording("chat.completed_undated", **about)
    if not ticket.overdue(turn.now):
        return wording("chat.completed", **about)
    return _late(turn, ticket, "chat.completed_late", about)


def _late(turn: Turn, ticket: Ticket, key: str, about: dict[str, str]) -> str:
    """Fill the text of that key: late in working and calendar days, in calendar days only, or within the due day."""
    if ticket.due_day is None or ticket.due_at is None:
        raise ValueError("no ticket without a deadline is late")
    late = lateness(ticket.due_day, ticket.completed_at or turn.now, turn.working(ticket).calendar)
    if not late.days:
        return turn.wording(f"{key}_hours", due=turn.wording.moment_short(ticket.due_at), **about)
    due = turn.wording.day(ticket.due_day)
    if late.workdays is None:
        return turn.wording(f"{key}_days", due=due, days=late.days, **about)
    return turn.wording(key, due=due, workdays=late.workdays, days=late.days, **about)


def _limit(turn: Turn, ticket: Ticket) -> list[str]:
    """Both lines, and what is left of the first or how far the second is passed."""
    lines = [turn.wording("chat.limit", due=turn.wording.due(ticket))]
    if ticket.target_at is None or not ticket.state.open:
        return lines
    if ticket.overdue(turn.now):
        return [*lines, _late(turn, ticket, "chat.overdue", {})]
    if turn.now >= ticket.target_at:
        return [*lines, turn.wording("chat.target_passed")]
    try:
        left = turn.working(ticket).between(turn.now, ticket.target_at)
    except CalendarNotPublished:
        return lines
    return [*lines, turn.wording("chat.left", left=turn.wording.left(left))]


def _line(turn: Turn, place: int, ticket: Ticket) -> str:
    return turn.wording(
        "chat.line",
        place=place,
        number=ticket.number,
        account=ticket.account_name,
        state=turn.wording.state(ticket.state),
        due=turn.wording.due(ticket),
        mark=turn.wording("chat.mark_overdue") if ticket.overdue(turn.now) else "",
    )
