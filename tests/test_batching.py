"""Work for many at once: everybody gets their own answer, nobody waits for a stranger's mistake for ever."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.batching import Together


def test_who_asks_while_work_is_under_way_is_served_by_the_next_go() -> None:
    goes: list[list[int]] = []
    first_is_under_way, may_end = asyncio.Event(), asyncio.Event()

    async def doubled(many: Sequence[int]) -> list[int]:
        goes.append(list(many))
        first_is_under_way.set()
        await may_end.wait()
        return [2 * one for one in many]

    async def play() -> list[int]:
        together = Together(doubled, at_once=3)
        first = asyncio.create_task(together(1))
        await first_is_under_way.wait()
        rest = [asyncio.create_task(together(one)) for one in (2, 3, 4, 5)]
        await asyncio.sleep(0)
        may_end.set()
        return await asyncio.gather(first, *rest)

    assert asyncio.run(play()) == [2, 4, 6, 8, 10]
    assert goes == [[1], [2, 3, 4], [5]]


def test_a_go_that_fails_is_told_to_all_of_it_and_the_next_one_goes_on() -> None:
    async def picky(many: Sequence[int]) -> list[int]:
        if 0 in many:
            raise ValueError("nothing can be done with nought")
        return list(many)

    async def play() -> None:
        together = Together(picky)
        outcomes = await asyncio.gather(together(0), together(1), return_exceptions=True)
        assert [type(one) for one in outcomes] == [ValueError, ValueError]
        assert await together(1) == 1

    asyncio.run(play())


def test_who_no_longer_waits_costs_the_others_nothing() -> None:
    async def echo(many: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        return list(many)

    async def play() -> None:
        together = Together(echo)
        gone, stays = asyncio.create_task(together(1)), asyncio.create_task(together(2))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays == 2
        with pytest.raises(asyncio.CancelledError):
            await gone

    asyncio.run(play())
