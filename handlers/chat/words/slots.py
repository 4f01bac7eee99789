"""The slots a word can have in a clause."""

from enum import StrEnum


class Slot(StrEnum):
    """What a word can be in a clause; each is a section of lexicon.toml, whose comment says what belongs there."""

    ALREADY = "already"
    MISTYPED_ALREADY = "mistyped_already"
    ACTION = "action"
    REMOVAL = "removal"
    COMPLETION = "completion"
    BECOMES = "becomes"
    WORKS = "works"
    PUBLISH = "publish"
    RESULT = "result"
    LE = "le"
    FINISHED = "finished"
    SO_DONE = "so_done"
    STEP = "step"
    HANDED_ON = "handed_on"
    NOT = "not"
    CANNOT = "cannot"
    FAILED = "failed"
    PART = "part"
    REST = "rest"
    LATER = "later"
    WILL = "will"
    SOON = "soon"
    DOING = "doing"
    WAIT = "wait"
    STILL = "still"
    UNDONE = "undone"
    ONLY = "only"
    HEDGE = "hedge"
    HEARSAY = "hearsay"
    BUT = "but"
    IF = "if"
    CLOCK = "clock"
    PAST = "past"
    EARLIER = "earlier"
    QUESTION = "question"
    ABOUT_DUE = "about_due"
    ABOUT_WHO = "about_who"
    ABOUT_WHAT = "about_what"
    ABOUT_WHY = "about_why"
    ABOUT_HOW = "about_how"
    ABOUT_STATE = "about_state"
    ABOUT_LIST = "about_list"
    ABOUT_CALENDAR = "about_calendar"
    ABOUT_PROOF = "about_proof"
    US = "us"
    OURS_TAIL = "ours_tail"
    THEIRS = "theirs"
    MISSENT = "missent"
    RETIRED = "retired"
    CORRECT = "correct"
    ORDER = "order"
    MORE_TIME = "more_time"
    HAND_IN = "hand_in"
    YOU = "you"
    LEAVE = "leave"
    AWAY = "away"
    ACCEPT = "accept"
    AGREE = "agree"
    MAY = "may"
    POLITE = "polite"
    GREETING = "greeting"
    ALL = "all"
    MISTAKE = "mistake"
    UNSEEN = "unseen"
    DETAIL = "detail"
    SUPPORT = "support"
    CAUSE = "cause"  # "打错字": not of the file, known by its form
    PROMISE = "promise"
    PLAIN = "plain"
    COUNT = "count"  # "两处": not of the file, read by its form
    UNKNOWN = "unknown"  # what no slot has


S = Slot
ACTS = (S.ACTION, S.REMOVAL, S.COMPLETION)
KINDLY = (S.POLITE, S.GREETING)
YES = (S.ACCEPT, S.AGREE)
# With these beside it, "done" is not said of all of it, or not for certain.
UNCERTAIN = (S.HEDGE, S.HEARSAY, S.BUT, S.IF, S.EARLIER, S.MAY)
INCOMPLETE = (S.NOT, S.CANNOT, S.FAILED, S.PART, S.REST, S.LATER, S.SOON, S.DOING, S.WAIT, S.STILL, S.UNDONE, S.ONLY)
DOUBTS = (*INCOMPLETE, *UNCERTAIN, S.MORE_TIME, S.MISTAKE, S.ORDER, S.THEIRS, S.HANDED_ON)
WARNINGS = (*INCOMPLETE, *UNCERTAIN, S.MORE_TIME, S.MISTAKE, S.HANDED_ON, S.AWAY, S.STEP)
PLANNED = (S.CLOCK, S.LATER, S.SOON, S.MAY, S.WILL)  # "今天改好": of something that is still to come
HELD_UP = (S.WAIT, S.PART, S.FAILED, S.IF, S.REST)
OPEN_ENDS = (*HELD_UP, S.STILL, S.BUT, S.ONLY, S.NOT, S.CANNOT, S.UNDONE)  # no promise for the future excuses these
