"""Every table of the product; the migrations build exactly these."""

from storage.tables.base import metadata
from storage.tables.calendar import calendar_overlays, calendar_revisions
from storage.tables.messages import inbox_items, outbox, platform_tokens, quotas
from storage.tables.nodes import leases, meta
from storage.tables.proof import plain_chains, proof_leaves, proof_roots, unproved
from storage.tables.register import (
    accounts,
    addresses,
    bind_codes,
    bind_tries,
    duties,
    leaves,
    people,
    signin_tokens,
    supervisors,
    units,
)
from storage.tables.talks import last_acts, questions, requests
from storage.tables.tickets import evidence, files, inbound, journal, policies, sources, tickets

__all__ = [
    "accounts",
    "addresses",
    "bind_codes",
    "bind_tries",
    "calendar_overlays",
    "calendar_revisions",
    "duties",
    "evidence",
    "files",
    "inbound",
    "inbox_items",
    "journal",
    "last_acts",
    "leases",
    "leaves",
    "meta",
    "metadata",
    "outbox",
    "people",
    "plain_chains",
    "platform_tokens",
    "policies",
    "proof_leaves",
    "proof_roots",
    "questions",
    "quotas",
    "requests",
    "signin_tokens",
    "sources",
    "supervisors",
    "tickets",
    "units",
    "unproved",
]
