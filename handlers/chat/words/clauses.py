"""A clause as it is read: what it can say, its words as the rules ask about them, and where it says "done"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from handlers.chat.words.lexicon import Token, lexicon
from handlers.chat.words.slots import ACTS, S, Slot

HAPPENED = (S.LE, S.SO_DONE)
RESULTS = frozenset((S.RESULT, S.COMPLETION, *HAPPENED))
MOST_RESULTS = 4  # so many words can tell the result of an action
# Words of these stand between a "no" and what it denies.
BETWEEN = (S.ALL, S.DETAIL, S.PLAIN, S.CLOCK, S.US, S.SOON, S.PART, S.RESULT, S.POLITE, S.MAY)
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
OWN_STEPS = frozenset({"核实", "核查", "核对", "检查", "排查", "查看"})  # "已核实整改": nobody else is told to act
OPEN_END = ("了没", "了没有", "完没", "好没", "没啊")  # "改好了没"
CHARGE = ("负责", "经办", "牵头", "主管")  # "哪个同志负责"
INTERROGATIVE = re.compile("[什谁几哪啥怎吗么咋何]|多久|多少|不[^是]|没$|who|what|how|when|why|which")


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
    REPORTED = "reported"  # somebody was told of it, and has nothing to do
    CAUSE = "cause"  # how the error came about
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
    removes: bool = False  # says that it was taken away, or cannot be seen any more
    excuses: bool = False  # "因…": tells why, before what is done
    narrates: bool = False  # "立即组织整改": leaves nothing open where a later clause concludes
    concludes: bool = False  # "现已…": begins with it, of everything before
    hints: bool = False  # not sure enough to be carried out
    asked: bool = False
    counts: tuple[str, ...] = ()  # "3条"


@dataclass(frozen=True, kw_only=True)
class View:
    """The words of a clause, as the rules ask about them."""

    tokens: Sequence[Token]
    text: str
    asked: bool
    slots: frozenset[Slot]
    claim: int | None  # the place of the word that says "done"
    bare: bool  # said by its result alone: "改好"

    @property
    def claimed_to(self) -> int:
        """Where the words that say "done" end; 0 where none do."""
        return 0 if self.claim is None else self.tokens[self.claim + len(_behind(self.tokens, self.claim))].end

    @property
    def topic(self) -> str:
        """What is asked about, as the command that answers it."""
        told = {token.slot for token in self.tokens if self.asked or not asks(token)}
        found = next((topic for slot, topic in ABOUTS.items() if slot in told), "")
        return found or ("who" if self.asked and self.says(*CHARGE) else "")

    @property
    def unknown(self) -> int:
        """How many characters nobody knows."""
        return sum(len(token.word) for token in self.tokens if token.slot is S.UNKNOWN)

    def has(self, *slots: Slot) -> bool:
        """Whether any word of these slots is there."""
        return not self.slots.isdisjoint(slots)

    def only(self, *slots: Slot) -> bool:
        """Whether there is nothing else."""
        return bool(self.tokens) and self.slots.issubset(slots)

    def first(self, *slots: Slot) -> Token | None:
        """Return the first word of these slots."""
        return next((token for token in self.tokens if token.slot in slots), None)

    def says(self, *words: str) -> bool:
        """Whether any of these words is there."""
        return any(token.word in words for token in self.tokens)

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


def view_of(tokens: Sequence[Token], text: str, *, asked: bool) -> View:
    """Look at the words of one clause; `asked` says that a question mark ends it."""
    claim, bare = _claim(tokens)
    return View(
        tokens=tokens,
        text=text,
        asked=asked or text.endswith(OPEN_END) or any(asks(token) for token in tokens),
        slots=frozenset(token.slot for token in tokens),
        claim=claim,
        bare=bare,
    )


def said(view: View, sense: Sense, *slots: Slot, claims: bool = False, hints: bool = False) -> Clause:
    """A sense with its reason: the word that decided it, and what its slot is called."""
    token = view.first(*slots)
    why = f"“{token.word}”{lexicon().abouts.get(token.slot, '')}" if token else ""
    return Clause(sense=sense, why=why, claims=claims, hints=hints)


def _claim(tokens: Sequence[Token]) -> tuple[int | None, bool]:
    """Find the word that says the work is done: 已…删, 删了, 删好了, 搞定; and whether only a result says it (删好)."""
    bare: int | None = None
    already = False  # 已 was said, and no other step since: "已通知编辑删除" says only that he was told
    for place, token in enumerate(tokens):
        other = token.slot in (S.STEP, S.WAIT, S.HANDED_ON, S.HAND_IN) and token.word not in OWN_STEPS
        already = (already or token.slot is S.ALREADY) and not other
        if token.slot in (S.FINISHED, S.SO_DONE):
            return place, False
        if token.slot not in (*ACTS, S.BECOMES, S.WORKS):
            continue
        behind = _behind(tokens, place)
        if already or _happened(tokens, place, behind):
            return place, False
        completing = token.slot is S.COMPLETION and _slot(tokens, place + 1) in (S.ACTION, S.REMOVAL)
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


def asks(token: Token) -> bool:
    return token.slot is S.QUESTION or (token.slot in ABOUTS and INTERROGATIVE.search(token.word) is not None)
