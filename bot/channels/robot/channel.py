"""Robots in groups (企业微信, 钉钉, 飞书): they say things and hear nothing, so nobody counts as told by them."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from bot.channels.base import CONFIG_RETRY_AFTER, Abilities, Outgoing, Receipt, SendFailed
from bot.channels.cutting import cut
from bot.channels.robot.kinds import KINDS, MINUTE, Kind
from bot.clock import Clock
from bot.rules.messages.showing import masked
from settings import Robot
from storage.nodes import quotas
from storage.nodes.quotas import Limit
from storage.sql.database import Database

log = logging.getLogger(__name__)

TEXT_BYTES = 2048
PER_ROBOT = (Limit(count=20, per=timedelta(minutes=1)),)
TIMEOUT = httpx.Timeout(8, connect=3)
NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    UnicodeError,  # a host that is no name
)
UNKNOWN = "，不知是否已送出"
CODES = ("errcode", "code", "StatusCode")  # where an answer carries its code


@dataclass(frozen=True, kw_only=True, slots=True)
class _Said:
    """What a provider answered: zero when the message is in the group."""

    code: int
    detail: str = ""


class RobotChannel:
    """The address of a message is the robot's name in the settings."""

    name = "robot"
    # People cannot answer here, so what is said here never counts as told.
    abilities = Abilities(two_way=False, tells_doubles=False, text_bytes=TEXT_BYTES)

    def __init__(
        self,
        robots: Mapping[str, Robot],
        database: Database,
        clock: Clock,
        *,
        limits: Sequence[Limit] = PER_ROBOT,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._robots, self._database, self._clock, self._limits = robots, database, clock, limits
        self._http = httpx.AsyncClient(timeout=timeout)

    async def send(self, message: Outgoing) -> Receipt:
        """Say the text in the robot's group, citizens' numbers masked and nobody called."""
        if fault := self.fault_of(message.address):
            raise SendFailed(fault, permanent=True)
        robot = self._robots[message.address]
        if self._limits and (delay := await self._database.run(self._take, message.address)):
            raise SendFailed("群机器人每分钟最多20条，稍后再发", retry_after=delay)
        said = await self._say(robot, cut(KINDS[robot.kind].inert(masked(message.text)), TEXT_BYTES))
        if said.code:
            raise _failure(KINDS[robot.kind], said.code)
        return Receipt(provider_id=hashlib.sha256(message.key.encode()).hexdigest()[:32])  # they give none

    def fault_of(self, address: str) -> str:
        """Tell whether a robot has this name."""
        if address in self._robots:
            return ""
        return f"设置里没有这个群机器人，已设置：{'、'.join(sorted(self._robots))}"

    async def check(self) -> Sequence[str]:
        """Let each robot say nothing: it refuses that, and how it does tells whether it works."""
        found = []
        for name, robot in self._robots.items():
            try:
                said, kind = await self._say(robot, ""), KINDS[robot.kind]
            except SendFailed as failure:
                reason = failure.reason.removesuffix(UNKNOWN)
                found.append(f"群机器人“{name}”：{reason}，请核对本机网络和 DUBAN_ROBOTS__{name.upper()}__URL")
                continue
            keyword = "key" in said.detail.lower() and "word" in said.detail.lower()  # nothing holds no keyword either
            if said.code in kind.gone or (said.code in kind.wrong and not keyword):
                found.append(f"群机器人“{name}”：{_failure(kind, said.code).reason}")
        return found

    async def close(self) -> None:
        """Give back connections."""
        await self._http.aclose()

    def _take(self, name: str) -> timedelta | None:
        with self._database.begin() as conn:
            return quotas.take(conn, f"robot:{name}"[:150], 1, self._limits, self._clock.now())

    async def _say(self, robot: Robot, text: str) -> _Said:
        said = await self._answer(robot, text)
        if isinstance(said, SendFailed):
            # Raised here and not where it was met: the library's own error holds the URL with its key.
            raise said
        return said

    async def _answer(self, robot: Robot, text: str) -> _Said | SendFailed:
        kind = KINDS[robot.kind]
        secret = robot.secret.get_secret_value() if robot.secret else ""
        asked = kind.ask(text, secret, self._clock.now())
        try:
            url = httpx.URL(robot.url.get_secret_value()).copy_merge_params(asked.query)
            answer = await self._http.post(url, json=asked.body)
        except NEVER_LEFT:
            return SendFailed(f"连不上{kind.word}服务器")
        except httpx.HTTPError:
            return SendFailed(f"{kind.word}服务器没有回应{UNKNOWN}", uncertain=True)
        return _read(answer) or _no_answer(kind, answer.status_code)


def _read(answer: httpx.Response) -> _Said | None:
    try:
        told: Any = answer.json()
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    # An answer without any code is none of theirs: success says so with a zero.
    code = next((told[name] for name in CODES if name in told), None)
    return _Said(code=code, detail=str(told.get("errmsg") or told.get("msg") or "")) if isinstance(code, int) else None


def _no_answer(kind: Kind, status: int) -> SendFailed:
    """Say what an answer without a code of theirs means: somebody between us and them spoke."""
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return SendFailed(f"{kind.word}群机器人发得太快（HTTP {status}）", retry_after=MINUTE)
    if httpx.codes.is_client_error(status):
        return SendFailed(f"{kind.word}服务器出错（HTTP {status}）")
    what = f"出错（HTTP {status}）" if httpx.codes.is_server_error(status) else "答非所问"
    return SendFailed(f"{kind.word}服务器{what}{UNKNOWN}", uncertain=True)


def _failure(kind: Kind, code: int) -> SendFailed:
    if code in kind.too_fast:
        return SendFailed(f"{kind.word}群机器人发得太快（代码 {code}）", retry_after=kind.too_fast[code])
    if code in kind.gone:
        return SendFailed(f"{kind.word}群机器人已被移出群或地址失效（代码 {code}）", permanent=True)
    if code in kind.wrong:
        extra = {"action": "channel_config", "channel": "robot"}
        log.error("channel not usable: %s", kind.wrong[code], extra=extra)
        return SendFailed(kind.wrong[code], unavailable=True, retry_after=CONFIG_RETRY_AFTER)
    return SendFailed(f"{kind.word}群机器人返回代码 {code}")
