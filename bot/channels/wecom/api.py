"""wechatpy's client for 企业微信, with our token, our base URL, timeouts and the calls it lacks."""

from typing import Any

from wechatpy.client.api.base import BaseWeChatAPI
from wechatpy.enterprise import WeChatClient

from bot.channels.tencent import SharedToken, Tokened, read_token
from bot.clock import Clock
from settings import WeCom
from storage.nodes.tokens import Token


class CardApi(BaseWeChatAPI):
    """Cards that were sent: changed after a tap."""

    def update(self, body: dict[str, Any]) -> Any:
        """Spend a response code to change the card it belongs to."""
        return self._post("message/update_template_card", data=body)


class DirectoryApi(BaseWeChatAPI):
    """Members by their mobile number."""

    def userid(self, mobile: str) -> Any:
        """Ask for the member with this number."""
        return self._post("user/getuserid", data={"mobile": mobile})


class WeComClient(Tokened, WeChatClient):
    """One per thread; never retries by itself."""

    card = CardApi()
    directory = DirectoryApi()

    def __init__(self, settings: WeCom, shared: SharedToken, clock: Clock) -> None:
        secret = settings.secret.get_secret_value() if settings.secret else ""
        timeout = (settings.connect_seconds, settings.read_seconds)
        super().__init__(settings.corp_id, secret, timeout=timeout, auto_retry=False)
        self.shared, self._clock = shared, clock
        self.API_BASE_URL = f"{settings.base_url}/cgi-bin/"

    def fetch_token(self) -> Token:
        """Ask for a token, at our base URL and with our timeout."""
        query = {"corpid": self.corp_id, "corpsecret": self.secret}
        answer = self._http.get(f"{self.API_BASE_URL}gettoken", params=query, timeout=self.timeout)
        return read_token(answer, self._clock.now())

    def probe(self, agent_id: int) -> Any:
        """Ask for a token of our own and for the app, as a check of all settings."""
        query = {"agentid": agent_id, "access_token": self.fetch_token().value}
        return self.get("agent/get", params=query)

    def fetch_file(self, reference: str) -> bytes:
        """Return a picture or document a person sent."""
        return self.download(f"{self.API_BASE_URL}media/get", reference)
