"""The key of the tests, and journals checked without their rows."""

from collections.abc import Iterator

from bot.sealing import Sealer
from storage.records import MacAlgorithm
from storage.sql.database import Connection, journal_key
from storage.tickets.chains import Broken, chains

SECRET = "only-for-tests-only-for-tests-only-for-tests"
KEY = Sealer(SECRET).journal_key(MacAlgorithm.SHA256)


def checked(conn: Connection) -> Iterator[tuple[int, Broken | None]]:
    """Every journal, with the first line of it that does not hold."""
    key = journal_key(conn)
    for chain in chains(conn):
        yield chain.ticket_id, chain.broken(key)
