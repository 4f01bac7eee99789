"""Updates that come together are committed together, and each caller hears about its own."""

import asyncio
from datetime import UTC, datetime, time
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from bot.actions.context import Context
from bot.actions.messages import updates
from bot.actions.messages.updates import Arrived
from bot.clock import WoundClock
from bot.policies.loading import load
from handlers.chat.platforms.keeping import Keeper
from storage.sql.database import Database
from tests.cast.proof import KEY


@pytest.fixture
def context(database: Database) -> Context:
    return Context(database, WoundClock(datetime(2021, 8, 23, 2, tzinfo=UTC)), load(), (time(8), time(20)))


def _update(number: int, channel: Any = "wecom") -> Arrived:
    return Arrived(channel=channel, event_id=f"msg:{number}", raw=f"第{number}条")


async def test_a_crowd_is_committed_in_a_few_transactions(context: Context) -> None:
    commits: list[object] = []
    event.listen(context.database.engine, "commit", commits.append)
    keeper = Keeper(context)
    await asyncio.gather(*(keeper.keep(_update(number)) for number in range(150)))
    assert len(commits) <= 3
    assert sorted(one.event_id for one in updates.waiting(context, 200)) == sorted(f"msg:{n}" for n in range(150))


async def test_one_update_nobody_can_keep_costs_the_others_nothing(context: Context) -> None:
    keeper = Keeper(context)
    outcomes = await asyncio.gather(
        keeper.keep(_update(1)), keeper.keep(_update(2, channel=None)), keeper.keep(_update(3)), return_exceptions=True
    )
    assert [type(one) for one in outcomes] == [type(None), IntegrityError, type(None)]
    assert [one.event_id for one in updates.waiting(context)] == ["msg:1", "msg:3"]


async def test_the_same_update_in_one_crowd_is_kept_once(context: Context) -> None:
    keeper = Keeper(context)
    await asyncio.gather(*(keeper.keep(_update(1)) for _ in range(20)))
    assert len(updates.waiting(context)) == 1


async def test_who_does_not_wait_any_longer_holds_nobody_up(context: Context) -> None:
    keeper = Keeper(context)
    impatient = asyncio.create_task(keeper.keep(_update(1)))
    patient = asyncio.create_task(keeper.keep(_update(2)))
    await asyncio.sleep(0)
    impatient.cancel()
    await patient
    assert {"msg:2"} <= {one.event_id for one in updates.waiting(context)}


async def test_what_is_answered_for_is_committed(context: Context, database_url: str) -> None:
    await Keeper(context).keep(_update(1))
    other = Database(database_url, journal_key=KEY)
    with other.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM inbound").scalar_one() == 1
    other.close()
