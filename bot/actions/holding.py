"""Loops that only one node may run: polling a platform, registering at it."""

from datetime import timedelta

from bot.actions.context import Context
from bot.actions.work import begin
from bot.node import is_dead
from storage.nodes import leases


def hold(context: Context, name: str, holder: str, lease: timedelta) -> bool:
    """Take or renew the right to do something; False while another node has it.

    A process of this machine that is dead has it no longer.
    """
    with begin(context) as work:
        now = context.lease_now(work.conn)
        if leases.take(work.conn, name, holder, now, now + lease) is not None:
            return True
        other = leases.holder_of(work.conn, name)
        if not is_dead(other):
            return False
        leases.give_back(work.conn, name, other, now)
        return leases.take(work.conn, name, holder, now, now + lease) is not None


def let_go(context: Context, name: str, holder: str) -> None:
    """Give the right back before its time is over."""
    with begin(context) as work:
        leases.give_back(work.conn, name, holder, context.lease_now(work.conn))
