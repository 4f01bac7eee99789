"""What one clause says: its words by slot are composed by a table of rules; the first that fits decides, and why."""

import re
from collections.abc import Callable, Sequence

from handlers.chat.words.claims import claimed, goes_on, sets_apart
from handlers.chat.words.clauses import ABOUTS, Clause, Sense, View, said, view_of
from handlers.chat.words.lexicon import Token
from handlers.chat.words.slots import (
    ACTS,
    DOUBTS,
    HELD_UP,
    INCOMPLETE,
    KINDLY,
    OPEN_ENDS,
    PLANNED,
    UNCERTAIN,
    WARNINGS,
    YES,
    S,
)

MINOR = (
    *(*KINDLY, S.DETAIL, S.SUPPORT, S.PLAIN, S.PROMISE, S.ALL, S.BECOMES, S.CLOCK, S.PAST, S.COUNT),
    *(S.LE, S.US, S.OURS_TAIL, S.AGREE, S.YOU),
)
BESIDE_YES = (*KINDLY, S.LE, S.SOON, S.US, S.ALREADY, S.PAST, S.ALL)
SHORT_REST = 3  # so many characters nobody knows may be a name
SHORT_NAME = 6  # … and so many the name of an account
WHICH = re.compile("[哪谁什几怎何]|多少")
EXTENSIONS = ("延期", "延后", "延长", "延迟")
FALSE_ALARM = ("误报", "false alarm")
OF_US = ("的", "单位", "局", "办", "处", "科")
OTHERS_LEAVE = re.compile(
    "(?:编辑|小编|领导|主任|[局处科县市镇乡校院]长|书记|技术员?|同事|管理员|人员|[他她]们?)[^我]{0,6}(?:请|休)"
)
BY_US = re.compile("我们?[发写拍推登转编]的")
BELONGS = ("不该", "不归", "不由", "不应该由", "不属于", "不属")
THANKS = frozenset({"谢谢", "感谢", "多谢"})
REPORTING = ("报告", "汇报", "反馈")  # alone at the head of a report
TOLD = frozenset(
    {"通知", "告知", "上报", "报告", "汇报", "反馈", "报送", "报给", "发给", "发您", "已发", "转告", "转知"}
)
ADVERBIAL = (S.ALREADY, S.US, S.ALL, S.PAST, S.CLOCK, *KINDLY)
ALONGSIDE = ("并", "且", "并且", "也", "同时", "向", "将", "把", "情况", "结果")
WAITED = (*(slot for slot in DOUBTS if slot is not S.EARLIER), S.SOON)
# Told of it, these have something to do yet: "已上报领导", "已通知网站".
TO_ACT = re.compile(
    "审[核批阅定签]|复核|领导|主任|[局科处部]长|网站|公众号|小程序|微博|抖音|视频号|头条|技术|供应商|公司|厂家|第三方|运维|运营|客服"
)
REVIEW = ("审核", "审批", "审阅", "复核")
# What was taken away shows by this: "已打不开", "现在搜不到了".
GONE = re.compile(
    r"(?:已经?|现在?|目前|都)(?:[^\d,]{0,4})(?:无法|不能|没法)(?:正常)?(?:访问|打开|查看|显示|浏览|搜索到?)(?:了|啦)?$"
    r"|(?:已经?|现在?|目前|都)(?:[^\d,]{0,4})(?:打不开|看不到|搜不到|查不到|找不到|点不开|访问不了)(?:了|啦)?$"
    r"|(?:打不开|看不到|搜不到|查不到|找不到|点不开|访问不了)[了啦]$"
)
BECAUSE = re.compile("因|由于|系|确系|是因|原因|经[与过由向核和]")
UNEXCUSED = (*UNCERTAIN, S.PART, S.REST, S.LATER, S.SOON, S.DOING, S.WAIT, S.STILL, S.UNDONE, S.ONLY)
UNTOLD = (*(slot for slot in UNEXCUSED if slot is not S.SOON), S.NOT, S.CANNOT, S.FAILED, S.ORDER, S.MORE_TIME, S.AWAY)
PLACES = re.compile(
    "网站|公众号|小程序|微博|抖音|视频号|头条|客户端|图|标题|正文|附件|[手电]机|电脑|[一二两三四五六七八九]"
)
CONCLUDING = re.compile("(?:我们?|我局|我单位|问题|错误)?(?:现在?|目前|均|都|全部?|截至目前)+已|已经?全部")
AFTERWARDS = ("后", "之后", "以后")
SET_OUT = re.compile(
    "(?:收到|接到?|看到|发现|核实|核查|查实|得知)?(?:您的|贵单位|平台|工单|通知|反馈|提醒|问题|情况|信息|督办|线索){0,3}(?:之|以)?后.{2}"
)
WRITER = re.compile("^(?:是|系|因)?(?:编辑|小编|记者|作者|通讯员|同事|值班|工作人员|排版|校对|录入)")
HEADS = re.compile("(?:整改|处理|办理|情况)?(?:回复|答复|汇报|反馈|报告|结果|情况)(?:如下)?")  # before a colon
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
        removes=clause.removes,
        excuses=_excuses(view),
        narrates=not view.asked and not view.has(*UNTOLD) and PLACES.search(view.text) is None,
        concludes=CONCLUDING.match(view.text) is not None,
        counts=tuple(token.word for token in tokens if token.slot is S.COUNT),
    )


def _excuses(view: View) -> bool:
    """Whether it tells why or at what something was done: "因链接有误", "接到通知后立即整改"."""
    if BECAUSE.match(view.text):
        return not view.has(*UNEXCUSED)
    others = (token for token in view.tokens if token.word not in AFTERWARDS and token.slot is not S.SOON)
    return SET_OUT.match(view.text) is not None and not any(token.slot in UNEXCUSED for token in others)


# The rules, in their order.


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
    acts = view.has(S.STEP, S.LE, S.MISSENT, *ACTS) or BY_US.search(view.text)
    plainly = view.has(S.OURS_TAIL, S.DETAIL) and not acts and view.unknown <= SHORT_NAME
    return said(view, Sense.NOT_OURS if plainly else Sense.MISSENT, S.NOT)


def _leave(view: View) -> Clause | None:
    if view.asked and view.has(S.LEAVE, S.AWAY):
        return Clause(sense=Sense.QUESTION, why="问不在时怎么办", topic="stand_in")
    if not view.has(S.LEAVE):
        return None
    if OTHERS_LEAVE.search(view.text):
        return said(view, Sense.AWAY, S.LEAVE)  # "编辑请假" sets nobody's leave
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
    if view.only(*KINDLY):
        return None  # "在吗" wants no answer
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
    if GONE.search(view.text) and not view.has(*HELD_UP, S.STILL, S.BUT, S.ONLY, S.LATER, *UNCERTAIN):
        return Clause(sense=Sense.CANNOT, why="看不到了", removes=True)
    if view.near(S.NOT, ACTS) or (view.has(S.NOT) and view.only(S.NOT, S.DETAIL, S.LE, S.ALL, *KINDLY)):
        return said(view, Sense.NOT_DONE, S.NOT)
    cannot = view.has(S.CANNOT) and (view.has(*ACTS) or len(view.tokens) <= 3)
    return said(view, Sense.CANNOT, S.CANNOT) if cannot else None


def _caused(view: View) -> Clause | None:
    """ "编辑打错字", "转载时未核对": tells how the error came about."""
    others = [slot for slot in WARNINGS if slot not in (S.MISTAKE, S.EARLIER)]
    told = view.has(S.CAUSE) or (view.has(S.MISTAKE) and WRITER.search(view.text))
    return said(view, Sense.CAUSE, S.CAUSE, S.MISTAKE) if told and not view.has(*others, *ACTS) else None


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
    begun = view.has(S.SOON, S.DOING) or goes_on(view)
    return said(view, Sense.UNDERWAY, S.SOON, S.DOING, *ACTS) if begun else None


def _reported(view: View) -> Clause | None:
    """ "并已上报平台", "报送您": somebody was told of the work, and has nothing to do about it."""
    step = next((at for at, token in enumerate(view.tokens) if token.slot is S.STEP), None)
    if step is None or view.asked or not view.has(S.ALREADY, S.LE, S.YOU):
        return None
    told = all(token.word in TOLD for token in view.tokens if token.slot is S.STEP)
    plainly = all(token.slot in ADVERBIAL or token.word in ALONGSIDE for token in view.tokens[:step])
    open_ = view.has(*WAITED, *ACTS, S.PUBLISH, S.ORDER) or (TO_ACT.search(view.text) and not view.says(*REPORTING))
    return said(view, Sense.REPORTED, S.STEP) if told and plainly and not open_ else None


def _passed_on(view: View) -> Clause | None:
    happened = view.has(S.ALREADY, S.LE)
    if view.has(S.ORDER):
        return None
    if view.has(S.HANDED_ON) and happened:
        return said(view, Sense.HANDED_ON, S.HANDED_ON)
    stepped = happened or view.has(*ACTS) or any(token.word.startswith(("已", "交了")) for token in view.tokens)
    handed_in = view.has(S.HAND_IN) and view.says(*REVIEW)  # "报请审批"
    return said(view, Sense.PASSED_ON, S.STEP) if (view.has(S.STEP) and stepped) or handed_in else None


def _unfinished(view: View) -> Clause | None:
    """It speaks of the work, of waiting or of a rest, and says nowhere that all is done."""
    if view.has(*ACTS):
        doubted = view.has(*DOUBTS)
        return said(view, Sense.UNFINISHED, *DOUBTS) if doubted else Clause(sense=Sense.UNFINISHED, why="", weak=True)
    if view.has(S.PUBLISH) and view.has(S.ALREADY, S.LE, S.POLITE):  # "请审核发布"
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
    heads = HEADS.fullmatch(view.text.strip()) is not None
    kind = thanks or reports or heads or view.only(*KINDLY, S.LE)
    return Clause(sense=Sense.COURTESY, why="客气话") if kind else None


def _rest(view: View) -> Clause:
    """Nothing was understood of it: harmless where all of it is known, or little more than a name."""
    if view.has(*WARNINGS):
        return said(view, Sense.DOUBTFUL, *WARNINGS)
    if sets_apart(view):
        return Clause(sense=Sense.DOUBTFUL, why="只说了其中一处")
    named = all(token.slot in (S.UNKNOWN, *KINDLY) or token.word.isdigit() for token in view.tokens)
    signed = named and view.unknown <= SHORT_REST
    if view.has(S.SUPPORT, S.BECOMES, S.PROMISE) or not view.unknown or signed:
        return Clause(sense=Sense.DETAIL, why="补充情况")
    return Clause(sense=Sense.STRANGE, why="没看懂")


Rule = Callable[[View], Clause | None]

RULES: tuple[Rule, ...] = (
    *(
        claimed,
        _undone,
        _promised,
        _not_ours,
        _leave,
        _more_time,
        _not_right,
        _asking,
        _refused,
        _caused,
        _mistaken,
        _away,
    ),
    *(_kindly, _circumstance, _in_hand, _reported, _passed_on, _unfinished, _accepted),
)
