"""The one table of what people can say: a command is a row here, its words in the texts, and one function."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.rules.lifecycle import Verb
from handlers.chat import answers
from handlers.chat.turn import Reply, Turn, Wish


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One row: what is said, and who answers."""

    name: str  # "help.<name>" is its line in the help
    words: tuple[str, ...]  # a number, a space, a stop or the end stands behind them; the first is the one we teach
    said: tuple[str, ...] = ()  # statements such as "已删除": any text may follow, and they are part of what is kept
    vague: frozenset[str] = frozenset()  # words also said without any ticket in mind: they count with one open only
    verb: Verb | None = None  # what it does to a ticket
    needs_ticket: bool = False
    many: bool = False  # several numbers at once are meant one by one
    code: str = ""  # in buttons: "ack:12"
    does: Callable[[Turn, Wish], Reply]


COMMANDS: tuple[Command, ...] = (
    Command(
        name="acknowledge",
        words=("签收", "收到", "已收到", "已签收", "已阅", "知道了", "收下", "ack", "acknowledge", "received"),
        vague=frozenset({"收到", "已收到", "已阅", "知道了", "received"}),
        verb=Verb.ACKNOWLEDGE,
        needs_ticket=True,
        many=True,
        code="ack",
        does=answers.carry_out,
    ),
    Command(
        name="complete",
        words=("办结", "完成", "已办", "已改", "已删", "done", "completed", "finished"),
        said=(
            *("已办结", "已完成", "已整改", "已删除", "已修改", "已处理", "已办理", "已改正", "已改为", "已改好"),
            *("已更正", "已更新", "已撤稿", "已撤回", "已下架", "已下线", "已关闭", "已替换", "已回复", "已答复"),
            *("整改完成", "整改完毕", "处理完成", "处理完毕", "删除完毕", "修改完毕", "办理完毕", "完成整改"),
            *("deleted", "corrected", "fixed", "rectified"),
        ),
        verb=Verb.COMPLETE,
        needs_ticket=True,
        code="done",
        does=answers.carry_out,
    ),
    Command(
        name="mine",
        words=("我的工单", "待办", "我的待办", "待办工单", "工单列表", "my", "mine", "my tickets", "tickets", "list"),
        does=answers.mine,
    ),
    Command(
        name="ticket",
        words=("工单", "查询", "查", "查询工单", "查看", "查看工单", "查一下", "查工单", "ticket", "show"),
        needs_ticket=True,
        code="ticket",
        does=answers.show,
    ),
    Command(
        name="why",
        words=("为什么", "why"),
        said=("为什么", "为何"),
        needs_ticket=True,
        code="why",
        does=answers.why,
    ),
    Command(
        name="cancel",
        words=("取消", "算了", "不用了", "放弃", "cancel"),
        does=answers.cancel,
    ),
    Command(
        name="help",
        words=("帮助", "?", "怎么用", "使用说明", "help", "start"),
        does=lambda turn, _wish: answers.help_lines(turn, [one.name for one in COMMANDS]),
    ),
)

BY_NAME = {one.name: one for one in COMMANDS}
BY_CODE = {one.code: one for one in COMMANDS if one.code}


def pressed(action: str) -> tuple[str, int] | None:
    """Return a button's action ("ack:12") as its words and the ticket's id; None for what no button of ours sends."""
    code, _, about = action.partition(":")
    if code not in BY_CODE or not (about.isascii() and about.isdigit()) or len(about) > 18:
        return None
    return BY_CODE[code].words[0], int(about)
