"""How messages leave: no doubles, digests instead of bursts, the urgent first. Pure functions on lists."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.zone import at, shanghai_day
from storage.records import (
    DEADLINE_MOVED,
    GIVEN_AGAIN,
    HANDED_OVER,
    REASSIGNED,
    Message,
    MessageKind,
    NotificationKind,
    Policy,
    RequestParams,
    Step,
    StepParams,
    Ticket,
    TicketNotification,
    TicketState,
    step_of,
)

ALONE = frozenset(
    {
        MessageKind.ANSWER,
        MessageKind.SUMMARY,
        MessageKind.BRIEF,
        MessageKind.NOTIFICATION,
        MessageKind.DIGEST,
        MessageKind.REQUEST,
        MessageKind.CARD,
    }
)
AT_ANY_HOUR = frozenset({MessageKind.ANSWER, MessageKind.CARD})  # asked for, or without a sound
BRIEF_ENDS = time(12)  # a morning brief told later would be no news


@dataclass(frozen=True, kw_only=True, slots=True)
class Paced:
    """What becomes of a list of claimed messages."""

    send: tuple[Message, ...]  # one by one, in this order
    bundles: tuple[tuple[Message, ...], ...]  # each becomes one digest to one person
    drop: tuple[tuple[Message, str], ...]  # superseded, with the reason


def pace(messages: Sequence[Message], digest_from: int) -> Paced:
    """Drop doubles, bundle, order."""
    kept, dropped = drop_doubles(messages)
    single, bundles = bundle(kept, digest_from)
    return Paced(send=tuple(order(single)), bundles=bundles, drop=dropped)


def still_true(message: Message, ticket: Ticket | None, policy: Policy | None, pending: Container[int] = ()) -> str:
    """Return "" if the message may go out, else the reason why it is no longer true; asked right before sending.

    `pending` are the requests that still wait for a decision.
    """
    if isinstance(message.params, RequestParams):
        return "" if message.params.request in pending else "申请已答复或已撤回"
    if isinstance(message.params, TicketNotification) and message.params.while_open and ticket is not None:
        return _why_not_open(ticket) or _why_not_theirs(message, ticket)
    if message.kind in ALONE or ticket is None or policy is None:
        return ""
    if message.kind == MessageKind.UPDATE:
        return _why_overtaken(message, ticket)
    return _why_not_open(ticket) or _why_not_theirs(message, ticket) or _why_not_now(message, ticket, policy)


def expired(message: Message, now: datetime) -> str:
    """Return "" unless the message is a morning brief whose morning is over."""
    over = message.kind == MessageKind.BRIEF and now >= at(shanghai_day(message.created_at), BRIEF_ENDS)
    return "已过上午，简报不再补发" if over else ""


def wait_until(message: Message, any_hour: bool, working: WorkingTime, now: datetime) -> datetime | None:
    """Return the opening that a message has to wait for; None when it may go out now.

    Retries, and what a stop left behind, can come up at any hour; who asked, or has just come back, hears at any hour.
    """
    asked = message.kind in AT_ANY_HOUR or message.step == GIVEN_AGAIN
    opening = working.next_sending(now, any_hour or asked)
    return opening if opening > now else None


def drop_doubles(messages: Sequence[Message]) -> tuple[list[Message], tuple[tuple[Message, str], ...]]:
    """Keep, of several messages about one ticket to one person, the last step only; it tells how things stand."""
    last: dict[tuple[int, int | None], Message] = {}
    for message in messages:
        if _repeatable(message):
            key = (message.person_id, message.ticket_id)
            if key not in last or message.id > last[key].id:
                last[key] = message
    kept, dropped = [], []
    for message in messages:
        newest = last[message.person_id, message.ticket_id] if _repeatable(message) else message
        if newest is message:
            kept.append(message)
        else:
            dropped.append((message, f"同一工单已有更新的提醒（{newest.step}）"))
    return kept, tuple(dropped)


def bundle(messages: Sequence[Message], digest_from: int) -> tuple[list[Message], tuple[tuple[Message, ...], ...]]:
    """Make one digest of many messages for one person, or of those that waited for the opening together.

    Updates, which ask for nothing, are merged among themselves.
    """
    groups: dict[tuple[int, bool], list[Message]] = {}
    for message in messages:
        if _mergeable(message):
            groups.setdefault(_group(message), []).append(message)
    bundles = {group: tuple(order(many)) for group, many in groups.items() if _enough(many, digest_from)}
    single = [message for message in messages if not (_mergeable(message) and _group(message) in bundles)]
    return single, tuple(bundles.values())


def order(messages: Sequence[Message]) -> list[Message]:
    """Put the urgent first, then by age."""
    return sorted(messages, key=lambda one: (one.urgency, one.id))


def _why_not_open(ticket: Ticket) -> str:
    return "" if ticket.state.open else f"工单已{_STATE_WORDS.get(ticket.state, ticket.state)}"


def _why_not_theirs(message: Message, ticket: Ticket) -> str:
    """A ticket that changed hands since is no longer the business of those it was told to."""
    if message.step == HANDED_OVER and message.kind == MessageKind.ASSIGNED:
        return "" if message.person_id == ticket.holder_id else "转办已撤回或已由他人接手"
    told = isinstance(message.params, StepParams | TicketNotification) and message.params.round == ticket.reroutes
    return "" if told else "工单已转派"


def _why_not_now(message: Message, ticket: Ticket, policy: Policy) -> str:
    if message.step == DEADLINE_MOVED:
        latest = isinstance(message.params, StepParams) and message.params.moves == ticket.moves
        return "" if latest else "时限又有调整"
    step = next((one for one in policy.steps if one.name == step_of(message.step)), None)
    if step is not None and ticket.moves and message.step not in ticket.steps_taken:
        return "时限已调整"
    if step is not None and ticket.state != TicketState.NEW and _asks_who_takes_it(message, step):
        return "已有人签收"
    return ""


def _why_overtaken(message: Message, ticket: Ticket) -> str:
    params = message.params
    if not isinstance(params, TicketNotification):
        return "内容读不出"
    if params.notice == NotificationKind.DONE:
        return "" if ticket.completed_by == params.who and not ticket.state.open else "办结已撤回或退回"
    taken = ticket.state.open and ticket.state != TicketState.NEW and ticket.acknowledged_by == params.who
    return "" if taken else "签收已撤回，或已办结"


def _asks_who_takes_it(message: Message, step: Step) -> bool:
    if message.kind == MessageKind.UNREACHED:
        return step.while_new or step.kind == MessageKind.ASSIGNED
    return step.while_new and message.kind != MessageKind.ASSIGNED


def _group(message: Message) -> tuple[int, bool]:
    return message.person_id, message.kind == MessageKind.UPDATE


def _enough(many: Sequence[Message], digest_from: int) -> bool:
    # What somebody gets who came back is one thing to them, as what waited for the opening is.
    waited = sum(one.not_before > one.created_at or one.step == GIVEN_AGAIN for one in many)
    # A change of the register gives somebody all its tickets at one moment.
    together = sum(one.step == REASSIGNED for one in many)
    return len(many) >= digest_from or (len(many) >= 2 and len(many) in (waited, together))


def _about_ticket(message: Message) -> bool:
    return message.kind not in ALONE and message.ticket_id is not None


def _repeatable(message: Message) -> bool:
    # A moved deadline is told even where a later step has more to say.
    return _about_ticket(message) and message.step != DEADLINE_MOVED and message.kind != MessageKind.UPDATE


def _mergeable(message: Message) -> bool:
    # What was tried already may have arrived: it is sent again byte for byte or not at all, never merged.
    return _about_ticket(message) and not message.payload


_STATE_WORDS: Mapping[TicketState, str] = {
    TicketState.COMPLETED: "办结",
    TicketState.CLOSED: "归档",
    TicketState.VOID: "无需整改",
}
