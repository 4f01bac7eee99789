"""Messages about what somebody did to a ticket, or wants decided: to whom, when, with which facts."""

from collections.abc import Iterable

from bot.rules.people.routing import WORKERS, audience
from bot.rules.tickets.access import Right, may, serves
from bot.rules.tickets.decision import Scene
from bot.rules.tickets.lifecycle import Answer
from storage.records import (
    Audience,
    MessageDraft,
    MessageKind,
    NotificationKind,
    Request,
    RequestKind,
    RequestParams,
    Ticket,
    TicketNotification,
)

URGENCY = 2


def circle(ticket: Ticket, scene: Scene) -> tuple[int, ...]:
    """Return those who work on the ticket and can be reached: who holds it, A角 and B角."""
    return audience(WORKERS, ticket, scene.directory, scene.now).people


def deciders(kind: RequestKind, ticket: Ticket, asker: int, scene: Scene) -> tuple[int, ...]:
    """Return who is asked to decide: the unit's supervisor, else the desk; of a transfer the desk.

    Never the asker, nor who serves the account, nor a deputy who has the duty and not the power.
    """
    order = (Audience.DESK,) if kind == RequestKind.TRANSFER else (Audience.SUPERVISOR, Audience.DESK)
    for one in order:
        asked = audience((one,), ticket, scene.directory, scene.now).people
        people = tuple(who for who in asked if who != asker and _has_power(who, kind, ticket, scene))
        if people:
            return people
    return ()


def _has_power(person_id: int, kind: RequestKind, ticket: Ticket, scene: Scene) -> bool:
    right = Right.ROUTE if kind == RequestKind.TRANSFER else Right.REVIEW
    served = serves(person_id, ticket, scene.directory, scene.now)
    return not served and may(person_id, right, ticket, scene.directory, scene.now)


def notify(
    ticket: Ticket,
    what: NotificationKind,
    people: Iterable[int],
    answer: Answer,
    scene: Scene,
    *,
    while_open: bool = False,
    receiver: int | None = None,
    target: str = "",
    verb: str = "",
) -> tuple[MessageDraft, ...]:
    """Tell people what somebody did to the ticket; who did it knows already.

    With `while_open` it is told only as long as the ticket is open and with the same people.
    """
    params = TicketNotification(
        notice=what,
        who=answer.person_id,
        text=answer.text,
        round=ticket.reroutes,
        while_open=while_open,
        receiver=receiver,
        target=target,
        verb=verb,
    )
    return tuple(
        MessageDraft(
            intent=f"t{ticket.id}:{what}:v{ticket.version}:p{person_id}",
            person_id=person_id,
            kind=MessageKind.NOTIFICATION,
            ticket_id=ticket.id,
            step=what,
            urgency=URGENCY,
            not_before=scene.opening,
            params=params,
        )
        for person_id in dict.fromkeys(people)
        if person_id != answer.person_id
    )


def ask(ticket: Ticket, request: Request, people: Iterable[int], scene: Scene) -> tuple[MessageDraft, ...]:
    """Ask people for a decision; the buttons of the message are about this very request."""
    params = RequestParams(request=request.id, who=request.asked_by, text=request.text, until=request.until)
    return tuple(
        MessageDraft(
            intent=f"t{ticket.id}:request:{request.id}:p{person_id}",
            person_id=person_id,
            kind=MessageKind.REQUEST,
            ticket_id=ticket.id,
            step=f"request_{request.kind}",
            urgency=URGENCY,
            not_before=scene.opening,
            params=params,
        )
        for person_id in people
    )
