"""Loops that only one node may run: polling a platform, registering at it."""

from datetime import timedelta

from bot.actions.context import Context
from bot.actions.work import begin
from storage.nodes import leases


def hold(context: Context, name: str, holder: str, lease: timedelta) -> bool:
    """Take or renew the right to do something; False while another node has it."""
    now = context.now()
    with begin(context) as work:
        return leases.take(work.conn, name, holder, now, now + lease) is not None


def let_go(context: Context, name: str, holder: str) -> None:
    """Give the right back before its time is over."""
    with begin(context) as work:
        leases.give_back(work.conn, name, holder, context.now())
