"""A way that is shut for now: the next way at once, the address stays good, and nothing is lost."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.channels.base import Abilities, Outgoing, Receipt, SendFailed
from bot.clock import WoundClock
from bot.engine import Engine, open_engine
from bot.rules.messages import retry
from settings import Settings
from storage.messages import outbox
from storage.people import addresses, register
from storage.records import AddressDraft, Message, MessageDraft, MessageKind, MessageState, TextParams
from tests.cast.rows import JIA, office

NOW = datetime(2021, 8, 23, 2, tzinfo=UTC)
MINUTES = timedelta(minutes=1)


class Scripted:
    """A channel that answers as told, then accepts."""

    abilities = Abilities(two_way=True, tells_doubles=True)

    def __init__(self, name: str, *answers: SendFailed) -> None:
        self.name = name
        self.answers = list(answers)
        self.got: list[Outgoing] = []

    async def send(self, message: Outgoing) -> Receipt:
        self.got.append(message)
        if self.answers:
            raise self.answers.pop(0)
        return Receipt(provider_id=f"{self.name}-{len(self.got)}")

    async def check(self) -> Sequence[str]:
        return ()

    async def close(self) -> None:
        pass


class Stage:
    def __init__(self, engine: Engine, clock: WoundClock) -> None:
        self.engine, self.clock = engine, clock

    async def drain(self) -> Message:
        await self.engine.sender.drain()
        with self.engine.database.read() as conn:
            return outbox.by_intent(conn, "n:1")


def _stage(tmp_path: Path, *channels: Scripted) -> Stage:
    clock = WoundClock(NOW)
    settings = Settings(data_dir=tmp_path, secret_key=SecretStr("only for tests " * 4))
    engine = open_engine(settings, clock=clock, channels={one.name: one for one in channels})
    with engine.database.begin() as conn:
        office(conn)
        drafts = [
            AddressDraft(person_id=JIA, channel=one.name, address=f"at-{one.name}", bound_at=NOW, preference=place)
            for place, one in enumerate(channels)
        ]
        addresses.bind_all(conn, drafts)
        draft = MessageDraft(intent="n:1", person_id=JIA, kind=MessageKind.SUMMARY, params=TextParams(text="每周汇总"))
        outbox.put(conn, [draft], NOW)
    return Stage(engine, clock)


async def test_a_way_shut_now_leads_to_the_next_at_once_and_stays_usable(tmp_path: Path) -> None:
    shut, other = Scripted("wechat", SendFailed("现在无法主动联系", unavailable=True)), Scripted("mail")
    stage = _stage(tmp_path, shut, other)
    message = await stage.drain()
    assert (message.state, message.channel, len(shut.got), len(other.got)) == (MessageState.ACCEPTED, "mail", 1, 1)
    with stage.engine.database.read() as conn:
        ways = register.load(conn).addresses[JIA]
    assert [(one.channel, one.usable) for one in ways] == [("wechat", True), ("mail", True)]
    await stage.engine.close()


async def test_with_no_other_way_it_has_failed_unless_the_way_will_open_again(tmp_path: Path) -> None:
    stage = _stage(tmp_path, Scripted("wechat", SendFailed("现在无法主动联系", unavailable=True)))
    assert (await stage.drain()).state == MessageState.FAILED
    await stage.engine.close()


async def test_a_way_that_will_open_again_gets_its_message_then(tmp_path: Path) -> None:
    first = SendFailed("IP 不可信", unavailable=True, retry_after=5 * MINUTES)
    second = SendFailed("地址已失效", permanent=True)
    way, other = Scripted("wecom", first, first, first, first, first, first, first), Scripted("mail", second)
    stage = _stage(tmp_path, way, other)
    message = await stage.drain()
    assert (message.state, message.not_before) == (MessageState.PENDING, NOW + 5 * MINUTES)
    for _ in range(6):  # longer than a fault of the way itself would be borne with
        stage.clock.wind(5 * MINUTES)
        assert (await stage.drain()).state == MessageState.PENDING
    stage.clock.wind(5 * MINUTES)
    message = await stage.drain()
    assert (message.state, message.channel, len(other.got)) == (MessageState.ACCEPTED, "wecom", 1)
    await stage.engine.close()


async def test_what_may_have_arrived_keeps_its_payload_through_a_sure_failure(tmp_path: Path) -> None:
    lost, busy = SendFailed("没有回应", uncertain=True), SendFailed("太快", retry_after=MINUTES)
    way = Scripted("wecom", lost, busy)
    stage = _stage(tmp_path, way)
    assert (await stage.drain()).state == MessageState.UNCERTAIN
    stage.clock.wind(retry.UNCERTAIN_WAIT)
    again = await stage.drain()
    assert (again.state, bool(again.payload)) == (MessageState.UNCERTAIN, True)
    stage.clock.wind(MINUTES)
    assert (await stage.drain()).state == MessageState.ACCEPTED
    assert len({one.text for one in way.got}) == 1
    await stage.engine.close()


def test_unavailable_goes_before_everything_but_leaves_the_address() -> None:
    decided = retry.decide(
        permanent=False, uncertain=True, retry_after=MINUTES, attempts=1, may_repeat=True, now=NOW, unavailable=True
    )
    assert decided == retry.Retry(outcome=retry.RetryOutcome.NEXT_WAY)
