"""wechatpy's client for 公众号, with our token (the stable one), our base URL, timeouts and the calls it lacks."""

from collections.abc import Mapping
from typing import Any

from requests.exceptions import InvalidJSONError
from wechatpy.client import WeChatClient
from wechatpy.client.api.base import BaseWeChatAPI

from bot.channels.tencent import ApiRefused, SharedToken, Tokened, code_of, read_answer, read_token
from bot.clock import Clock
from settings import WeChat
from storage.nodes.tokens import Token


class NoticeApi(BaseWeChatAPI):
    """What may go out without being asked: template messages and subscription notices."""

    def send(self, body: dict[str, Any]) -> Any:
        """Send a template message; the platform drops a second with the same client_msg_id within ten minutes."""
        return self._post("message/template/send", data=body)

    def templates(self, *, subscribed: bool) -> Mapping[str, str]:
        """Return the account's templates, or those of subscription notices: id -> content with its fields."""
        if not subscribed:
            listed = self._get("template/get_all_private_template").get("template_list", [])
            return {str(one["template_id"]): str(one.get("content", "")) for one in listed}
        root = self._client.API_BASE_URL.removesuffix("cgi-bin/")
        listed = self._get(f"{root}wxaapi/newtmpl/gettemplate").get("data", [])
        return {str(one["priTmplId"]): str(one.get("content", "")) for one in listed}

    def subscribed(self, body: dict[str, Any]) -> Any:
        """Send a subscription notice to somebody who consented; it tells no doubles and gives no id."""
        return self._post("message/subscribe/bizsend", data=body)


class WeChatAccountClient(Tokened, WeChatClient):
    """One per thread; never retries by itself."""

    notice = NoticeApi()

    def __init__(self, settings: WeChat, shared: SharedToken, clock: Clock) -> None:
        secret = settings.secret.get_secret_value() if settings.secret else ""
        timeout = (settings.connect_seconds, settings.read_seconds)
        super().__init__(settings.app_id, secret, timeout=timeout, auto_retry=False)
        self.shared, self._clock = shared, clock
        self.API_BASE_URL = f"{settings.base_url}/cgi-bin/"

    def fetch_token(self) -> Token:
        """Ask for the stable token: unlike the ordinary one it does not kill the one other nodes use."""
        return read_token(self._ask_token(), self._clock.now())

    def probe(self) -> None:
        """Ask for a token as a check of all settings; ApiRefused says why not."""
        answer = self._ask_token()
        answer.raise_for_status()
        told = read_answer(answer.content)
        if code := code_of(told):
            raise ApiRefused(code, str(told.get("errmsg", "")))
        if not told.get("access_token"):
            raise InvalidJSONError

    def fetch_file(self, reference: str) -> bytes:
        """Return a picture or document a person sent."""
        return self.download(f"{self.API_BASE_URL}media/get", reference)

    def _ask_token(self) -> Any:
        body = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret, "force_refresh": False}
        return self._http.post(f"{self.API_BASE_URL}stable_token", json=body, timeout=self.timeout)
