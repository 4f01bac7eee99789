"""What both platforms of Tencent share: wechatpy on threads, one client each, and one token for all nodes."""

import asyncio
import hashlib
import json
import re
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, TypeVar

import requests
from requests.exceptions import InvalidJSONError
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from wechatpy.exceptions import WeChatClientException

from bot.channels.base import SendFailed
from bot.clock import Clock
from bot.sealing import KeyRefused, Sealer
from storage.nodes import tokens
from storage.nodes.tokens import Token, TokenBusy, TokenRefused
from storage.sql.database import Database

T = TypeVar("T")

THREADS = 10  # requests get slower beyond
BODY_LIMIT = 25 * 1024 * 1024  # bytes of a file people sent; the platforms take 20 MB
TOO_LARGE = 0  # our own code for a file beyond it
SECRET = re.compile(r"((?:corpsecret|secret|access_token|appid|corpid|key)=)[^&\s]+", re.IGNORECASE)


class ApiRefused(Exception):
    """The platform answered with an error code; `detail` is its own text without secrets."""

    def __init__(self, code: int, detail: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(f"code {code}")
        self.code = code
        self.detail = SECRET.sub(r"\1***", detail)
        self.retry_after = retry_after


class NeverLeft(SendFailed):
    """No connection came about, so nothing went out; tried once more at once."""


class SecretBox:
    """Seals with the platform's own secret, which all nodes have; a new secret makes old tokens unreadable."""

    def __init__(self, secret: str, row: str) -> None:
        self._row = row
        self._sealer = Sealer(hashlib.sha256(b"duban platform token " + secret.encode()).hexdigest())

    def seal(self, plain: str) -> str:
        """Encrypt."""
        return self._sealer.seal(plain, self._row)

    def unseal(self, sealed: str) -> str | None:
        """Decrypt; None for what another secret sealed."""
        try:
            return self._sealer.unseal(sealed, self._row)
        except KeyRefused:
            return None


class SharedToken:
    """The token of one app: remembered here, shared through the database, fetched by one node at a time."""

    def __init__(self, database: Database, clock: Clock, key: str, secret: str) -> None:
        self.box = SecretBox(secret, key)
        self._database, self._clock, self._key = database, clock, key
        self._token: Token | None = None
        self._lock = threading.Lock()

    def value(self, fetch: Callable[[], Token]) -> str:
        """Return the token in use; TokenRefused, TokenBusy or SendFailed where there is none."""
        token = self._token
        if token is not None and token.expires_at > self._clock.now():
            return token.value
        return self.renew(token.value if token else None, fetch)

    def renew(self, stale: str | None, fetch: Callable[[], Token]) -> str:
        """Return a token other than the one that was refused or has expired."""
        with self._lock:
            token = self._token
            if token is None or token.value == stale or token.expires_at <= self._clock.now():
                token = tokens.refresh(self._database, self._key, stale, fetch, box=self.box, now=self._clock.now)
                self._token = token
            return token.value


class Tokened:
    """Goes before a wechatpy client: its token comes from the store, and it knows which one it used."""

    shared: SharedToken
    used: str | None = None
    timeout: tuple[float, float]
    _http: requests.Session

    @property
    def access_token(self) -> str:
        """The token for the next call."""
        self.used = self.shared.value(self.fetch_token)
        return self.used

    def fetch_access_token(self) -> str:
        """Replace the token last used."""
        return self.shared.renew(self.used, self.fetch_token)

    def fetch_token(self) -> Token:
        """Ask the platform for a token; TokenRefused names its code."""
        raise NotImplementedError

    def download(self, url: str, reference: str) -> bytes:
        """Return the body of a file people sent; ApiRefused where the platform gives none."""
        query = {"access_token": self.access_token, "media_id": reference}
        body = bytearray()
        with self._http.get(url, params=query, timeout=self.timeout, stream=True) as answer:
            answer.raise_for_status()
            for piece in answer.iter_content(64 * 1024):
                body += piece
                if len(body) > BODY_LIMIT:
                    raise ApiRefused(TOO_LARGE)
            if "content-disposition" not in answer.headers:
                raise ApiRefused(code_of(read_answer(bytes(body))))
        return bytes(body)

    def _handle_result(self, answer: requests.Response, *given: Any, **named: Any) -> Any:
        """Take only an answer of theirs: the library takes whatever names no error for a success."""
        told = read_answer(answer.content)
        if not THEIRS & told.keys():
            raise InvalidJSONError
        code_of(told)
        return super()._handle_result(answer, *given, **named)  # type: ignore[misc]


THEIRS = frozenset({"errcode", "media_id", "template_list"})  # one of these stands in every answer of theirs


def read_token(answer: requests.Response, now: datetime) -> Token:
    """Read the answer to a request for a token; TokenRefused where it holds none."""
    answer.raise_for_status()
    told = read_answer(answer.content)
    if code := code_of(told):
        raise TokenRefused(code)
    if not told.get("access_token"):
        raise InvalidJSONError
    lasts = timedelta(seconds=int(told.get("expires_in") or 7200))
    return Token(value=str(told["access_token"]), expires_at=now + lasts)


def read_answer(body: bytes) -> dict[str, Any]:
    """Read a JSON object; anything else is an answer of somebody between us and the platform."""
    try:
        answer = json.loads(body.decode(errors="ignore"), strict=False)
    except ValueError:
        raise InvalidJSONError from None
    if not isinstance(answer, dict):
        raise InvalidJSONError
    return answer


def code_of(told: Mapping[str, Any]) -> int:
    """Return the code of an answer, 0 for one without; InvalidJSONError for what is no code of theirs."""
    code = told.get("errcode", 0)
    if not isinstance(code, int):
        raise InvalidJSONError
    return code


class Api:
    """Calls a platform on up to ten threads, one client per thread, once more with a new token where it was refused."""

    def __init__(self, name: str, make: Callable[[], Any], stale_codes: Collection[int]) -> None:
        self._name, self._make, self._stale = name, make, frozenset(stale_codes)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=name)
        self._local = threading.local()
        self._clients: list[Any] = []

    async def call(self, work: Callable[[Any], T], *, sends: bool = False) -> T:
        """Run `work` with a client; raises ApiRefused, or SendFailed (uncertain only if it `sends` something)."""
        return await self._run(lambda: self._call(work, sends))

    async def ask(self, work: Callable[[Any], T]) -> T:
        """Run `work`, which brings its own token, once."""
        return await self._run(lambda: self._once(self._client(), work, sends=False))

    def close(self) -> None:
        """Give back threads and connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for client in self._clients:
            client._http.close()

    async def _run(self, attempt: Callable[[], tuple[T | None, Exception | None]]) -> T:
        result, failure = await asyncio.get_running_loop().run_in_executor(self._pool, attempt)
        if failure is not None:
            # Raised here and not where it was met: the library's own error, which holds secrets, stays behind.
            raise failure
        return result  # type: ignore[return-value]

    def _call(self, work: Callable[[Any], T], sends: bool) -> tuple[T | None, Exception | None]:
        client = self._client()
        # The token comes first, by itself: where there is none, nothing can have gone out.
        _, failure = self._once(client, lambda one: one.access_token, sends=False)
        if failure is not None:
            return None, failure
        result, failure = self._once(client, work, sends)
        if isinstance(failure, ApiRefused) and failure.code in self._stale:
            _, failure = self._once(client, lambda one: one.fetch_access_token(), sends=False)
            return (None, failure) if failure else self._once(client, work, sends)
        if isinstance(failure, NeverLeft):
            return self._once(client, work, sends)
        return result, failure

    def _once(self, client: Any, work: Callable[[Any], T], sends: bool) -> tuple[T | None, Exception | None]:
        try:
            result = work(client)
        except (ApiRefused, TokenRefused, TokenBusy, WeChatClientException, OSError, ValueError) as error:
            return None, _told(error, self._name, sends)
        return result, None

    def _client(self) -> Any:
        if not hasattr(self._local, "client"):
            self._local.client = self._make()
            self._clients.append(self._local.client)
        return self._local.client


def _told(error: Exception, name: str, sends: bool) -> Exception:
    """Say in our words what went wrong; the library's own words hold secrets."""
    if isinstance(error, ApiRefused):
        return error
    if isinstance(error, TokenRefused):
        return ApiRefused(error.code, retry_after=error.retry_after)
    if isinstance(error, TokenBusy):
        return SendFailed(f"{name}的令牌正在更换，稍后再试")
    if isinstance(error, WeChatClientException) and error.errcode is not None:
        return ApiRefused(int(error.errcode), str(error.errmsg))
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return _lost(name, f"出错（HTTP {status}）", sends and status >= 500)
    if isinstance(error, InvalidJSONError):
        return _lost(name, "答非所问", sends)  # a proxy, a sign-in page
    if _never_left(error):
        return NeverLeft(f"连不上{name}服务器")
    return _lost(name, "没有回应", sends)


def _lost(name: str, what: str, sends: bool) -> SendFailed:
    return SendFailed(f"{name}服务器{what}" + ("，不知是否已送出" if sends else ""), uncertain=sends)


def _never_left(error: Exception) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
