"""Finds homes for tickets whose account nobody knew when they came in."""

from dataclasses import replace

from bot.actions.context import Context
from bot.actions.recording import record
from bot.actions.work import begin
from bot.rules.people.matching import find_account
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.escalation import decide
from bot.rules.tickets.moving import lines_data, recomputed
from storage.records import Account, JournalDraft, JournalKind, Ticket
from storage.tickets import tickets


def rematch(context: Context) -> int:
    """Look again for the accounts of open unmatched tickets; returns how many found one.

    A ticket that finds its account starts its ladder as if it had come in then; the deadline counts from receipt.
    """
    now = context.now()
    with begin(context) as work:
        directory, calendars = work.directory, work.calendars(steady=True)
        decisions = []
        for ticket in tickets.open_unmatched(work.conn):
            account = find_account(directory, ticket.platform, ticket.account_name)
            # What somebody gave a place by hand stays there.
            if account is not None and not ticket.reroutes:
                policy = work.policy(ticket.policy_key)
                working = calendars.of(account.unit_id)
                placed = recomputed(_at(ticket, account), policy, working)
                decided = decide(placed, policy, directory, working, now)
                data: dict[str, object] = {"account": account.id, "name": account.name, "platform": account.platform}
                if placed.due_at != ticket.due_at:
                    # The unit has closures or hours of its own.
                    data |= {"from": lines_data(ticket), "to": lines_data(placed)}
                line = JournalDraft(kind=JournalKind.MATCHED, at=now, actor="bot", data=data)
                decisions.append(_with(decided, line))
        record(work, decisions)
    return len(decisions)


def _at(ticket: Ticket, account: Account) -> Ticket:
    return replace(
        ticket,
        account_id=account.id,
        unit_id=account.unit_id,
        platform=account.platform,
        account_name=account.name,
        steps_taken=(),
    )


def _with(decision: Decision, line: JournalDraft) -> Decision:
    return replace(decision, journal=(line, *decision.journal), supersede="账号已补登，改发经办人员")
