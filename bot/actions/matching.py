"""Finds homes for tickets whose account nobody knew when they came in."""

from dataclasses import replace

from bot.actions.context import Context
from bot.actions.recording import record
from bot.rules.decision import Decision
from bot.rules.escalation import decide
from bot.rules.matching import find_account
from storage import tickets
from storage.records import Account, JournalDraft, Ticket


def rematch(context: Context) -> int:
    """Look again for the accounts of open unmatched tickets; returns how many found one.

    A ticket that finds its account starts its ladder as if it had come in then; the deadline counts from receipt.
    """
    now = context.now()
    with context.database.begin() as conn:
        directory, working = context.directory(conn), context.working(conn)
        decisions = []
        for ticket in tickets.open_unmatched(conn):
            account = find_account(directory, ticket.platform, ticket.account_name)
            if account is not None:
                policy = context.policy(conn, ticket.policy_key)
                decided = decide(_at(ticket, account), policy, directory, working, now)
                data = {"account": account.id, "name": account.name, "platform": account.platform}
                line = JournalDraft(kind="matched", at=now, actor="bot", data=data)
                decisions.append(_with(decided, line))
        record(conn, decisions, now)
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
    return replace(decision, journal=(line, *decision.journal), supersede="账号已补登,改发经办人员")
