"""What a person can do at all, so that nobody is offered what they would be refused."""

from dataclasses import dataclass

from bot.actions.context import Context
from bot.actions.tickets import oversight, visible
from bot.actions.work import Work, read
from bot.rules.people.routing import desk
from bot.rules.reports.summary import readers


@dataclass(frozen=True, kw_only=True, slots=True)
class Abilities:
    """What is open to a person, be it as a deputy."""

    works: bool  # has a duty, or a ticket
    oversees: bool
    desk: bool
    reads_weekly: bool


def abilities(work: Work, person_id: int) -> Abilities:
    """Return what a person can do."""
    directory = work.directory
    has_duty = person_id in directory.duties.values()
    return Abilities(
        works=has_duty or bool(visible.tickets_of(work, person_id)),
        oversees=oversight.oversees(work, person_id),
        desk=person_id in desk(directory),
        reads_weekly=person_id in readers(directory),
    )


def abilities_of(context: Context, person_id: int) -> Abilities:
    """Return what a person can do, read by itself."""
    with read(context) as work:
        return abilities(work, person_id)
