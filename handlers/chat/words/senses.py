"""What one clause says: its words by slot are composed by a table of rules; the first that fits decides, and why."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from handlers.chat.words.lexicon import Slot, Token, lexicon

S = Slot


class Sense(StrEnum):
    """What a clause can say."""

    DONE = "done"  # the work is finished
    UNFINISHED = "unfinished"  # speaks of the work, but does not say that all of it is finished
    NOT_DONE = "not_done"  # says that it is not
    CANNOT = "cannot"
    DENIED = "denied"  # a command with a "no" before it
    ACCEPTED = "accepted"
    UNDERWAY = "underway"
    HANDED_ON = "handed_on"  # the work was given to somebody else
    PASSED_ON = "passed_on"  # somebody was told, something was handed in
    NOT_OURS = "not_ours"
    MISSENT = "missent"
    RETIRED = "retired"  # the account is no longer used
    CORRECT = "correct"  # the text is right as it is
    MORE_TIME = "more_time"
    LEAVE = "leave"
    AWAY = "away"
    QUESTION = "question"
    MISTAKEN = "mistaken"
    UNSEEN = "unseen"
    COURTESY = "courtesy"
    DETAIL = "detail"  # adds a circumstance, changes nothing
    DOUBTFUL = "doubtful"  # not understood, and something in it warns
    STRANGE = "strange"  # not understood


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """One clause as it was read."""

    sense: Sense
    why: str
    start: int = 0
    end: int = 0
    topic: str = ""  # of a question
    claims: bool = False  # says "done" somewhere, whatever else it says
    claimed_to: int = 0  # where the words that say so end
    turns: bool = False  # begins with "but", or holds one
    weak: bool = False  # acceptance by a mere "好的", completion by a mere "好了"
    hints: bool = False  # not sure enough to be carried out
    asked: bool = False
    counts: tuple[str, ...] = ()  # "3条"


@dataclass(frozen=True, kw_only=True)
class View:
    """The words of a clause, as the rules ask about them."""

    tokens: Sequence[Token]
    text: str
    asked: bool
    claim: int | None  # the place of the word that says "done"
    bare: bool  # said by its result alone: "改好"
    slots: frozenset[Slot]

    def has(self, *slots: Slot) -> bool:
        """Whether any word of these slots is there."""
        return not self.slots.isdisjoint(slots)

    def only(self, *slots: Slot) -> bool:
        """Whether there is nothing else."""
        return bool(self.tokens) and self.slots.issubset(slots)

    def first(self, *slots: Slot) -> Token | None:
        """Return the first word of these slots."""
        return next((token for token in self.tokens if token.slot in slots), None)

    def near(self, before: Slot, after: tuple[Slot, ...]) -> bool:
        """Whether a word of one slot stands before one of the others, with nothing but harmless words between."""
        if before not in self.slots:
            return False
        open_ = False
        for token in self.tokens:
            if open_ and token.slot in after:
                return True
            open_ = token.slot is before or (open_ and token.slot in BETWEEN)
        return False


ACTS = (S.ACTION, S.COMPLETION)
ENDS = (S.RESULT, S.COMPLETION)
HAPPENED = (S.LE, S.SO_DONE)
RESULTS = frozenset((*ENDS, *HAPPENED))
ABOUTS = {
    S.ABOUT_PROOF: "proof",
    S.ABOUT_CALENDAR: "calendar",
    S.ABOUT_HOW: "how",
    S.ABOUT_WHAT: "what",
    S.ABOUT_WHO: "who",
    S.ABOUT_LIST: "mine",
    S.ABOUT_DUE: "due",
    S.ABOUT_STATE: "ticket",
    S.ABOUT_WHY: "why",
}
INTERROGATIVE = re.compile("[什谁几哪啥怎吗么咋何]|多久|多少|不[^是]|没$|who|what|how|when|why|which")
# With these beside it, "done" is not said of all of it, or not for certain.
DOUBTS = (
    *(S.NOT, S.CANNOT, S.FAILED, S.PART, S.REST, S.LATER, S.SOON, S.DOING, S.WAIT, S.STILL, S.UNDONE, S.ONLY, S.HEDGE),
    *(S.HEARSAY, S.BUT, S.IF, S.EARLIER, S.MAY, S.MORE_TIME, S.MISTAKE, S.ORDER, S.THEIRS, S.HANDED_ON),
)
PLANNED = (S.CLOCK, S.LATER, S.SOON, S.MAY, S.WILL)  # "今天改好": of something that is still to come
WARNINGS = (*DOUBTS[:-3], S.HANDED_ON, S.AWAY)
KINDLY = (S.POLITE, S.GREETING)
MINOR = (
    *KINDLY,
    S.DETAIL,
    S.PLAIN,
    S.PROMISE,
    S.ALL,
    S.SUPPORT,
    S.BECOMES,
    S.CLOCK,
    S.PAST,
    S.COUNT,
    S.LE,
    S.US,
    S.OURS_TAIL,
    S.AGREE,
    S.YOU,
)
BETWEEN = (S.ALL, S.DETAIL, S.PLAIN, S.CLOCK, S.US, S.SOON, S.PART, S.RESULT, S.POLITE, S.MAY)
YES = (S.ACCEPT, S.AGREE)
MOST_RESULTS = 4  # so many words can tell the result of an action
BESIDE_YES = (*KINDLY, S.LE, S.SOON, S.US, S.ALREADY, S.PAST, S.ALL)
SHORT_REST = 3  # so many characters nobody knows may be a name
SOME_PLACE = re.compile(r"(?:里|上|中|边)的$|(?:一|1)\s?[处篇条件个张段](?:了|的)?$")
EXTENSIONS = frozenset({"延期", "延后", "延长", "延迟"})
OF_US = ("的", "单位", "局", "办", "处", "科")
BELONGS = frozenset({"不该", "不归", "不由", "不应该由", "不属于", "不属"})
WHICH = re.compile("[哪谁什几怎何]|多少")
SHORT_NAME = 6  # so many characters nobody knows may name the account
REPORTS = frozenset({"回复", "答复", "回应"})  # before a 已 of its own: "供应商回复已删除"
LEADS_OBJECT = frozenset({"将", "把", "对", "在", "于", "从", "给", "为", "被", "按", "按照", "与", "和", "及"})
ASKS_OTHERS = frozenset({"请", "麻烦", "劳烦", "有劳", "敬请", "please"})


def sense_of(tokens: Sequence[Token], text: str, *, asked: bool) -> Clause:
    """Read the words of one clause; `asked` says that a question mark ends it."""
    claim, bare = _claim(tokens)
    asking = asked or any(_asks(token) for token in tokens)
    slots = frozenset(token.slot for token in tokens)
    view = View(tokens=tokens, text=text, asked=asking, claim=claim, bare=bare, slots=slots)
    for rule in RULES:
        if (clause := rule(view)) is not None:
            break
    else:
        clause = _rest(view)
    start, end = (tokens[0].start, tokens[-1].end) if tokens else (0, 0)
    return Clause(
        sense=clause.sense,
        why=clause.why,
        start=start,
        end=end,
        topic=clause.topic,
        claims=clause.claims or (claim is not None and not (bare and view.has(*PLANNED))),
        claimed_to=0 if claim is None else tokens[claim + len(_behind(tokens, claim))].end,
        turns=view.has(S.BUT),
        weak=clause.weak,
        hints=clause.hints or asking or view.has(S.HEDGE, S.BUT),
        asked=asking,
        counts=tuple(token.word for token in tokens if token.slot is S.COUNT),
    )


def _claim(tokens: Sequence[Token]) -> tuple[int | None, bool]:
    """Find the word that says the work is done: 已…删, 删了, 删好了, 搞定; and whether only a result says it (删好)."""
    bare: int | None = None
    already = False  # 已 was said, and no other step since: "已通知编辑删除" says only that he was told
    for place, token in enumerate(tokens):
        already = (already or token.slot is S.ALREADY) and token.slot not in (S.STEP, S.WAIT, S.HANDED_ON)
        if token.slot in (S.FINISHED, S.SO_DONE):
            return place, False
        if token.slot not in (*ACTS, S.BECOMES, S.WORKS):
            continue
        behind = _behind(tokens, place)
        if already or _happened(tokens, place, behind):
            return place, False
        completing = token.slot is S.COMPLETION and _slot(tokens, place + 1) is S.ACTION
        if bare is None and token.slot in ACTS and (behind or completing):
            bare = place
    return bare, bare is not None


def _happened(tokens: Sequence[Token], place: int, behind: Sequence[Slot]) -> bool:
    """Whether 了 follows an action or what it became, or a 已 that was mistyped stands right before it."""
    if _slot(tokens, place - 1) is S.MISTYPED_ALREADY or any(slot in HAPPENED for slot in behind):
        return True
    return tokens[place].slot is S.BECOMES and tokens[-1].slot is S.LE


def _behind(tokens: Sequence[Token], place: int) -> list[Slot]:
    """The results that follow an action at once: 删 + 完 + 了."""
    if _slot(tokens, place + 1) not in RESULTS:
        return []
    behind = (token.slot for token in tokens[place + 1 : place + 1 + MOST_RESULTS])
    return list(takewhile(RESULTS.__contains__, behind))


def _slot(tokens: Sequence[Token], place: int) -> Slot | None:
    return tokens[place].slot if 0 <= place < len(tokens) else None


def _asks(token: Token) -> bool:
    return token.slot is S.QUESTION or (token.slot in ABOUTS and INTERROGATIVE.search(token.word) is not None)


def _said(view: View, sense: Sense, *slots: Slot, claims: bool = False, hints: bool = False) -> Clause:
    """A sense with its reason: the word that decided it, and what its slot is called."""
    token = view.first(*slots)
    why = f"“{token.word}”{lexicon().abouts.get(token.slot, '')}" if token else ""
    return Clause(sense=sense, why=why, claims=claims, hints=hints)


# The rules, in their order.


def _claimed(view: View) -> Clause | None:
    if view.claim is None:
        return None
    if view.asked:
        topic = _topic(view)
        asks = bool(topic) and view.bare  # "几点前要办完": nothing is said to be done
        return Clause(sense=Sense.QUESTION if asks else Sense.UNFINISHED, why="像是提问", topic=topic)
    if view.has(*DOUBTS):
        denied = view.near(S.NOT, (*ACTS, S.FINISHED)) and not view.has(S.ALREADY)
        rest = [slot for slot in DOUBTS if slot not in (S.NOT, S.STILL, S.MAY)]
        return _said(view, Sense.NOT_DONE if denied and not view.has(*rest) else Sense.UNFINISHED, *DOUBTS)
    if view.bare and view.has(S.CLOCK):
        return _said(view, Sense.UNFINISHED, S.CLOCK)
    if view.near(S.WILL, ACTS) or _is_in_the_middle(view) or (view.bare and _is_to_be(view)):
        return _said(view, Sense.UNFINISHED, S.WILL, *ACTS)
    if (why := _not_all(view)) or (why := _by_others(view)):
        return Clause(sense=Sense.UNFINISHED, why=why)
    said = view.tokens[view.claim]
    return Clause(sense=Sense.DONE, why=f"“{said.word}”说的是办完了", weak=said.slot is S.SO_DONE)


def _not_all(view: View) -> str:
    """Two different counts ("三处改了两处"), or a place that others are set against ("小程序里的")."""
    counts = {token.word[0] for token in view.tokens if token.slot is S.COUNT}
    if len(counts) > 1:
        return "两个数目不同"
    return "只说了其中一处" if SOME_PLACE.search(view.text.strip()) or _sets_apart(view) else ""


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
    """Whether something unknown stands between 已 and the action: "已责令整改"; an object is led by 将, 把, 在."""
    unknown = next((at for at, token in enumerate(tokens) if token.slot is S.UNKNOWN), None)
    return unknown is not None and not any(token.word in LEADS_OBJECT for token in tokens[:unknown])


def _undone(view: View) -> Clause | None:
    return _said(view, Sense.UNFINISHED, S.UNDONE, claims=view.has(S.ALREADY, S.LE)) if view.has(S.UNDONE) else None


def _leave(view: View) -> Clause | None:
    if not view.has(S.LEAVE):
        return _away(view) if view.has(S.AWAY) and view.asked else None
    if view.near(S.NOT, (S.LEAVE,)):
        return _said(view, Sense.DENIED, S.LEAVE)
    return (
        Clause(sense=Sense.QUESTION, why="问请假", topic="stand_in")
        if view.asked
        else _said(view, Sense.LEAVE, S.LEAVE)
    )


def _away(view: View) -> Clause | None:
    if not view.has(S.AWAY):
        return None
    return (
        Clause(sense=Sense.QUESTION, why="问不在时怎么办", topic="stand_in")
        if view.asked
        else _said(view, Sense.AWAY, S.AWAY)
    )


def _more_time(view: View) -> Clause | None:
    later = view.asked and view.has(S.LATER, S.CLOCK) and view.has(S.HAND_IN, *ACTS)
    wanted = view.near(S.MAY, (S.ORDER,)) or (view.asked and not WHICH.search(view.text))
    extension = wanted and any(token.word in EXTENSIONS for token in view.tokens)
    return (
        _said(view, Sense.MORE_TIME, S.MORE_TIME, S.LATER, S.CLOCK, S.ORDER)
        if later or extension or view.has(S.MORE_TIME)
        else None
    )


def _not_ours(view: View) -> Clause | None:
    if view.has(S.THEIRS):
        return _said(view, Sense.NOT_OURS, S.THEIRS, hints=view.has(S.MISSENT))
    us = view.first(S.US)
    if us is None or not view.near(S.NOT, (S.US,)):
        return _said(view, Sense.MISSENT, S.MISSENT) if view.has(S.MISSENT) else None
    unsaid = not us.word.endswith(OF_US) and "的" not in view.text and not view.has(S.OURS_TAIL)
    belongs = any(token.word in BELONGS for token in view.tokens)
    if unsaid and not belongs:
        return None  # "不是我删的" tells of something else
    acts = view.has(S.STEP, S.LE, S.MISSENT, *ACTS)
    plainly = view.has(S.OURS_TAIL, S.DETAIL) and not acts and _little_unknown(view, SHORT_NAME)
    return _said(view, Sense.NOT_OURS if plainly else Sense.MISSENT, S.NOT)


def _not_right(view: View) -> Clause | None:
    if view.has(S.RETIRED):
        return _said(view, Sense.RETIRED, S.RETIRED)
    if view.has(S.CORRECT):
        return _said(view, Sense.CORRECT, S.CORRECT)
    alarm = any(token.word in ("误报", "false alarm") for token in view.tokens)
    if alarm and (view.asked or view.has(S.HEDGE)):
        return _said(view, Sense.CORRECT, S.ORDER)
    return _said(view, Sense.DENIED, S.ORDER) if view.near(S.NOT, (S.ORDER,)) else None


def _asking(view: View) -> Clause | None:
    topic = _topic(view)
    if not view.asked:
        return Clause(sense=Sense.QUESTION, why="问", topic=topic) if topic and view.only(*ABOUTS, *MINOR) else None
    if not topic and view.has(*ACTS, S.COMPLETION):
        return Clause(sense=Sense.UNFINISHED, why="像是提问")
    return Clause(sense=Sense.QUESTION, why="像是提问", topic=topic)


def _topic(view: View) -> str:
    found = [
        slot for slot in ABOUTS if any(token.slot is slot and (view.asked or not _asks(token)) for token in view.tokens)
    ]
    return ABOUTS[found[0]] if found else ""


def _refused(view: View) -> Clause | None:
    if view.has(S.UNSEEN):
        return _said(view, Sense.UNSEEN, S.UNSEEN)
    if view.near(S.NOT, YES):
        return _said(view, Sense.DENIED, S.NOT)
    if view.near(S.NOT, ACTS) or (view.has(S.NOT) and view.only(S.NOT, S.DETAIL, S.LE, S.ALL, *KINDLY)):
        return _said(view, Sense.NOT_DONE, S.NOT)
    return (
        _said(view, Sense.CANNOT, S.CANNOT)
        if view.has(S.CANNOT) and (view.has(*ACTS) or len(view.tokens) <= 3)
        else None
    )


def _mistaken(view: View) -> Clause | None:
    return _said(view, Sense.MISTAKEN, S.MISTAKE) if view.has(S.MISTAKE) else None


def _circumstance(view: View) -> Clause | None:
    """ "附修改前后对比图", "因排版失误": begins with a word behind which a circumstance is told."""
    leads = bool(view.tokens) and view.tokens[0].slot is S.SUPPORT
    return Clause(sense=Sense.DETAIL, why="补充情况") if leads and not view.has(*WARNINGS) else None


def _in_hand(view: View) -> Clause | None:
    if view.has(S.WAIT, S.PART, S.FAILED, S.IF, S.REST) or view.near(S.NOT, (S.SOON, S.DOING)):
        return None
    if view.has(S.DOING) and view.has(S.STILL):
        return None
    begun = view.has(S.SOON, S.DOING) or _is_in_the_middle(view)
    return _said(view, Sense.UNDERWAY, S.SOON, S.DOING, *ACTS) if begun else None


def _is_in_the_middle(view: View) -> bool:
    """ "删除中", and nothing that goes on with 中 as a word of its own."""
    pairs = zip(view.tokens, view.tokens[1:], strict=False)
    return any(token.slot in ACTS and behind.word == "中" for token, behind in pairs)


def _is_to_be(view: View) -> bool:
    """ "将改好": right before an action 将 tells what is to come, elsewhere what is acted on."""
    pairs = zip(view.tokens, view.tokens[1:], strict=False)
    return any(token.word == "将" and behind.slot in ACTS for token, behind in pairs)


def _passed_on(view: View) -> Clause | None:
    if view.has(S.ORDER):
        return None
    if view.has(S.HANDED_ON) and view.has(S.ALREADY, S.LE):
        return _said(view, Sense.HANDED_ON, S.HANDED_ON)
    if view.has(S.STEP) and (view.has(S.ALREADY, S.LE) or (view.first(S.STEP) is not None and view.has(*ACTS))):
        return _said(view, Sense.PASSED_ON, S.STEP)
    handed = view.has(S.STEP) and any(token.word.startswith(("已", "交了")) for token in view.tokens)
    return _said(view, Sense.PASSED_ON, S.STEP) if handed else None


def _unfinished(view: View) -> Clause | None:
    """It speaks of the work, of waiting or of a rest, and says nowhere that all is done."""
    if view.has(*ACTS):
        doubted = view.has(*DOUBTS)
        return _said(view, Sense.UNFINISHED, *DOUBTS) if doubted else Clause(sense=Sense.UNFINISHED, why="", weak=True)
    if view.has(S.PUBLISH) and view.has(S.ALREADY, S.LE):
        return _said(view, Sense.UNFINISHED, S.PUBLISH)
    still = any(token.slot is S.STILL and len(token.word) > 1 for token in view.tokens)
    left = still or view.has(S.WAIT, S.FAILED, S.REST, S.PART) or (view.has(S.STILL) and view.has(S.NOT, S.DOING))
    return _said(view, Sense.UNFINISHED, *DOUBTS) if left else None


def _accepted(view: View) -> Clause | None:
    yes = next((token for token in view.tokens if _is_yes(token)), None)
    others = (token for token in view.tokens if not _is_yes(token) and token.slot not in BESIDE_YES)
    if yes is None or any(not token.word.isdigit() for token in others):
        return None
    return Clause(sense=Sense.ACCEPTED, why=f"“{yes.word}”", weak=not view.has(S.ACCEPT))


def _is_yes(token: Token) -> bool:
    return token.slot in YES or token.word in ("好", "可以")


def _kindly(view: View) -> Clause | None:
    return Clause(sense=Sense.COURTESY, why="客气话") if view.only(*KINDLY, S.LE) else None


def _rest(view: View) -> Clause:
    """Nothing was understood of it: harmless where all of it is known, or little more than a name."""
    if view.has(S.PROMISE) and not view.has(S.WAIT, S.PART, S.STILL, S.REST, S.BUT):
        return _said(view, Sense.DETAIL, S.PROMISE)
    if view.has(*WARNINGS):
        return _said(view, Sense.DOUBTFUL, *WARNINGS)
    if _sets_apart(view):
        return Clause(sense=Sense.DOUBTFUL, why="只说了其中一处")
    if view.has(S.SUPPORT, S.BECOMES) or _little_unknown(view, SHORT_REST):
        return Clause(sense=Sense.DETAIL, why="补充情况")
    return Clause(sense=Sense.STRANGE, why="没看懂")


def _little_unknown(view: View, most: int) -> bool:
    return sum(len(token.word) for token in view.tokens if token.slot is S.UNKNOWN) <= most


Rule = Callable[[View], Clause | None]

RULES: tuple[Rule, ...] = (
    *(_claimed, _undone, _not_ours, _leave, _more_time, _not_right, _asking, _refused, _mistaken, _away),
    *(_circumstance, _in_hand, _passed_on, _unfinished, _accepted, _kindly),
)
