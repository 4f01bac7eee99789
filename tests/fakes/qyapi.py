"""企业微信 as our app sees it: tokens, messages, cards, media, members.

`python -m tests.fakes.qyapi PORT` serves it in a process of its own.
"""

import re
import sys
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.fakes.peer import Answer, Call, Peer, serving

CORP, SECRET, AGENT = "ww0123456789abcdef", "wecom-secret-wecom-secret-wecom-secret-4321", 1000002
SEND, UPDATE, TOKEN = "/cgi-bin/message/send", "/cgi-bin/message/update_template_card", "/cgi-bin/gettoken"
UPLOAD, MEDIA, USERID, APP = (f"/cgi-bin/{one}" for one in ("media/upload", "media/get", "user/getuserid", "agent/get"))
TASK_ID = re.compile(r"[A-Za-z0-9_@-]{1,128}")
CODE_LIVES = timedelta(hours=72)
A_MINUTE, AN_HOUR = 30, 1000  # so many messages to one member are delivered


@dataclass(kw_only=True)
class Sent:
    """A message that reached somebody's phone."""

    to: str
    kind: str
    body: dict[str, Any]
    raw: bytes = field(repr=False)
    at: datetime

    @property
    def text(self) -> str:
        """What the person reads."""
        if self.kind == "text":
            return str(self.body["text"]["content"])
        if self.kind == "markdown":
            return str(self.body["markdown"]["content"])
        card = self.body.get("template_card", {})
        return "\n".join(filter(None, (card.get("main_title", {}).get("title"), card.get("sub_title_text"))))

    @property
    def labels(self) -> list[str]:
        return [one["text"] for one in self.body.get("template_card", {}).get("button_list", [])]

    @property
    def buttons(self) -> list[str]:
        return [one["key"] for one in self.body.get("template_card", {}).get("button_list", [])]


class QyApi(Peer):
    """One corporation with one app."""

    def __init__(self) -> None:
        super().__init__()
        self._state = threading.RLock()
        self._numbers = count(1)
        self.routes = {
            TOKEN: self._gettoken,
            SEND: self._with_token(self._send),
            UPDATE: self._with_token(self._update),
            UPLOAD: self._with_token(self._upload),
            MEDIA: self._with_token(self._download),
            USERID: self._with_token(self._userid),
            APP: self._with_token(self._app),
        }
        self.reset()

    def reset(self) -> None:
        """As on the first day."""
        self.calls.clear()
        self._faults.clear()
        self.clock: Any = None
        self.members = {"ZhangSan", "LiSi"}
        self.mobiles = {"13800001234": "ZhangSan"}
        self.wrong_numbers, self.patience = 0, 30  # so many wrong numbers shut the query for the day
        self.token, self.expired, self.unlicensed = "", set[str](), set[str]()
        self.trusted, self.closed, self.endless = True, False, False
        self.drops_silently = True
        self.a_minute, self.an_hour = A_MINUTE, AN_HOUR
        self.sent: list[Sent] = []  # what reached a phone
        self.taken = 0  # what was answered with errcode 0
        self.dropped = 0
        self.cards: dict[str, dict[str, Any]] = {}  # task id -> the card as it looks now
        self.codes: dict[str, tuple[str, datetime]] = {}  # response code -> task id, since
        self.uploads: dict[str, tuple[str, bytes]] = {}
        self._bodies: dict[bytes, tuple[datetime, dict[str, Any]]] = {}
        self._to: dict[str, list[datetime]] = defaultdict(list)

    def now(self) -> datetime:
        return self.clock.now() if self.clock else datetime.now(UTC)

    def revoke(self) -> None:
        """Every token given so far is refused from now on."""
        self.expired.add(self.token)
        self.token = ""

    def tap(self, task_id: str, action: str) -> tuple[str, str]:
        """A person presses a button: returns task id and a fresh response code."""
        card = self.cards[task_id]
        assert not card.get("replace_text"), "the button is grey"
        assert action in [one["key"] for one in card["button_list"]]
        return task_id, self._code(task_id)

    def _gettoken(self, call: Call) -> dict[str, Any]:
        if call.query.get("corpid") != CORP:
            return _refused(40013, "invalid corpid")
        if call.query.get("corpsecret") != SECRET:
            return _refused(40001, "invalid credential")
        with self._state:
            self.token = self.token or f"token-{next(self._numbers)}-{'x' * 100}"
            return {"errcode": 0, "errmsg": "ok", "access_token": self.token, "expires_in": 7200}

    def _with_token(self, handler: Any) -> Any:
        def guarded(call: Call) -> Any:
            token = call.query.get("access_token")
            if not token:
                return _refused(41001, "access_token missing")
            if self.endless or token in self.expired:
                return _refused(42001, "access_token expired")
            if token != self.token:
                return _refused(40014, "invalid access_token")
            if not self.trusted:
                return _refused(60020, "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more info")
            with self._state:
                return handler(call)

        return guarded

    def _send(self, call: Call) -> dict[str, Any]:
        body = call.json
        wrong = _wrong(body, self.cards) if body["agentid"] == AGENT else (301002, "not allow operate another agent")
        real = {one.lower(): one for one in self.members}  # the platform does not tell small letters from capitals
        asked = [real.get(one.lower(), one) for one in body["touser"].split("|") if one]
        found = [one for one in asked if one in self.members and one not in self.unlicensed]
        if not wrong and not any(one in self.members for one in asked):
            wrong = (81013, "user & party & tag all invalid")
        before = self._bodies.get(call.body)
        if body.get("enable_duplicate_check") and before:
            since, answer = before
            if self.now() - since < timedelta(seconds=min(body.get("duplicate_check_interval", 1800), 14_400)):
                return answer
        if wrong:
            return _refused(*wrong)
        answer = {"errcode": 0, "errmsg": "ok", "msgid": f"msg-{next(self._numbers)}"}
        answer["invaliduser"] = "|".join(one.lower() for one in asked if one not in self.members)
        answer["unlicenseduser"] = "|".join(one for one in asked if one in self.unlicensed)
        if body["msgtype"] == "template_card":
            task_id = body["template_card"]["task_id"]
            self.cards[task_id] = body["template_card"]
            answer["response_code"] = self._code(task_id)
        for member in found:
            self._deliver(member, body, call.body)
        self.taken += 1
        self._bodies[call.body] = (self.now(), answer)
        return answer

    def _deliver(self, member: str, body: dict[str, Any], raw: bytes) -> None:
        now, times = self.now(), self._to[member]
        minute = sum(now - one < timedelta(minutes=1) for one in times)
        hour = sum(now - one < timedelta(hours=1) for one in times)
        if self.drops_silently and (minute >= self.a_minute or hour >= self.an_hour):
            self.dropped += 1
            return
        times.append(now)
        if (kind := body["msgtype"]) in ("text", "markdown"):
            content = body[kind]["content"].encode()[:2048].decode(errors="ignore")
            body = {**body, kind: {"content": content}}
        self.sent.append(Sent(to=member, kind=body["msgtype"], body=body, raw=raw, at=now))

    def _update(self, call: Call) -> dict[str, Any]:
        body = call.json
        task_id, since = self.codes.pop(body["response_code"], ("", None))
        if since is None or self.now() - since > CODE_LIVES:
            return _refused(60140, "response_code invalid")
        assert body["template_card"]["button_list"]
        self.cards[task_id] = body["template_card"]
        return {"errcode": 0, "errmsg": "ok", "invaliduser": []}

    def _upload(self, call: Call) -> dict[str, Any]:
        head, _, rest = call.body.partition(b"\r\n\r\n")
        boundary = call.body.partition(b"\r\n")[0]
        name = re.search(r'filename="([^"]*)"', head.decode())
        media_id = f"media-{next(self._numbers)}"
        self.uploads[media_id] = (name.group(1) if name else "", rest.rpartition(b"\r\n" + boundary)[0])
        return {"errcode": 0, "errmsg": "ok", "type": call.query["type"], "media_id": media_id}

    def _download(self, call: Call) -> dict[str, Any] | Answer:
        found = self.uploads.get(call.query["media_id"])
        if found is None:
            return _refused(40007, "invalid media_id")
        headers = (("content-type", "application/octet-stream"), ("content-disposition", 'attachment; filename="f"'))
        return Answer(body=found[1], headers=headers)

    def _userid(self, call: Call) -> dict[str, Any]:
        userid = self.mobiles.get(call.json["mobile"])
        if self.wrong_numbers >= self.patience:
            return _refused(45009, "api freq out of limit")
        self.wrong_numbers += userid is None
        return {"errcode": 0, "errmsg": "ok", "userid": userid} if userid else _refused(46004, "user not exist")

    def _app(self, call: Call) -> dict[str, Any]:
        if call.query["agentid"] != str(AGENT):
            return _refused(301002, "not allow operate another agent")
        return {"errcode": 0, "errmsg": "ok", "agentid": AGENT, "name": "督办", "close": int(self.closed)}

    def _code(self, task_id: str) -> str:
        code = f"code-{next(self._numbers)}"
        self.codes[code] = (task_id, self.now())
        return code


def _wrong(body: dict[str, Any], cards: dict[str, Any]) -> tuple[int, str] | None:
    """What the platform would not take about a message."""
    if body["msgtype"] == "text" and not body["text"]["content"]:
        return (44004, "empty content")
    if body["msgtype"] != "template_card":
        return None
    card = body["template_card"]
    keys = [one["key"] for one in card["button_list"]]
    sound = TASK_ID.fullmatch(card["task_id"]) and 1 <= len(keys) <= 6 and len(set(keys)) == len(keys)
    sound = sound and all(len(key.encode()) <= 1024 for key in keys)
    return None if sound and card["task_id"] not in cards else (40058, "invalid template_card")


def _refused(code: int, message: str) -> dict[str, Any]:
    return {"errcode": code, "errmsg": f"{message}, hint: [x], more info at https://open.work.weixin.qq.com"}


if __name__ == "__main__":
    fake = QyApi()
    fake.drops_silently = False
    fake.members = {f"member-{number}" for number in range(10_000)}
    with serving(fake, int(sys.argv[1])) as url:
        print(url, flush=True)
        threading.Event().wait()
