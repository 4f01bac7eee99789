"""By which limit a ticket is judged that a reviewer returns after it, as its policy says."""

from collections.abc import Mapping
from dataclasses import replace

from bot.rules.calendar.deadline import compute
from bot.rules.tickets.decision import Scene
from bot.rules.tickets.escalation import replan
from bot.rules.tickets.moving import stamped
from storage.records import AfterReturn, LimitAfterReturn, Ticket, TimeUnit


def limit_after_return(before: Ticket, returned: Ticket, scene: Scene) -> tuple[Ticket, Mapping[str, object]]:
    """Return the ticket with the limit it has from now on, and what its journal says of that.

    Only who was in time gets a new limit: a return does not undo lateness. Before the limit nothing changes.
    """
    due_at, completed_at, now = before.due_at, before.completed_at, scene.now
    if due_at is None or completed_at is None or now < due_at:
        return returned, {}
    was = {"was": due_at.isoformat()}
    policy = scene.policy
    if completed_at >= due_at:
        return returned, {"limit": LimitAfterReturn.LATE_BEFORE, **was}
    if policy.returned is AfterReturn.KEEPS_LIMIT or policy.unit is TimeUnit.FIXED:
        return returned, {"limit": LimitAfterReturn.KEPT, **was}
    # Counted from when it is told: what a reviewer said while nothing ran costs the unit no time.
    anew = stamped(replace(returned, limit_from=now), compute(policy, now, scene.working))
    until = {"until": anew.due_at.isoformat()} if anew.due_at else {}
    return replan(anew, policy, scene.working, now), {"limit": LimitAfterReturn.NEW, **was, **until}
