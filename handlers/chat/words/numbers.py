"""Finds a ticket's number in what was typed: the person's own, a place in the last list, or what looks like one."""

import re
from collections.abc import Mapping
from datetime import datetime
from itertools import chain

from handlers.chat.words.folding import match_end

MIN_TOKEN_LENGTH = 4  # shorter tokens are words such as "h5", not numbers of a source

# A measure word behind it makes it a count ("2篇", "80%", "8月24日"); so does any word that no command starts with.
MEASURES = r"(?:[篇条个处次张段字件项则幅天日月年点时分秒人名位元章页%]|周(?![一二三四五六日天]))"
# Words that only begin like one: "办结 2 处理完毕", "不同意 3 时间充足".
NO_MEASURE = r"时间|时限|人员|人力|条件|处理|处置|点击|个人|个别|天气|项目|分管|日常|年度|名单|名称|位置|字体|次要|页面"
SHORT = re.compile(
    rf"(\d{{1,2}})(?!\s*[:.\-]\s*\d)(?!\s*(?!{NO_MEASURE}){MEASURES})"
    r"(?:(?:号工单|号单|号)(?![^\W\d_])|(?=[已签办完整处删收知了误退转延撤和与及同不给至由]|到(?!\d|\s*\d+[^\W\d_])"
    r"|到\d{1,4}[月日号./\-年])|(?![\w/#]))"
)
ORDINAL = re.compile(
    r"第\s*(?:(\d{1,2})\s*(?:个|件|条|号|项|单|张)|([一二三四五六七八九十]{1,2})\s*(?:个|件|号)(?!问题|地方|错))"
)
SPAN = re.compile(r"(\d{1,2})\s*(?:-|~|—|到|至)\s*(\d{1,2})(?:\s*[号件个])?(?![\d.:/\-月日年号])")
CHINESE_PLACES = {one: place for place, one in enumerate("一二三四五六七八九十", 1)}
TOKEN = re.compile(r"[a-z0-9][a-z0-9._/#\-]*")
# Numbers as offices write them, "测试-0003", "闽监[2021]23号", and such with a space after their letters.
OFFICIAL = re.compile(
    r"(?!已)[\u4e00-\u9fff]{1,10}(?:[\-_/#](?=\d{2})|\[\d{4}\](?=第?\d))第?[a-z0-9._/#\-]*\d(?![\d年月日时点分])"
)
SPACED = re.compile(r"[a-z]{1,6} (?=\d{6})\d[a-z0-9._/#\-]*")
CALLED = re.compile(r"(?:(?:工单号?|单号|编号|#)[\s:]*|no[.:\s]\s*)(?=\S)")
OPENING = re.compile(r"[\s,、:;。.!~|“\"'(\[【「和与及-]*")
CLOSING = re.compile(r"[”\"')\]】」]?(?:号工单|号)?")

WEB = re.compile(r"^(https?|www)\b|\.[a-z]{2,}(/|$)")
DATES = (
    re.compile(r"^\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?(t\d{0,2})?$"),
    re.compile(r"^\d{1,2}[-/.]\d{1,2}$"),
    re.compile(r"^\d+\.\d+$"),
)

KnownNumbers = Mapping[str, str]  # folded number without spaces -> number, of the person's tickets


def read(text: str, start: int, known: KnownNumbers) -> tuple[str, int] | None:
    """Return the number that stands at a place of a folded text, after stops and brackets, and where it ends."""
    place = match_end(OPENING, text, start)
    called = CALLED.match(text, place)
    places = (place, match_end(OPENING, text, called.end())) if called else (place,)
    # A number of the person's own goes before anything that merely looks like one.
    own = (_own(text, one, known) for one in places)
    short = (_short(text, one) for one in places)
    # What is called a number is one, however short.
    least = MIN_TOKEN_LENGTH if called is None else 1
    alike = (_like_one(text, one, least) for one in reversed(places))
    found = next((one for one in chain(own, short, alike) if one is not None), None)
    return (found[0], match_end(CLOSING, text, found[1])) if found else None


def mentioned(text: str, start: int, known: KnownNumbers) -> list[str]:
    """Return the person's own numbers that stand anywhere behind a place; short ones say too little to count."""
    found: dict[str, None] = {}
    close = text.replace(" ", "")
    telling = {key: number for key, number in known.items() if len(key) >= MIN_TOKEN_LENGTH and key in close}
    place = start
    while telling and place < len(text):
        own = _own(text, place, telling) if not _inside_word(text, place) else None
        if own is not None:
            found[own[0]] = None
        place = own[1] if own else place + 1
    return list(found)


def read_span(text: str, start: int) -> tuple[tuple[str, ...], int] | None:
    """Return the places of a list that "1-3" or "1到3" names, and where it ends; None where no such span stands."""
    found = SPAN.match(text, match_end(OPENING, text, start))
    first, last = (int(found[1]), int(found[2])) if found else (0, 0)
    if found is None or not 0 < first < last:
        return None
    return tuple(str(place) for place in range(first, last + 1)), found.end()


def is_place(number: str) -> bool:
    """Whether a number is short enough to be a place in a list."""
    return number.isdigit() and len(number) <= 2


def _own(text: str, start: int, known: KnownNumbers) -> tuple[str, int] | None:
    first = text[start : start + 1]
    ends = ((number, _end_of(key, text, start)) for key, number in known.items() if key[:1] == first)
    return max(((number, end) for number, end in ends if end is not None), key=lambda one: one[1], default=None)


def _end_of(key: str, text: str, start: int) -> int | None:
    """Where the key ends when it stands here, whatever spaces are between; None when it does not."""
    if not key or start >= len(text) or text[start] == " ":
        return None
    place = start
    for wanted in key:
        while place < len(text) and text[place] == " ":
            place += 1
        if place >= len(text) or text[place] != wanted:
            return None
        place += 1
    if is_place(key):
        return place if SHORT.match(text, start) else None
    return None if _inside_word(text, place) else place


def _inside_word(text: str, place: int) -> bool:
    """Whether a Latin word or a number goes on across this place."""
    return 0 < place < len(text) and _wordlike(text[place - 1]) and _wordlike(text[place])


def _wordlike(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _short(text: str, start: int) -> tuple[str, int] | None:
    if ordinal := ORDINAL.match(text, start):
        place = int(ordinal[1]) if ordinal[1] else chinese_place(ordinal[2])
        return (str(place), ordinal.end()) if place else None
    found = SHORT.match(text, start)
    return (str(int(found[1])), found.end()) if found and int(found[1]) else None


def chinese_place(said: str) -> int:
    """二 is 2, 十二 is 12; 0 for what is none."""
    tens, _, ones = said.rpartition("十")
    if "十" not in said:
        return CHINESE_PLACES.get(said, 0)
    return (CHINESE_PLACES.get(tens, 1) if tens else 1) * 10 + (CHINESE_PLACES.get(ones, 0))


def _like_one(text: str, start: int, least: int) -> tuple[str, int] | None:
    if official := OFFICIAL.match(text, start) or SPACED.match(text, start):
        return official[0].upper(), official.end()
    found = TOKEN.match(text, start)
    if found is None:
        return None
    token = found[0].rstrip("._/#-")
    end = start + len(token)
    if len(token) < least or not any(one.isdigit() for one in token):
        return None
    if text.startswith("://", end) or WEB.search(token) or _is_date(token, text, end):
        return None
    # Digits alone with a word behind them are a count or a year: "2021年", "1500人".
    if token.isdigit() and end < len(text) and text[end].isalpha() and text[end] != "号":
        return None
    return token.upper(), end


def _is_date(token: str, text: str, end: int) -> bool:
    if any(pattern.match(token) for pattern in DATES):
        return True
    return len(token) == 8 and token.isdigit() and _real_day(token)


def _real_day(token: str) -> bool:
    try:
        return bool(datetime.strptime(token + "+0800", "%Y%m%d%z"))
    except ValueError:
        return False
