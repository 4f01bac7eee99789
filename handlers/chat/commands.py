"""The one table of what people can say: a command is a row here, its words in the texts, and one function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.delivery.pressing import taken_by
from bot.rules.tickets.lifecycle import Verb
from handlers.chat.answers import helping, leave, moves, office, questions, requests, tickets
from handlers.chat.turn import Reply, Turn, Wish
from storage.records import Ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One row: what is said, and who answers."""

    name: str  # "help.<name>" is its line in the help
    words: tuple[str, ...]  # a number, a space, a stop or the end stands behind them; the first is the one we teach
    said: tuple[str, ...] = ()  # any text may follow these; everyday words are read by the grammar of `words` instead
    follows: str = ""  # a pattern of what may also stand right behind a word: "延期到…"
    vague: frozenset[str] = frozenset()  # words also said without any ticket in mind: they count with one open only
    verb: Verb | None = None  # what it does to a ticket
    needs_ticket: bool = False
    many: bool = False  # several numbers at once are meant one by one
    dated: bool = False  # days are part of it: "26号" is one, and no number of a list
    code: str = ""  # in buttons: "ack:12"
    of_request: bool = False  # its buttons name a request, not a ticket
    above: bool = False  # for supervisors and the desk
    pool: Callable[[Turn], Sequence[Ticket]] | None = None  # which tickets it can mean without a number; None: the own
    of_all: bool = False  # without a number it is answered for all of the person's open tickets
    does: Callable[[Turn, Wish], Reply]

    @property
    def changes(self) -> bool:
        """Whether anything is different afterwards: then a question or a doubt is not taken for the command."""
        return self.verb is not None or self.name in ("leave", "back", "undo")


COMMANDS: tuple[Command, ...] = (
    Command(
        name="acknowledge",
        words=("签收", "收到", "已收到", "已签收", "已阅", "知道了", "收下", "ack", "acknowledge", "received"),
        vague=frozenset({"收到", "已收到", "已阅", "知道了", "received"}),
        verb=Verb.ACKNOWLEDGE,
        needs_ticket=True,
        many=True,
        code="ack",
        does=moves.carry_out,
    ),
    Command(
        name="complete",
        words=("办结", "完成", "done", "completed", "finished"),
        verb=Verb.COMPLETE,
        needs_ticket=True,
        code="done",
        does=moves.carry_out,
    ),
    Command(
        name="mine",
        words=("我的工单", "待办", "我的待办", "待办工单", "工单列表", "my", "mine", "my tickets", "tickets", "list"),
        does=tickets.mine,
    ),
    Command(
        name="ticket",
        words=("工单", "查询", "查", "查询工单", "查看", "查看工单", "查一下", "查工单", "ticket", "show"),
        needs_ticket=True,
        code="ticket",
        does=tickets.show,
    ),
    Command(
        name="why",
        words=("为什么", "why"),
        said=("为什么", "为何"),
        needs_ticket=True,
        code="why",
        does=tickets.why,
    ),
    Command(
        name="due",
        words=("几点前", "时限", "什么时候到期", "什么时候截止", "截止时间", "due", "deadline"),
        needs_ticket=True,
        of_all=True,
        does=questions.due,
    ),
    Command(
        name="who",
        words=("谁负责", "谁办", "A角是谁", "B角是谁", "who"),
        needs_ticket=True,
        of_all=True,
        does=questions.who,
    ),
    Command(
        name="what",
        words=("什么意思", "什么问题", "哪里错了", "what"),
        needs_ticket=True,
        does=questions.what,
    ),
    Command(
        name="unfinished",
        words=("还没完", "没办完", "还没办完", "还没办结", "未办结", "not yet"),
        needs_ticket=True,
        code="yet",
        does=moves.not_yet,
    ),
    Command(
        name="note",
        words=("补充", "补充说明", "note"),
        follows=r"[,:]",
        needs_ticket=True,
        pool=moves.notable,
        does=moves.note,
    ),
    Command(
        name="hand_over",
        words=("转B角", "转A角", "转给B角", "转给A角", "交B角", "交给B角", "请B角接手", "hand over"),
        verb=Verb.HAND_OVER,
        needs_ticket=True,
        code="hand",
        does=moves.carry_out,
    ),
    Command(
        name="extend",
        words=("延期", "申请延期", "延长", "延", "extend"),
        follows=r"[到至]|\d|[一二两三四五六七八九十]+个?(?:工作日|天|周)|[本下]?周[一二三四五六日天]|明天|后天|大后天|月底",
        verb=Verb.EXTEND,
        needs_ticket=True,
        dated=True,
        code="more",
        does=requests.extend,
    ),
    Command(
        name="dispute",
        words=("误报", "是误报", "属误报", "属于误报", "申诉误报", "误报申诉", "false alarm", "dispute"),
        follows=r"[,:]|因|该|原文|此处|系|是因",
        verb=Verb.DISPUTE,
        needs_ticket=True,
        code="false",
        does=requests.dispute,
    ),
    Command(
        name="transfer",
        words=("转派", "改派", "转办", "转交", "transfer"),
        follows=r"[给到至由]",
        verb=Verb.TRANSFER,
        needs_ticket=True,
        code="move",
        does=requests.transfer,
    ),
    Command(
        name="leave",
        words=("请假", "我请假", "休假", "我要请假", "on leave", "take leave"),
        follows=r"[到至从自由]|\d|[一二两三四五六七八九十]+个?(?:工作日|天|周)|[本下]?周[一二三四五六日天]|今天|明天|后天|大后天",
        dated=True,
        does=leave.take,
    ),
    Command(
        name="back",
        words=("返岗", "销假", "已返岗", "我已返岗", "回岗", "back at work", "i am back"),
        does=leave.come_back,
    ),
    Command(name="undo", words=("撤销", "撤消", "undo"), code="undo", does=moves.undo),
    Command(
        name="oversight",
        words=("督办列表", "督办", "督办清单", "督办情况", "overdue", "stuck"),
        above=True,
        does=office.oversee,
    ),
    Command(
        name="approve",
        words=("同意", "批准", "同意延期", "同意误报", "同意转派", "准予延期", "approve", "agree"),
        verb=Verb.APPROVE,
        needs_ticket=True,
        code="ok",
        of_request=True,
        above=True,
        pool=requests.undecided,
        does=requests.decide,
    ),
    Command(
        name="refuse",
        words=("不同意", "不批准", "驳回", "不同意延期", "不同意误报", "不同意转派", "refuse", "reject"),
        verb=Verb.REFUSE,
        needs_ticket=True,
        code="no",
        of_request=True,
        above=True,
        pool=requests.undecided,
        does=requests.decide,
    ),
    Command(
        name="return",
        words=("退回", "退回重办", "退回整改", "send back"),
        verb=Verb.RETURN,
        needs_ticket=True,
        code="back",
        above=True,
        pool=tickets.completed,
        does=moves.carry_out,
    ),
    Command(name="weekly", words=("周报", "督办周报", "weekly"), does=office.weekly),
    Command(name="calendar", words=("日历", "工作日历", "上班时间", "calendar"), does=office.calendar),
    Command(name="bind", words=("绑定", "bind"), does=office.bind),
    Command(name="board", words=("看板", "登录看板", "打开看板", "board"), does=office.board),
    Command(
        name="cancel",
        words=("取消", "算了", "不用了", "放弃", "cancel"),
        does=moves.cancel,
    ),
    Command(
        name="help",
        words=("帮助", "?", "怎么用", "使用说明", "help", "start"),
        does=helping.answer,
    ),
)

TAKE_ALL_WORDS = "全部签收"  # what the button under a list says
BY_NAME = {one.name: one for one in COMMANDS}
BY_CODE = {one.code: one for one in COMMANDS if one.code}


def pressed(action: str) -> tuple[str, int] | None:
    """Return a button's action ("ack:12") as its words and the number it names; None for what no button of ours sends.

    The number is a ticket's id, or a request's where the row says so; 0 for a button that takes all of a list.
    """
    if taken_by(action):
        return TAKE_ALL_WORDS, 0
    code, _, about = action.partition(":")
    if code not in BY_CODE or not (about.isascii() and about.isdigit()) or len(about) > 18:
        return None
    return BY_CODE[code].words[0], int(about)
