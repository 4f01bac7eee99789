"""What one clause says: its words by slot are composed by a table of rules; the first that fits decides, and why."""

import re
from collections.abc import Callable, Sequence

from handlers.chat.words.clauses import ABOUTS, ACTS, Clause, S, Sense, View, said, view_of
from handlers.chat.words.lexicon import Token

# With these beside it, "done" is not said of all of it, or not for certain.
UNCERTAIN = (S.HEDGE, S.HEARSAY, S.BUT, S.IF, S.EARLIER, S.MAY)
INCOMPLETE = (S.NOT, S.CANNOT, S.FAILED, S.PART, S.REST, S.LATER, S.SOON, S.DOING, S.WAIT, S.STILL, S.UNDONE, S.ONLY)
DOUBTS = (*INCOMPLETE, *UNCERTAIN, S.MORE_TIME, S.MISTAKE, S.ORDER, S.THEIRS, S.HANDED_ON)
WARNINGS = (*INCOMPLETE, *UNCERTAIN, S.MORE_TIME, S.MISTAKE, S.HANDED_ON, S.AWAY, S.STEP)
PLANNED = (S.CLOCK, S.LATER, S.SOON, S.MAY, S.WILL)  # "今天改好": of something that is still to come
HELD_UP = (S.WAIT, S.PART, S.FAILED, S.IF, S.REST)
OPEN_ENDS = (*HELD_UP, S.STILL, S.BUT, S.ONLY, S.NOT, S.CANNOT, S.UNDONE)  # no promise for the future excuses these
KINDLY = (S.POLITE, S.GREETING)
YES = (S.ACCEPT, S.AGREE)
BESIDE_YES = (*KINDLY, S.LE, S.SOON, S.US, S.ALREADY, S.PAST, S.ALL)
MINOR = (
    *(*KINDLY, S.DETAIL, S.SUPPORT, S.PLAIN, S.PROMISE, S.ALL, S.BECOMES, S.CLOCK, S.PAST, S.COUNT),
    *(S.LE, S.US, S.OURS_TAIL, S.AGREE, S.YOU),
)

STEPS = (S.UNKNOWN, S.STEP, S.WAIT, S.PUBLISH, S.DETAIL)  # "已完成初审"
THIS = ("该", "此", "这", "那", "本", "工单", "的", "上述")
SO_FAR = ("目前", "目前已", "现均已", "截至", "截止到", "现在", "当前")
SHORT_OBJECT = 4  # so many characters nobody knows may follow "删了"
SHORT_REST = 3  # so many characters nobody knows may be a name
SHORT_NAME = 6  # … and so many the name of an account
SOME_PLACE = re.compile(r"(?:里|上|中|边)的$|(?:一|1)\s?[处篇条件个张段](?:了|的)?$")
WHICH = re.compile("[哪谁什几怎何]|多少")
EXTENSIONS = ("延期", "延后", "延长", "延迟")
FALSE_ALARM = ("误报", "false alarm")
OF_US = ("的", "单位", "局", "办", "处", "科")
BELONGS = ("不该", "不归", "不由", "不应该由", "不属于", "不属")
REPORTS = frozenset({"回复", "答复", "回应"})  # before a 已 of its own: "供应商回复已删除"
LEADS_OBJECT = frozenset({"将", "把", "对", "在", "于", "从", "给", "为", "被", "按", "按照", "与", "和", "及"})
THANKS = frozenset({"谢谢", "感谢", "多谢"})
REPORTING = ("报告", "汇报", "反馈")  # alone at the head of a report
ASKS_OTHERS = frozenset({"请", "麻烦", "劳烦", "有劳", "敬请", "please"})
LATER_ON = ("下一步", "做到", "切实", "做好")  # promises that may also speak of this very work


def sense_of(tokens: Sequence[Token], text: str, *, asked: bool) -> Clause:
    """Read the words of one clause; `asked` says that a question mark ends it."""
    view = view_of(tokens, text, asked=asked)
    clause = next((one for rule in RULES if (one := rule(view)) is not None), None) or _rest(view)
    planned = view.bare and view.has(*PLANNED)
    return Clause(
        sense=clause.sense,
        why=clause.why,
        start=tokens[0].start if tokens else 0,
        end=tokens[-1].end if tokens else 0,
        topic=clause.topic,
        claims=clause.claims or (view.claim is not None and not planned),
        claimed_to=view.claimed_to,
        turns=view.has(S.BUT),
        weak=clause.weak,
        hints=clause.hints or view.asked or view.has(S.HEDGE, S.BUT),
        asked=view.asked,
        counts=tuple(token.word for token in tokens if token.slot is S.COUNT),
    )


# The rules, in their order.


def _claimed(view: View) -> Clause | None:
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
    return Clause(sense=Sense.DONE, why=f"“{word.word}”说的是办完了", weak=word.slot is S.SO_DONE)


def _denies(view: View) -> bool:
    """ "还没改完" is a plain no; with more to doubt beside it, it is only unfinished."""
    more = [slot for slot in DOUBTS if slot not in (S.NOT, S.STILL, S.MAY)]
    return view.near(S.NOT, (*ACTS, S.FINISHED)) and not view.has(S.ALREADY, *more)


def _only_planned(view: View) -> str:
    """ "下午改好", "会改好的", "将改好", "处理中": of something that is still to come, or going on."""
    if view.bare and view.has(S.CLOCK):
        return said(view, Sense.UNFINISHED, S.CLOCK).why
    if view.near(S.WILL, ACTS) or _going_on(view) or (view.bare and _followed(view, "将", ACTS)):
        return said(view, Sense.UNFINISHED, S.WILL, *ACTS).why
    return ""


def _not_all(view: View) -> str:
    """Two different counts ("三处改了两处"), or a place that others are set against ("小程序里的")."""
    if len({token.word[0] for token in view.tokens if token.slot is S.COUNT}) > 1:
        return "两个数目不同"
    if view.has(S.COUNT) and view.says(*SO_FAR):
        return "说的是到目前为止"
    return "只说了其中一处" if SOME_PLACE.search(view.text.strip()) or _sets_apart(view) else ""


def _goes_on_strangely(view: View) -> str:
    """What follows "done" may be its object, but nothing nobody knows that happened too, and no mere step."""
    tail = view.tokens[view.claim or 0 :]
    if tail[0].word == "完成" and len(tail) > 1 and tail[1].slot in STEPS and not tail[1].word.startswith(THIS):
        return f"只完成了“{tail[1].word}”"
    behind = [token for token in tail if token.start >= view.claimed_to]
    unknown = sum(len(token.word) for token in behind if token.slot is S.UNKNOWN)
    ended = view.text.startswith("了", view.claimed_to - view.tokens[0].start - 1)
    happens = any(one.slot is S.UNKNOWN and two.slot is S.LE for one, two in zip(behind, behind[1:], strict=False))
    return "后半句没看懂" if happens or (ended and unknown > SHORT_OBJECT) else ""


def _sets_apart(view: View) -> bool:
    """ "公众号的": what is said of one place leaves the others out."""
    last = view.tokens[-2:]
    return len(last) == 2 and last[1].word == "的" and last[0].slot in (S.DETAIL, S.UNKNOWN, S.PLAIN)


def _by_others(view: View) -> str:
    """Somebody is asked to do it, or it is told that somebody was: no 已 makes it a fact."""
    before = view.tokens[: view.claim]
    place = next((at for at, token in enumerate(before) if token.slot is S.ALREADY), None)
    if place is not None and any(token.word in REPORTS for token in before[:place]):
        return "是听别人说的"
    if place is not None and _odd_between(before[place + 1 :]):
        return "“已”后面的话没看懂"
    if any(token.slot in (S.STEP, S.HANDED_ON) for token in before):
        return "说的是交给别人办"
    asked = any(token.slot is S.YOU or token.word in ASKS_OTHERS for token in before)
    return "像是请别人去办" if asked and not view.has(S.ALREADY) else ""


def _odd_between(tokens: Sequence[Token]) -> bool:
    """Whether something unknown stands between 已 and the action: "已某某整改"; an object is led by 将, 把, 在."""
    unknown = next((at for at, token in enumerate(tokens) if token.slot is S.UNKNOWN), None)
    return unknown is not None and not any(token.word in LEADS_OBJECT for token in tokens[:unknown])


def _undone(view: View) -> Clause | None:
    return said(view, Sense.UNFINISHED, S.UNDONE, claims=view.has(S.ALREADY, S.LE)) if view.has(S.UNDONE) else None


def _promised(view: View) -> Clause | None:
    """ "今后将加强审核" concerns no work that is still open."""
    promise = view.has(S.PROMISE) and not view.has(*OPEN_ENDS)
    later = view.says(*LATER_ON) and view.has(S.LATER, S.PUBLISH, *ACTS)
    return said(view, Sense.DETAIL, S.PROMISE) if promise and not later else None


def _not_ours(view: View) -> Clause | None:
    if view.has(S.THEIRS):
        return said(view, Sense.NOT_OURS, S.THEIRS, hints=view.has(S.MISSENT))
    us = view.first(S.US)
    if us is None or not view.near(S.NOT, (S.US,)):
        return said(view, Sense.MISSENT, S.MISSENT) if view.has(S.MISSENT) else None
    names_us = us.word.endswith(OF_US) or "的" in view.text or view.has(S.OURS_TAIL)
    if not names_us and not view.says(*BELONGS):
        return None  # "不是我删的" tells of something else
    acts = view.has(S.STEP, S.LE, S.MISSENT, *ACTS)
    plainly = view.has(S.OURS_TAIL, S.DETAIL) and not acts and view.unknown <= SHORT_NAME
    return said(view, Sense.NOT_OURS if plainly else Sense.MISSENT, S.NOT)


def _leave(view: View) -> Clause | None:
    if view.asked and view.has(S.LEAVE, S.AWAY):
        return Clause(sense=Sense.QUESTION, why="问不在时怎么办", topic="stand_in")
    if not view.has(S.LEAVE):
        return None
    return said(view, Sense.DENIED if view.near(S.NOT, (S.LEAVE,)) else Sense.LEAVE, S.LEAVE)


def _more_time(view: View) -> Clause | None:
    put_off = view.asked and view.has(S.LATER, S.CLOCK) and view.has(S.HAND_IN, *ACTS)
    wanted = view.near(S.MAY, (S.ORDER,)) or (view.asked and not WHICH.search(view.text))
    if not (put_off or view.has(S.MORE_TIME) or (wanted and view.says(*EXTENSIONS))):
        return None
    return said(view, Sense.MORE_TIME, S.MORE_TIME, S.LATER, S.CLOCK, S.ORDER)


def _not_right(view: View) -> Clause | None:
    if view.has(S.RETIRED):
        return said(view, Sense.RETIRED, S.RETIRED)
    if view.has(S.CORRECT):
        return said(view, Sense.CORRECT, S.CORRECT)
    if view.says(*FALSE_ALARM) and (view.asked or view.has(S.HEDGE)) and view.topic != "how":
        return said(view, Sense.CORRECT, S.ORDER)
    return said(view, Sense.DENIED, S.ORDER) if view.near(S.NOT, (S.ORDER,)) else None


def _asking(view: View) -> Clause | None:
    if view.asked and not view.topic and view.has(*ACTS):
        return Clause(sense=Sense.UNFINISHED, why="像是提问")
    if view.asked or (view.topic and view.only(*ABOUTS, *MINOR)):
        return Clause(sense=Sense.QUESTION, why="像是提问", topic=view.topic)
    return None


def _refused(view: View) -> Clause | None:
    if view.has(S.UNSEEN):
        return said(view, Sense.UNSEEN, S.UNSEEN)
    if view.near(S.NOT, YES):
        return said(view, Sense.DENIED, S.NOT)
    if view.near(S.NOT, ACTS) or (view.has(S.NOT) and view.only(S.NOT, S.DETAIL, S.LE, S.ALL, *KINDLY)):
        return said(view, Sense.NOT_DONE, S.NOT)
    cannot = view.has(S.CANNOT) and (view.has(*ACTS) or len(view.tokens) <= 3)
    return said(view, Sense.CANNOT, S.CANNOT) if cannot else None


def _mistaken(view: View) -> Clause | None:
    return said(view, Sense.MISTAKEN, S.MISTAKE) if view.has(S.MISTAKE) else None


def _away(view: View) -> Clause | None:
    return said(view, Sense.AWAY, S.AWAY) if view.has(S.AWAY) else None


def _circumstance(view: View) -> Clause | None:
    """ "附修改前后对比图", "因排版失误": begins with a word behind which a circumstance is told."""
    leads = bool(view.tokens) and view.tokens[0].slot is S.SUPPORT
    return Clause(sense=Sense.DETAIL, why="补充情况") if leads and not view.has(*WARNINGS) else None


def _in_hand(view: View) -> Clause | None:
    if view.has(*HELD_UP) or view.near(S.NOT, (S.SOON, S.DOING)) or (view.has(S.DOING) and view.has(S.STILL)):
        return None
    begun = view.has(S.SOON, S.DOING) or _going_on(view)
    return said(view, Sense.UNDERWAY, S.SOON, S.DOING, *ACTS) if begun else None


def _going_on(view: View) -> bool:
    """ "删除中", and nothing that goes on with 中 as a word of its own."""
    pairs = zip(view.tokens, view.tokens[1:], strict=False)
    return any(token.slot in ACTS and behind.word == "中" for token, behind in pairs)


def _followed(view: View, word: str, slots: tuple[S, ...]) -> bool:
    pairs = zip(view.tokens, view.tokens[1:], strict=False)
    return any(token.word == word and behind.slot in slots for token, behind in pairs)


def _passed_on(view: View) -> Clause | None:
    happened = view.has(S.ALREADY, S.LE)
    if view.has(S.ORDER):
        return None
    if view.has(S.HANDED_ON) and happened:
        return said(view, Sense.HANDED_ON, S.HANDED_ON)
    stepped = happened or view.has(*ACTS) or any(token.word.startswith(("已", "交了")) for token in view.tokens)
    return said(view, Sense.PASSED_ON, S.STEP) if view.has(S.STEP) and stepped else None


def _unfinished(view: View) -> Clause | None:
    """It speaks of the work, of waiting or of a rest, and says nowhere that all is done."""
    if view.has(*ACTS):
        doubted = view.has(*DOUBTS)
        return said(view, Sense.UNFINISHED, *DOUBTS) if doubted else Clause(sense=Sense.UNFINISHED, why="", weak=True)
    if view.has(S.PUBLISH) and view.has(S.ALREADY, S.LE):
        return said(view, Sense.UNFINISHED, S.PUBLISH)
    still = any(token.slot is S.STILL and len(token.word) > 1 for token in view.tokens)
    left = still or view.has(S.WAIT, S.FAILED, S.REST, S.PART) or (view.has(S.STILL) and view.has(S.NOT, S.DOING))
    return said(view, Sense.UNFINISHED, *DOUBTS) if left else None


def _accepted(view: View) -> Clause | None:
    yes = next((token for token in view.tokens if _is_yes(token)), None)
    others = (token for token in view.tokens if not _is_yes(token) and token.slot not in BESIDE_YES)
    if yes is None or any(not token.word.isdigit() for token in others):
        return None
    return Clause(sense=Sense.ACCEPTED, why=f"“{yes.word}”", weak=not view.has(S.ACCEPT))


def _is_yes(token: Token) -> bool:
    return token.slot in YES or token.word in ("好", "可以")


def _kindly(view: View) -> Clause | None:
    thanks = bool(view.tokens) and view.tokens[0].word in THANKS and not view.has(*INCOMPLETE)
    reports = view.says(*REPORTING) and view.only(S.STEP, *KINDLY)
    return Clause(sense=Sense.COURTESY, why="客气话") if thanks or reports or view.only(*KINDLY, S.LE) else None


def _rest(view: View) -> Clause:
    """Nothing was understood of it: harmless where all of it is known, or little more than a name."""
    if view.has(*WARNINGS):
        return said(view, Sense.DOUBTFUL, *WARNINGS)
    if _sets_apart(view):
        return Clause(sense=Sense.DOUBTFUL, why="只说了其中一处")
    signed = view.only(S.UNKNOWN, *KINDLY) and view.unknown <= SHORT_REST
    if view.has(S.SUPPORT, S.BECOMES, S.PROMISE) or not view.unknown or signed:
        return Clause(sense=Sense.DETAIL, why="补充情况")
    return Clause(sense=Sense.STRANGE, why="没看懂")


Rule = Callable[[View], Clause | None]

RULES: tuple[Rule, ...] = (
    *(_claimed, _undone, _promised, _not_ours, _leave, _more_time, _not_right, _asking, _refused, _mistaken, _away),
    *(_kindly, _circumstance, _in_hand, _passed_on, _unfinished, _accepted),
)
