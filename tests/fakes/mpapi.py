"""公众号 as our account sees it: both kinds of token, the 48-hour window, template messages, media."""

import re
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.fakes.peer import Answer, Call, Peer

APP, SECRET, TEMPLATE = "wx0123456789abcdef", "0123456789abcdef0123456789abcdef", "template-1"
STABLE, ORDINARY = "/cgi-bin/stable_token", "/cgi-bin/token"
CUSTOM, NOTICE = "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send"
SUBSCRIBED = "/cgi-bin/message/subscribe/bizsend"
TEMPLATES, SUBSCRIBABLE = "/cgi-bin/template/get_all_private_template", "/wxaapi/newtmpl/gettemplate"
CONTENT = "工单名称：{{thing1.DATA}}\n工单编号：{{character_string2.DATA}}\n时间：{{time3.DATA}}\n"
SHAPES = {
    "thing": r"[^\n]{1,20}",
    "character_string": r"[\x21-\x7e]{1,32}",
    "time": r"(?:\d{4}年\d{1,2}月\d{1,2}日 )?\d{2}:\d{2}",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "const": r".{1,20}",
}
UPLOAD, MEDIA = "/cgi-bin/media/upload", "/cgi-bin/media/get"
WINDOW, MOST = timedelta(hours=48), 5


@dataclass(kw_only=True)
class Sent:
    to: str
    kind: str  # text | image | template
    text: str = ""
    data: dict[str, str] | None = None


class MpApi(Peer):
    """One account with its followers."""

    def __init__(self) -> None:
        super().__init__()
        self._state = threading.RLock()
        self._numbers = count(1)
        self.routes = {
            STABLE: self._stable,
            ORDINARY: self._ordinary,
            CUSTOM: self._with_token(self._custom),
            NOTICE: self._with_token(self._template),
            SUBSCRIBED: self._with_token(self._subscription),
            UPLOAD: self._with_token(self._upload),
            MEDIA: self._with_token(self._download),
            TEMPLATES: self._with_token(self._templates),
            SUBSCRIBABLE: self._with_token(self._subscribable),
        }
        self.reset()

    def reset(self) -> None:
        """As on the first day."""
        self.calls.clear()
        self._faults.clear()
        self.clock: Any = None
        self.followers = {"openid-zhang-san", "openid-li-si"}
        self.consents: dict[str, int] = {}  # so many subscription notices each person still agreed to
        self.templates = {TEMPLATE: CONTENT}
        self.jobs: list[tuple[str, int]] = []  # openid and id of the template messages whose end was not told yet
        self.refusers: set[str] = set()  # who shut the template off
        self.token, self.listed, self.endless = "", True, False
        self.sent: list[Sent] = []
        self.uploads: dict[str, tuple[str, bytes]] = {}
        self._wrote: dict[str, datetime] = {}
        self._since: dict[str, int] = defaultdict(int)
        self._seen: dict[tuple[str, str], datetime] = {}

    def now(self) -> datetime:
        return self.clock.now() if self.clock else datetime.now(UTC)

    def hear(self, openid: str) -> None:
        """The person writes something, which opens the window."""
        self._wrote[openid], self._since[openid] = self.now(), 0

    def revoke(self) -> None:
        self.token = ""

    def _stable(self, call: Call) -> dict[str, Any]:
        return self._given(call.json, new=False)

    def _ordinary(self, call: Call) -> dict[str, Any]:
        return self._given(call.query, new=True)

    def _given(self, asked: dict[str, Any], *, new: bool) -> dict[str, Any]:
        if asked.get("appid") != APP:
            return _refused(40013, "invalid appid")
        if asked.get("secret") != SECRET:
            return _refused(40125, "invalid appsecret")
        if not self.listed:
            return _refused(40164, "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist")
        with self._state:
            if new or not self.token:
                self.token = f"token-{next(self._numbers)}-{'y' * 100}"
            return {"access_token": self.token, "expires_in": 7200}

    def _with_token(self, handler: Callable[[Call], Any]) -> Callable[[Call], Any]:
        def guarded(call: Call) -> Any:
            if self.endless or call.query.get("access_token") != self.token:
                return _refused(40001, "invalid credential, access_token is invalid or not latest")
            with self._state:
                return handler(call)

        return guarded

    def _custom(self, call: Call) -> dict[str, Any]:
        body = call.json
        openid, kind = body["touser"], body["msgtype"]
        if openid not in self.followers:
            return _refused(40003, "invalid openid")
        if self.now() - self._wrote.get(openid, datetime.min.replace(tzinfo=UTC)) > WINDOW:
            return _refused(45015, "response out of time limit or subscription is canceled")
        if self._since[openid] >= MOST:
            return _refused(45047, "out of response count limit")
        if kind == "text" and not 0 < len(body["text"]["content"].encode()) <= 2048:
            return _refused(45002, "content size out of limit")
        if kind == "image" and body["image"]["media_id"] not in self.uploads:
            return _refused(40007, "invalid media_id")
        self._since[openid] += 1
        self.sent.append(Sent(to=openid, kind=kind, text=body.get("text", {}).get("content", "")))
        return {"errcode": 0, "errmsg": "ok"}

    def _template(self, call: Call) -> dict[str, Any]:
        body = call.json
        openid, mark = body["touser"], (body["touser"], body.get("client_msg_id", ""))
        if body["template_id"] != TEMPLATE:
            return _refused(40037, "invalid template_id")
        if openid not in self.followers:
            return _refused(43004, "require subscribe")
        if openid in self.refusers:
            return _refused(43101, "user refuse to accept the msg")
        if mark[1] and self.now() - self._seen.get(mark, datetime.min.replace(tzinfo=UTC)) < timedelta(minutes=10):
            return {"errcode": 0, "errmsg": "ok", "msgid": 1}
        data = self._filled(body)
        if data is None:
            return _refused(47003, "argument invalid! data.value invalid")
        self._seen[mark] = self.now()
        self.sent.append(Sent(to=openid, kind="template", data=data))
        self.jobs.append((openid, number := next(self._numbers)))
        return {"errcode": 0, "errmsg": "ok", "msgid": number}

    def _filled(self, body: dict[str, Any]) -> dict[str, str] | None:
        """What the person reads: fields the template has not got are dropped without a word; None where one is bad."""
        given = {name: one["value"] for name, one in body["data"].items()}
        names = re.findall(r"\{\{(\w+)\.DATA\}\}", self.templates[TEMPLATE])
        shapes = [(given.get(name, ""), SHAPES.get(name.rstrip("0123456789"), ".*")) for name in names]
        sound = all(re.fullmatch(shape, value, re.DOTALL) for value, shape in shapes)
        return {name: given[name] for name in names if name in given} if sound else None

    def _templates(self, call: Call) -> dict[str, Any]:
        listed = [{"template_id": one, "title": "工单提醒", "content": text} for one, text in self.templates.items()]
        return {"template_list": listed}

    def _subscribable(self, call: Call) -> dict[str, Any]:
        listed = [{"priTmplId": one, "title": "工单提醒", "content": text} for one, text in self.templates.items()]
        return {"errcode": 0, "errmsg": "ok", "data": listed}

    def _subscription(self, call: Call) -> dict[str, Any]:
        body = call.json
        if body["template_id"] != TEMPLATE:
            return _refused(40037, "invalid template_id")
        if not self.consents.get(body["touser"]):
            return _refused(43101, "user refuse to accept the msg")
        self.consents[body["touser"]] -= 1
        data = self._filled(body)
        if data is None:
            return _refused(47003, "argument invalid! data.value invalid")
        self.sent.append(Sent(to=body["touser"], kind="subscription", data=data))
        return {"errcode": 0, "errmsg": "ok"}

    def _upload(self, call: Call) -> dict[str, Any]:
        head, _, rest = call.body.partition(b"\r\n\r\n")
        boundary = call.body.partition(b"\r\n")[0]
        name = re.search(r'filename="([^"]*)"', head.decode())
        media_id = f"media-{next(self._numbers)}"
        self.uploads[media_id] = (name.group(1) if name else "", rest.rpartition(b"\r\n" + boundary)[0])
        return {"type": call.query["type"], "media_id": media_id, "created_at": 1}

    def _download(self, call: Call) -> dict[str, Any] | Answer:
        found = self.uploads.get(call.query["media_id"])
        if found is None:
            return _refused(40007, "invalid media_id")
        headers = (("content-type", "image/jpeg"), ("content-disposition", 'attachment; filename="f.jpg"'))
        return Answer(body=found[1], headers=headers)


def _refused(code: int, message: str) -> dict[str, Any]:
    return {"errcode": code, "errmsg": f"{message} rid: 1-2-3"}
