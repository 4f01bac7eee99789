"""Members of 企业微信 by their mobile numbers: the platform shuts the query for a day where too many are wrong."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.channels.base import SendFailed
from bot.channels.tencent import Api, ApiRefused, SecretBox
from bot.clock import Clock
from storage.nodes import quotas, tokens
from storage.nodes.quotas import Limit
from storage.nodes.tokens import Token
from storage.sql.database import Database

UNKNOWN_LIVES = timedelta(days=1)
# The platform counts wrong numbers against a fifth of the members; this is that of an office of a hundred.
UNKNOWN_A_DAY = (Limit(count=20, per=timedelta(days=1)),)
NOBODY = "nobody"

Refused = Callable[[ApiRefused], SendFailed | None]


class Members:
    """Asks for members; all nodes remember which numbers are nobody's, by a keyed hash."""

    def __init__(self, api: Api, app: str, secret: str, database: Database, clock: Clock, refused: Refused) -> None:
        self._api, self._app, self._database, self._clock = api, app, database, clock
        self._secret, self._refused = secret, refused

    async def of(self, mobile: str) -> str | None:
        """Return who has the number; None for nobody's, remembered for a day; SendFailed where it cannot be asked."""
        run, mark, now = self._database.run, self._mark(mobile), self._clock.now()
        if await run(tokens.find, self._database, mark, box=SecretBox(self._secret, mark), now=now) is not None:
            return None
        if delay := await run(self._wait, now):
            raise SendFailed(
                "一天内查不到的号码过多，为免平台停用查询，今天不再查", unavailable=True, retry_after=delay
            )
        try:
            answer = await self._api.call(lambda client: client.directory.userid(mobile))
        except ApiRefused as refused:
            failure = self._refused(refused)
            if failure is not None:
                raise failure from None
            await run(self._miss, mark, now)
            return None
        userid = str(answer.get("userid") or "")
        if not userid:
            raise SendFailed("企业微信没有答出成员账号，稍后再查", unavailable=True)
        return userid

    def _mark(self, mobile: str) -> str:
        digest = hmac.new(self._secret.encode(), mobile.encode(), hashlib.sha256).hexdigest()[:40]
        return f"{self._app[:60]}:{NOBODY}:{digest}"

    def _wait(self, now: datetime) -> timedelta | None:
        with self._database.read() as conn:
            return quotas.wait(conn, f"{self._app}:{NOBODY}", 1, UNKNOWN_A_DAY, now)

    def _miss(self, mark: str, now: datetime) -> None:
        token = Token(value=NOBODY, expires_at=now + UNKNOWN_LIVES)
        tokens.keep(self._database, mark, token, box=SecretBox(self._secret, mark), now=now)
        with self._database.begin() as conn:
            quotas.take(conn, f"{self._app}:{NOBODY}", 1, UNKNOWN_A_DAY, now)
