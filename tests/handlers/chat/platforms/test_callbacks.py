"""Callbacks of 企业微信 and 公众号 over real HTTP: kept once before they are answered; hostile ones are turned away."""

import base64
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from wechatpy.enterprise.crypto import WeChatCrypto

import settings as settings_file
from bot.actions.messages import updates
from bot.clock import WoundClock
from bot.engine import Engine, open_engine
from handlers.chat.platforms import wechat, wecom
from handlers.chat.platforms.callbacks import Door, Turned, fields_of
from handlers.chat.platforms.heard import Heard, HeardFile, HeardKind
from handlers.web import server
from settings import Settings, SettingsInvalid, WeChat, WeCom
from storage.records import Inbound
from storage.sql.database import Database
from tests.fakes import callbacks
from tests.fakes.callbacks import Platform
from tests.fakes.peer import serving
from tests.waiting import LONG

NOW = datetime(2021, 8, 23, 2, tzinfo=UTC)
AT = int(NOW.timestamp())
KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
OTHER_KEY = base64.b64encode(bytes(range(1, 33))).decode().rstrip("=")
CORP, APP, TOKEN = "ww0123456789abcdef", "wx0123456789abcdef", "callback-token"
BOMB = (
    '<!DOCTYPE xml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'
)
XXE = '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Encrypt>&a;</Encrypt></xml>'
HELLO = callbacks.text("ZhangSan", "签收", AT)
DEEP = b"<xml>" + b"<a>" * 30_000 + b"</a>" * 30_000 + b"</xml>"
CUT = base64.b64encode(b"0123456789abcdef" * 2 + b"tail").decode()

QUERIES = st.dictionaries(st.sampled_from(["timestamp", "nonce", "msg_signature"]), st.text(max_size=20))

# What is wrong -> how it is asked, and what it gets.
HOSTILE: dict[str, tuple[dict[str, Any], int]] = {
    "forged signature": ({"signature": "0" * 40}, 403),
    "no signature": ({"signature": ""}, 403),
    "a signature in other letters": ({"signature": "签名"}, 403),
    "16 minutes old": ({"timestamp": AT - 960}, 403),
    "16 minutes ahead": ({"timestamp": AT + 960}, 403),
    "a time that is no number": ({"timestamp": "now"}, 400),
    "a time with other digits": ({"timestamp": "１６２９６８４００"}, 400),
    "a time far beyond": ({"timestamp": "9" * 30}, 400),
    "a nonce too long": ({"nonce": "n" * 129}, 400),
    "too big": ({"body": b"<xml>" + b" " * 300_000 + b"</xml>"}, 413),
    "an entity bomb": ({"body": BOMB}, 403),
    "an outside entity": ({"body": XXE}, 403),
    "an entity bomb inside": ({"xml": BOMB}, 400),
    "no XML at all": ({"body": b"\x00\xff\xfe junk"}, 403),
    "nothing": ({"body": b""}, 403),
    "XML of another world": ({"body": '<?xml version="1.0" encoding="utf-7"?><xml/>'}, 403),
    "nested without end": ({"body": DEEP}, 403),
    "JSON": ({"body": b'{"Encrypt": "x"}'}, 403),
    "broken base64": ({"sealed": "!!!not*base64"}, 400),
    "a torn cipher text": ({"sealed": CUT}, 400),
    "an empty cipher text": ({"sealed": "="}, 400),
    "for another corporation": ({"receiver": "ww-somebody-else"}, 400),
    "sealed with another key": (
        {"sealed": Platform(url="", token="", aes_key=OTHER_KEY, receiver=CORP).seal(HELLO)},
        400,
    ),
    "plaintext mode": ({"body": HELLO}, 403),
    "no XML inside": ({"xml": "just words"}, 400),
    "no UTF-8 inside": ({"xml": b"<xml>\xff\xfe</xml>"}, 400),
}


class House:
    """Our application on a database, served; and the two platforms that know its secrets."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine, self.url = engine, url
        self.wecom = Platform(url=url + wecom.PATH, token=TOKEN, aes_key=KEY, receiver=CORP)
        self.wechat = Platform(
            url=url + wechat.PATH,
            token=TOKEN,
            aes_key=KEY,
            receiver=APP,
            signed_in="signature",
            query={"encrypt_type": "aes", "signature": "x", "openid": "o"},
        )

    def platform(self, name: str) -> Platform:
        found: Platform = getattr(self, name)
        return found

    def kept(self) -> list[Inbound]:
        return updates.waiting(self.engine.context)

    def beside(self) -> sqlite3.Connection:
        """Somebody else's connection to the same file."""
        return sqlite3.connect(self.engine.settings.database.removeprefix("sqlite:///"), isolation_level=None)


began, released = threading.Event(), threading.Event()  # of the one instant answer that takes too long


def _instant(heard: Heard) -> str | None:
    if heard.text == "坏了":
        raise RuntimeError(heard.text)
    if heard.text == "慢":
        began.set()
        released.wait(LONG)  # as when the database hangs
        return "太迟"
    return "可发送：签收、办结 ]]> <b>" if heard.text == "帮助" else None


def _settings(folder: Path, **given: Any) -> Settings:
    secrets = {"secret": SecretStr("s" * 32), "token": SecretStr(TOKEN), "aes_key": SecretStr(KEY)}
    return Settings(
        data_dir=folder,
        secret_key=SecretStr("only for tests " * 4),
        wecom=WeCom(corp_id=CORP, agent_id=1000002, **secrets),
        wechat=WeChat(app_id=APP, **secrets),
        **given,
    )


def _open(stack: ExitStack, settings: Settings) -> House:
    engine = open_engine(settings, clock=WoundClock(NOW), channels={})
    stack.callback(engine.database.close)
    hooks = [one for one in (wecom.hook(engine), wechat.hook(engine, _instant)) if one is not None]
    return House(engine, stack.enter_context(serving(server.build(engine, hooks))))


@pytest.fixture
def house(file_database: Database, tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        yield _open(stack, _settings(tmp_path, database_url=SecretStr(file_database.url)))


@pytest.fixture(params=["wecom", "wechat"])
def platform(request: pytest.FixtureRequest, house: House) -> Platform:
    return house.platform(request.param)


class TestTheDoor:
    def test_hostile_callbacks_are_turned_away_and_leave_nothing(self, house: House, platform: Platform) -> None:
        got = {}
        for name, (changes, _) in HOSTILE.items():
            rest = dict(changes)
            got[name] = platform.post(rest.pop("xml", HELLO), AT, **rest).status_code
        assert got == {name: status for name, (_, status) in HOSTILE.items()}
        assert house.kept() == []
        assert platform.post(HELLO, AT).status_code == 200

    def test_a_body_without_length_is_cut_off(self, house: House, platform: Platform) -> None:
        query, _ = platform.request(HELLO, AT)
        pieces = (b"x" * 10_000 for _ in range(1_000))
        assert httpx.post(platform.url, params=query, content=pieces).status_code == 413
        assert house.kept() == []

    def test_a_replay_within_the_quarter_hour_changes_nothing(self, house: House, platform: Platform) -> None:
        query, body = platform.request(HELLO, AT)
        answers = [httpx.post(platform.url, params=query, content=body).status_code for _ in range(3)]
        assert (answers, len(house.kept())) == ([200] * 3, 1)

    def test_the_plain_mode_of_the_official_account_is_refused_even_if_signed(self, house: House) -> None:
        nonce = "n"
        query = {"signature": house.wechat.sign(str(AT), nonce), "timestamp": str(AT), "nonce": nonce, "openid": "o"}
        assert httpx.post(house.wechat.url, params=query, content=HELLO).status_code == 403
        assert house.kept() == []

    def test_the_url_is_proved_in_plain_words(self, house: House, platform: Platform) -> None:
        answer = platform.verify(AT)
        assert (answer.status_code, answer.text) == (200, "5927782489442352469")
        assert answer.headers["content-type"].startswith("text/plain")

    @pytest.mark.parametrize(
        ("changes", "status"),
        [({"signature": "0" * 40}, 403), ({"timestamp": str(AT - 960)}, 403), ({"timestamp": "x"}, 400)],
    )
    def test_a_forged_or_stale_proof_is_refused(self, platform: Platform, changes: dict[str, str], status: int) -> None:
        assert platform.verify(AT, **changes).status_code == status
        assert httpx.get(platform.url).status_code == 400

    def test_an_echo_that_cannot_be_opened_is_junk(self, house: House) -> None:
        sealed = "not sealed"
        query = {"msg_signature": house.wecom.sign(str(AT), "n", sealed), "timestamp": str(AT), "nonce": "n"}
        assert httpx.get(house.wecom.url, params={**query, "echostr": sealed}).status_code == 400


@given(xml=st.binary(max_size=300), sealed=st.text(max_size=100) | st.none(), query=QUERIES)
def test_whatever_comes_is_opened_or_turned_away(xml: bytes, sealed: str | None, query: dict[str, str]) -> None:
    platform = Platform(url="", token=TOKEN, aes_key=KEY, receiver=CORP)
    door = Door(TOKEN, WeChatCrypto(TOKEN, KEY, CORP))
    signed, body = platform.request(xml, AT, **({"sealed": sealed} if sealed else {}))
    assert _status(door, signed | query, body) in (200, 400, 403)
    # The platforms seal in base64; whatever else was signed is not what is found between the tags.
    platforms_own = sealed is None or re.fullmatch(r"[A-Za-z0-9+/=]+", sealed)
    assert _status(door, signed, body) in ((200, 400) if platforms_own else (200, 400, 403))


def _status(door: Door, query: dict[str, str], body: bytes) -> int:
    try:
        fields_of(door.open(query, body, NOW))
    except Turned as turned:
        return turned.status
    return 200


class TestKeeping:
    def test_what_is_answered_with_200_is_kept_word_for_word(self, house: House) -> None:
        wecom_answer, wechat_answer = house.wecom.post(HELLO, AT), house.wechat.post(HELLO, AT)
        assert (wecom_answer.status_code, wecom_answer.text) == (200, "")
        assert (wechat_answer.status_code, wechat_answer.text) == (200, "success")
        first, second = house.kept()
        assert (first.source, second.source) == ("wecom", "wechat")
        assert first.event_id == second.event_id
        assert "签收" in first.raw

    def test_the_same_update_on_two_nodes_at_once_is_kept_once(self, database_url: str, tmp_path: Path) -> None:
        with ExitStack() as stack:
            given = _settings(tmp_path, database_url=SecretStr(database_url))
            nodes = [_open(stack, given) for _ in range(2)]
            query, body = nodes[0].wecom.request(HELLO, AT)
            start, codes = threading.Barrier(8), []

            def bring(node: House) -> None:
                start.wait()
                codes.append(httpx.post(node.wecom.url, params=query, content=body, timeout=LONG).status_code)

            threads = [threading.Thread(target=bring, args=(nodes[n % 2],)) for n in range(8)]
            for one in threads:
                one.start()
            for one in threads:
                one.join()
            assert (codes, len(nodes[0].kept())) == ([200] * 8, 1)

    def test_two_taps_in_one_second_are_two_and_each_is_kept_once(self, house: House) -> None:
        taps = [callbacks.tap("ZhangSan", card, "ack:12", "code", AT) for card in ("card-1", "card-2")]
        for one in (*taps, *reversed(taps)):
            assert house.wecom.post(one, AT).status_code == 200
        assert [wecom.read(one.raw).card for one in house.kept()] == ["card-1", "card-2"]  # type: ignore[union-attr]

    def test_a_locked_database_is_waited_for(self, house: House) -> None:
        with closing(house.beside()) as other:
            other.execute("BEGIN IMMEDIATE")
            answers: list[int] = []
            waiting = threading.Thread(target=lambda: answers.append(house.wecom.post(HELLO, AT).status_code))
            waiting.start()
            time.sleep(0.5)
            assert answers == []
            other.execute("ROLLBACK")
            waiting.join()
        assert (answers, len(house.kept())) == ([200], 1)

    @pytest.mark.slow
    def test_a_database_locked_for_long_means_503_and_the_redelivery_is_kept_once(self, house: House) -> None:
        with closing(house.beside()) as other:
            other.execute("BEGIN IMMEDIATE")
            assert house.wecom.post(HELLO, AT).status_code == 503
            other.execute("ROLLBACK")
        assert house.wecom.post(HELLO, AT).status_code == 200
        assert len(house.kept()) == 1

    def test_a_database_that_is_gone_means_503(
        self, house: House, platform: Platform, caplog: pytest.LogCaptureFixture
    ) -> None:
        house.engine.database.close()
        assert platform.post(callbacks.text("ZhangSan", "秘密的话", AT), AT).status_code == 503
        assert "秘密的话" not in caplog.text

    def test_signed_but_odd_updates_are_kept_for_later(self, house: House, platform: Platform) -> None:
        odd = [
            "<xml/>",
            "<xml><Something>else</Something></xml>",
            callbacks.update(MsgType="event", Event="x" * 500, FromUserName="y" * 500, CreateTime="soon"),
            callbacks.update(MsgType="text", MsgId="9" * 300, FromUserName="ZhangSan", CreateTime="-1"),
        ]
        for one in (*odd, *odd):
            assert platform.post(one, AT).status_code == 200
        kept = house.kept()
        assert len(kept) == 4
        assert max(len(one.event_id) for one in kept) <= 128

    def test_what_is_not_set_up_has_no_door(self, tmp_path: Path) -> None:
        with ExitStack() as stack:
            engine = open_engine(Settings(data_dir=tmp_path, secret_key=SecretStr("only for tests " * 4)), channels={})
            stack.callback(engine.database.close)
            assert (wecom.hook(engine), wechat.hook(engine)) == (None, None)


class TestInstantAnswers:
    def test_help_is_answered_within_the_callback_sealed_and_marked(self, house: House) -> None:
        answer = house.wechat.post(callbacks.text("openid", "帮助", AT, "gh_1"), AT)
        sealed = answer.text.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
        xml = house.wechat.unseal(sealed)
        assert "<ToUserName><![CDATA[openid]]></ToUserName>" in xml
        assert "<FromUserName><![CDATA[gh_1]]></FromUserName>" in xml
        assert "<Content><![CDATA[可发送：签收、办结 ]] > <b>]]></Content>" in xml
        [kept] = house.kept()
        heard = wechat.read(kept.raw)
        assert heard is not None
        assert (heard.text, heard.details) == ("帮助", {"answered": "1"})

    def test_an_answer_that_takes_too_long_holds_up_nobody_and_is_given_later(self, house: House) -> None:
        slow: list[httpx.Response] = []
        waiting = threading.Thread(
            target=lambda: slow.append(house.wechat.post(callbacks.text("o-zhang", "慢", AT), AT))
        )
        waiting.start()
        assert began.wait(LONG)
        assert house.wecom.post(HELLO, AT).status_code == 200  # while the other answer is still being thought about
        waiting.join()
        released.set()
        assert [one.text for one in slow] == ["success"]
        told = [wechat.read(one.raw) for one in house.kept() if one.source == "wechat"]
        assert [one and (one.text, one.details) for one in told] == [("慢", {})]

    @pytest.mark.parametrize("words", ["签收 3", "坏了"])
    def test_everything_else_is_answered_later(self, house: House, words: str) -> None:
        assert house.wechat.post(callbacks.text("openid", words, AT), AT).text == "success"
        heard = wechat.read(house.kept()[0].raw)
        assert heard is not None
        assert heard.details == {}


class TestReading:
    def _read(self, house: House, name: str, xml: str) -> Heard | None:
        house.platform(name).post(xml, AT)
        raw = house.kept()[-1].raw
        return wecom.read(raw) if name == "wecom" else wechat.read(raw)

    @pytest.mark.parametrize("name", ["wecom", "wechat"])
    def test_words(self, house: House, name: str) -> None:
        heard = self._read(house, name, callbacks.text("ZhangSan", " 签收 3 ", AT))
        assert heard is not None
        assert (heard.kind, heard.address, heard.text, heard.at) == (HeardKind.TEXT, "ZhangSan", "签收 3", NOW)
        assert heard.event_id == f"msg:{heard.message_id}"

    @pytest.mark.parametrize("name", ["wecom", "wechat"])
    def test_pictures_and_documents(self, house: House, name: str) -> None:
        base = {"FromUserName": "ZhangSan", "CreateTime": AT, "MediaId": "m1"}
        picture = self._read(house, name, callbacks.update(**base, MsgType="image", PicUrl="http://x", MsgId=71))
        paper = self._read(house, name, callbacks.update(**base, MsgType="file", FileName="整改.docx", MsgId=72))
        assert picture is not None
        assert paper is not None
        assert picture.files == (HeardFile(reference="m1", name="71.jpg", media_type="image/jpeg"),)
        assert paper.files == (HeardFile(reference="m1", name="整改.docx"),)
        assert (picture.kind, picture.text) == (HeardKind.TEXT, "")

    def test_a_tap_says_what_where_and_with_which_code(self, house: House) -> None:
        heard = self._read(house, "wecom", callbacks.tap("ZhangSan", "card-1", "ack:12", "code-1", AT))
        assert heard is not None
        assert (heard.kind, heard.action, heard.card, heard.callback) == (HeardKind.TAP, "ack:12", "card-1", "code-1")

    @pytest.mark.parametrize(
        ("name", "event", "key", "kind", "text"),
        [
            ("wecom", "subscribe", "", HeardKind.START, ""),
            ("wecom", "unsubscribe", "", HeardKind.BLOCKED, ""),
            ("wecom", "click", "我的工单", HeardKind.TEXT, "我的工单"),
            ("wechat", "subscribe", "qrscene_A1B2C3", HeardKind.START, "A1B2C3"),
            ("wechat", "subscribe", "", HeardKind.START, ""),
            ("wechat", "SCAN", "A1B2C3", HeardKind.START, "A1B2C3"),
            ("wechat", "CLICK", "我的工单", HeardKind.TEXT, "我的工单"),
            ("wechat", "unsubscribe", "", HeardKind.BLOCKED, ""),
        ],
    )
    def test_events(self, house: House, name: str, event: str, key: str, kind: HeardKind, text: str) -> None:
        heard = self._read(house, name, callbacks.event("ZhangSan", event, AT, key))
        assert heard is not None
        assert (heard.kind, heard.text) == (kind, text)

    @pytest.mark.parametrize(("name", "event"), [("wecom", "LOCATION"), ("wechat", "VIEW")])
    def test_what_concerns_nobody(self, house: House, name: str, event: str) -> None:
        assert self._read(house, name, callbacks.event("ZhangSan", event, AT)) is None

    def test_what_became_of_a_notice(self, house: House) -> None:
        for number, status in enumerate(("success", "failed:user block", "failed: system failed"), 1):
            xml = callbacks.event("openid", "TEMPLATESENDJOBFINISH", AT, MsgID=number, Status=status)
            heard = self._read(house, "wechat", xml)
            assert heard is not None
            assert (heard.kind, heard.message_id, heard.text) == (HeardKind.OUTCOME, str(number), status)

    @pytest.mark.parametrize("raw", ["", "[]", "{}", '{"xml": 1}', '{"xml": "<a"}', '{"xml": "<xml/>"}'])
    def test_what_is_not_understood_is_a_value_error(self, raw: str) -> None:
        for read in (wecom.read, wechat.read):
            with pytest.raises(ValueError):
                read(raw)

    def test_a_time_beyond_all_calendars_is_a_value_error(self, house: House) -> None:
        house.wecom.post(callbacks.text("ZhangSan", "签收", 10**17), AT)
        with pytest.raises(ValueError):
            wecom.read(house.kept()[0].raw)


@pytest.mark.parametrize("key", ["short", "!" * 43, KEY + "=", KEY[:-1] + "\n"])
@pytest.mark.parametrize("section", ["wecom", "wechat"])
def test_a_wrong_aes_key_stops_the_start_and_names_the_key(section: str, key: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        settings_file.load(**{section: {"aes_key": key}})
    assert f"DUBAN_{section.upper()}__AES_KEY" in str(refused.value)
    assert "43个字符" in str(refused.value)
    assert key not in str(refused.value)


def test_the_quarter_hour_is_a_quarter_hour(house: House) -> None:
    for minutes, status in ((15, 200), (-15, 200), (15.1, 403), (-15.1, 403)):
        at = int((NOW + timedelta(minutes=minutes)).timestamp())
        assert house.wecom.post(callbacks.text("ZhangSan", "签收", AT), at).status_code == status
