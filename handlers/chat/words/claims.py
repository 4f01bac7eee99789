"""What a clause that says "done" claims: all of it and for certain, or only that much was done."""

import re
from collections.abc import Sequence
from itertools import pairwise

from handlers.chat.words.clauses import OWN_STEPS, Clause, Sense, View, said
from handlers.chat.words.lexicon import Token
from handlers.chat.words.slots import ACTS, DOUBTS, S

STEPS = (S.UNKNOWN, S.STEP, S.WAIT, S.PUBLISH, S.DETAIL)  # "已完成初审"
THIS = ("该", "此", "这", "那", "本", "工单", "的", "上述")
SO_FAR = ("现已", "目前", "目前已", "现均已", "截至", "截止到", "现在", "当前")
SHORT_OBJECT = 4  # so many characters nobody knows may follow "删了"
SOME_PLACE = re.compile(r"(?:里|上|中|边)的$|(?:一|1)\s?[处篇条件个张段](?:了|的)?$")
ONE_PLACE = re.compile(  # "微信号的改了": what of the others?
    "(?:网[站页]|公众号|微信号?|小程序|微博|抖音|视频号|头条|手机端?|电脑端?|标题|正文|附件|图片?)[上里中那这]?边?的(?:[都也全已]|删|改|换|撤|处理|弄|修|下)"
)
REPORTS = frozenset({"回复", "答复", "回应"})  # before a 已 of its own: "供应商回复已删除"
BETWEEN_DONE = (
    *(S.ALREADY, S.DETAIL, S.PLAIN, S.ALL, S.CLOCK, S.COUNT, S.PAST, S.US, S.SUPPORT, S.PROMISE, S.RESULT),
    *(*ACTS, S.BECOMES, S.PUBLISH, S.LE),
)
LEADS_OBJECT = frozenset({"将", "把", "对", "在", "于", "从", "给", "为", "被", "按", "按照", "与", "和", "及"})
ASKS_OTHERS = frozenset({"请", "麻烦", "劳烦", "有劳", "敬请", "please"})


def claimed(view: View) -> Clause | None:
    """It says "done": of all of it and for certain, or it is unfinished."""
    if view.claim is None:
        return None
    if view.asked:
        # "几点前要办完": nothing is said to be done.
        sense = Sense.QUESTION if view.topic and view.bare else Sense.UNFINISHED
        return Clause(sense=sense, why="像是提问", topic=view.topic)
    if view.has(*DOUBTS):
        return said(view, Sense.NOT_DONE if _denies(view) else Sense.UNFINISHED, *DOUBTS)
    if why := _only_planned(view) or _not_all(view) or _by_others(view) or _goes_on_strangely(view):
        return Clause(sense=Sense.UNFINISHED, why=why)
    word = view.tokens[view.claim]
    taken = any(token.slot is S.REMOVAL for token in view.tokens)
    return Clause(sense=Sense.DONE, why=f"“{word.word}”说的是办完了", weak=word.slot is S.SO_DONE, removes=taken)


def _denies(view: View) -> bool:
    """ "还没改完" is a plain no; with more to doubt beside it, it is only unfinished."""
    more = [slot for slot in DOUBTS if slot not in (S.NOT, S.STILL, S.MAY)]
    return view.near(S.NOT, (*ACTS, S.FINISHED)) and not view.has(S.ALREADY, *more)


def _only_planned(view: View) -> str:
    """ "下午改好", "会改好的", "将改好", "处理中": of something that is still to come, or going on."""
    if view.bare and view.has(S.CLOCK):
        return said(view, Sense.UNFINISHED, S.CLOCK).why
    if view.near(S.WILL, ACTS) or goes_on(view) or (view.bare and _followed(view, "将", ACTS)):
        return said(view, Sense.UNFINISHED, S.WILL, *ACTS).why
    return ""


def _not_all(view: View) -> str:
    """Two different counts ("三处改了两处"), or a place that others are set against ("小程序里的")."""
    if len({token.word[0] for token in view.tokens if token.slot is S.COUNT}) > 1:
        return "两个数目不同"
    if view.has(S.COUNT) and view.says(*SO_FAR):
        return "说的是到目前为止"
    return "只说了其中一处" if _one_place(view) else ""


def _one_place(view: View) -> bool:
    return bool(SOME_PLACE.search(view.text.strip()) or ONE_PLACE.search(view.text)) or sets_apart(view)


def _goes_on_strangely(view: View) -> str:
    """What follows "done" may be its object, but nothing nobody knows that happened too, and no mere step."""
    tail = view.tokens[view.claim or 0 :]
    if tail[0].word == "完成" and len(tail) > 1 and tail[1].slot in STEPS and not tail[1].word.startswith(THIS):
        return f"只完成了“{tail[1].word}”"
    behind = [token for token in tail if token.start >= view.claimed_to]
    unknown = sum(len(token.word) for token in behind if token.slot is S.UNKNOWN)
    ended = view.text.startswith("了", view.claimed_to - view.tokens[0].start - 1)
    happens = any(one.slot is S.UNKNOWN and two.slot is S.LE for one, two in pairwise(behind))
    return "后半句没看懂" if happens or (ended and unknown > SHORT_OBJECT) else ""


def sets_apart(view: View) -> bool:
    """ "公众号的": what is said of one place leaves the others out."""
    last = view.tokens[-2:]
    return len(last) == 2 and last[1].word == "的" and last[0].slot in (S.DETAIL, S.UNKNOWN, S.PLAIN)


def _by_others(view: View) -> str:
    """Somebody is asked to do it, or it is told that somebody was: no 已 makes it a fact."""
    before = _own_part(view.tokens[: view.claim], view)
    place = next((at for at, token in enumerate(before) if token.slot is S.ALREADY), None)
    if place is not None and any(token.word in REPORTS for token in before[:place]):
        return "是听别人说的"
    if place is not None and _odd_between(before[place + 1 :]):
        return "“已”后面的话没看懂"
    if any(token.slot in (S.STEP, S.HANDED_ON) and token.word not in OWN_STEPS for token in before):
        return "说的是交给别人办"
    asked = any(token.slot is S.YOU or token.word in ASKS_OTHERS for token in before)
    return "像是请别人去办" if asked and not view.has(S.ALREADY) else ""


def _own_part(before: Sequence[Token], view: View) -> Sequence[Token]:
    """Behind 并 whoever speaks goes on himself, where 了 says that it happened: "已联系作者并删除了文章"."""
    joined = max((at for at, token in enumerate(before) if token.word in ("并", "并且")), default=None)
    happened = view.text.startswith("了", view.claimed_to - view.tokens[0].start - 1)
    return before if joined is None or not happened else before[joined + 1 :]


def _odd_between(tokens: Sequence[Token]) -> bool:
    """Whether anything odd stands between 已 and the action: "已报部门整改"; 将, 把, 在 lead an object."""
    odd = next(
        (at for at, token in enumerate(tokens) if token.slot not in BETWEEN_DONE and token.word not in OWN_STEPS), None
    )
    return odd is not None and not any(token.word in LEADS_OBJECT for token in tokens[:odd])


def goes_on(view: View) -> bool:
    """ "删除中", and nothing that goes on with 中 as a word of its own."""
    pairs = pairwise(view.tokens)
    return any(token.slot in ACTS and behind.word == "中" for token, behind in pairs)


def _followed(view: View, word: str, slots: tuple[S, ...]) -> bool:
    pairs = pairwise(view.tokens)
    return any(token.word == word and behind.slot in slots for token, behind in pairs)
