"""A channel on the test's side: keeps what a person would see, and does as scripted, send by send."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.channels.base import Outgoing, Receipt, SendFailed
from bot.simulator.play import StageChannel

Act = Callable[["ScriptedStage", Outgoing], Awaitable[None]]


@dataclass(kw_only=True)
class ScriptedStage(StageChannel):
    """Without a script it takes everything; a channel that tells doubles shows one copy of each key."""

    scripts: dict[str, list[Act]] = field(default_factory=dict)  # address -> what happens to the next sends
    tried: list[Outgoing] = field(default_factory=list)  # every send, in order
    shown: set[str] = field(default_factory=set)

    def script(self, who: str, *acts: Act) -> None:
        """Say what happens to the next sends to a person."""
        self.scripts[f"{self.name}:{who}"] = list(acts)

    def texts(self, who: str) -> list[str]:
        """Every text sent to a person, whether it arrived or not."""
        return [one.text for one in self.tried if one.address == f"{self.name}:{who}"]

    async def send(self, message: Outgoing) -> Receipt:
        """Do the next act of the script, then keep the message."""
        self.tried.append(message)
        acts = self.scripts.get(message.address)
        if acts:
            await acts.pop(0)(self, message)
        elif message.address in self.dead:
            raise SendFailed("地址已失效", permanent=True)
        self.show(message)
        return Receipt(provider_id=message.key)

    def show(self, message: Outgoing) -> None:
        """Let the person see it."""
        if not (self.abilities.tells_doubles and message.key in self.shown):
            self.kept.append(message)
        self.shown.add(message.key)


def refuses(failure: Exception) -> Act:
    """It does not arrive."""

    async def act(_stage: ScriptedStage, _message: Outgoing) -> None:
        raise failure

    return act


def arrives_but(failure: SendFailed) -> Act:
    """It arrives, but the answer says otherwise."""

    async def act(stage: ScriptedStage, message: Outgoing) -> None:
        stage.show(message)
        raise failure

    return act


def after(happening: Callable[[], object]) -> Act:
    """Something happens while it is under way; then it arrives."""

    async def act(_stage: ScriptedStage, _message: Outgoing) -> None:
        happening()

    return act


def hangs() -> Act:
    """The platform never answers."""

    async def act(_stage: ScriptedStage, _message: Outgoing) -> None:
        await asyncio.Event().wait()

    return act


def down() -> Act:
    """The platform is out of order for the moment."""
    return refuses(SendFailed("HTTP 503"))


def timeout() -> SendFailed:
    """Nobody knows whether it arrived."""
    return SendFailed("超时", uncertain=True)


def gone() -> SendFailed:
    """The address will never work again."""
    return SendFailed("已停用", permanent=True)
