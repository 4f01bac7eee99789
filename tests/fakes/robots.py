"""The three providers of group robots behind one server: each with its own codes and way of signing."""

import base64
import hashlib
import hmac
from typing import Any

from tests.fakes.peer import Call, Peer

WECOM, DINGTALK, FEISHU = "/cgi-bin/webhook/send", "/robot/send", "/open-apis/bot/v2/hook/token-1"
KEY, SECRET = "robot-key-robot-key-7788", "robot-secret-robot-secret-5566"


class Robots(Peer):
    """One robot with each provider; 钉钉 and 飞书 want a signature."""

    def __init__(self) -> None:
        super().__init__()
        self.routes = {WECOM: self._wecom, DINGTALK: self._dingtalk, FEISHU: self._feishu}
        self.reset()

    def reset(self) -> None:
        self.calls.clear()
        self._faults.clear()
        self.said: list[tuple[str, str]] = []
        self.clock: Any = None
        self.keyword = ""

    def _wecom(self, call: Call) -> dict[str, Any]:
        if call.query.get("key") != KEY:
            return {"errcode": 93000, "errmsg": "invalid webhook url"}
        return self._say("wecom", call.json["text"]["content"], 44004)

    def _dingtalk(self, call: Call) -> dict[str, Any]:
        if call.query.get("access_token") != KEY:
            return {"errcode": 300005, "errmsg": "token is not exist"}
        stamp = call.query.get("timestamp", "0")
        right = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
        late = abs(int(stamp) / 1000 - self.clock.now().timestamp()) > 3600
        if late or call.query.get("sign") != base64.b64encode(right).decode():
            return {"errcode": 310000, "errmsg": "sign not match"}
        text = call.json["text"]["content"]
        if self.keyword not in text:
            return {"errcode": 310000, "errmsg": "keywords not in content"}
        return self._say("dingtalk", text, 40035)

    def _feishu(self, call: Call) -> dict[str, Any]:
        body = call.json
        key = f"{body.get('timestamp')}\n{SECRET}".encode()
        if body.get("sign") != base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode():
            return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
        said = self._say("feishu", body["content"]["text"], 19002)
        return {"code": said["errcode"], "msg": said["errmsg"], "data": {}}

    def _say(self, who: str, text: str, empty: int) -> dict[str, Any]:
        if not text:
            return {"errcode": empty, "errmsg": "empty content"}
        self.said.append((who, text))
        return {"errcode": 0, "errmsg": "ok"}
