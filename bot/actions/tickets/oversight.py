"""What a supervisor or the desk should look at in their area."""

from collections.abc import Sequence
from datetime import datetime

from bot.actions.work import Work
from bot.rules.tickets.access import area
from bot.rules.tickets.oversight import Overseen, listed
from storage import views
from storage.messages import outbox
from storage.records import Request, Ticket
from storage.tickets import requests, tickets

LIMIT = 1_000  # the first due come first; whoever has more than that on the list reads the board
COMPLETED_LIMIT = 50
CHUNK = 500  # tickets asked for at once


def oversees(work: Work, person_id: int) -> bool:
    """Whether anything is in the person's area."""
    return area(person_id, work.directory, work.now) != frozenset()


def overseen(work: Work, person_id: int) -> list[Overseen]:
    """Return what is stuck or overdue in the person's area, by unit."""
    now, directory = work.now, work.directory
    units = area(person_id, directory, now)
    found = views.overview(work.conn, unit_ids=units, limit=LIMIT)
    policies = {key: work.policy(key) for key in {one.policy_key for one in found}}
    asked: dict[int, list[Request]] = {}
    for one in requests.pending(work.conn, [ticket.id for ticket in found]):
        asked.setdefault(one.ticket_id, []).append(one)
    return listed(found, policies, asked, directory, now)


def first_told(work: Work, ticket_ids: Sequence[int]) -> dict[int, dict[int, datetime]]:
    """Return when each person first heard of each ticket: ticket id -> person id -> moment."""
    told: dict[int, dict[int, datetime]] = {}
    for start in range(0, len(ticket_ids), CHUNK):
        told |= outbox.first_told(work.conn, ticket_ids[start : start + CHUNK])
    return told


def completed(work: Work, person_id: int) -> list[Ticket]:
    """Return the completed tickets in the person's area that can still be sent back, the last completed first."""
    units = area(person_id, work.directory, work.now)
    return tickets.completed(work.conn, units, COMPLETED_LIMIT)
