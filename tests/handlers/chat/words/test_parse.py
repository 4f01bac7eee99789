"""What people type, as they type it: understood, or left alone."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.chat.commands import BY_NAME, COMMANDS, pressed
from handlers.chat.parse import Parsed, parse
from handlers.chat.words.folding import fold, printable
from handlers.chat.words.lexicon import lexicon

NUMBERS = ("FJ-20210823-01", "FJ-20210823-02", "闽网监〔2021〕12号", "A 1001", "7", "DONE-2021-5")
KNOWN = {"".join(unicodedata.normalize("NFKC", one).split()).upper(): one for one in NUMBERS}

UNDERSTOOD = [
    # the bare words
    ("签收", "acknowledge", (), ""),
    ("收到", "acknowledge", (), ""),
    ("已阅", "acknowledge", (), ""),
    ("知道了", "acknowledge", (), ""),
    ("收到了", "acknowledge", (), ""),
    ("收到,谢谢", "acknowledge", (), "谢谢"),
    ("收到马上处理", "acknowledge", (), "马上处理"),
    ("好的,收到", "acknowledge", (), ""),
    ("您好,签收", "acknowledge", (), ""),
    ("办结", "complete", (), ""),
    ("办结了。", "complete", (), ""),
    ("完成!", "complete", (), ""),
    ("已办", "complete", (), "已办"),
    ("已改", "complete", (), "已改"),
    ("3篇文章已删除", "complete", (), "3篇文章已删除"),
    ("👌", "acknowledge", (), ""),
    ("好的", "acknowledge", (), ""),
    ("我已经签收了 3", "acknowledge", ("3",), ""),
    ("未办结", "unfinished", (), ""),
    ("完成时间是什么时候", "due", (), ""),
    ("我的工单", "mine", (), ""),
    ("待办", "mine", (), ""),
    ("工单", "ticket", (), ""),
    ("取消", "cancel", (), ""),
    ("算了", "cancel", (), ""),
    ("帮助", "help", (), ""),
    ("\uff1f", "help", (), ""),
    ("?", "help", (), ""),
    ("为什么这么急?", "why", (), None),
    # statements are themselves what is kept
    ("已整改", "complete", (), "已整改"),
    ("已删除该文。", "complete", (), "已删除该文"),
    ("已经删除了", "complete", (), "已经删除了"),
    ("已全部整改", "complete", (), "已全部整改"),
    ("已按要求修改", "complete", (), "已按要求修改"),
    ("已删除2篇文章", "complete", (), "已删除2篇文章"),
    ("已删除 2 篇文章", "complete", (), "已删除 2 篇文章"),
    ("已删除不良信息", "complete", (), "已删除不良信息"),
    ("已删除中央新闻里的错字", "complete", (), "已删除中央新闻里的错字"),
    ("整改完毕", "complete", (), "整改完毕"),
    # places in the last list
    ("签收 3", "acknowledge", ("3",), ""),
    ("签收3", "acknowledge", ("3",), ""),
    ("签收3号", "acknowledge", ("3",), ""),
    ("3签收", "acknowledge", ("3",), ""),
    ("第3件 签收", "acknowledge", ("3",), ""),
    ("签收 1、3和5", "acknowledge", ("1", "3", "5"), ""),
    ("签收 1 3 5", "acknowledge", ("1", "3", "5"), ""),
    ("办结 2 已删除", "complete", ("2",), "已删除"),
    ("办结2已删除", "complete", ("2",), "已删除"),
    ("办结 2:已删除", "complete", ("2",), "已删除"),
    ("2 已删除", "complete", ("2",), "已删除"),
    ("已删除 2", "complete", ("2",), "已删除"),
    ("No.3 已删除", "complete", ("3",), "已删除"),
    ("办结 #3 已删除", "complete", ("3",), "已删除"),
    ("工单3", "ticket", ("3",), ""),
    ("为什么 3", "why", ("3",), None),
    # numbers of the person's own tickets, however they are written
    ("办结 FJ-20210823-01 已整改", "complete", ("FJ-20210823-01",), "已整改"),
    ("办结FJ-20210823-01已整改", "complete", ("FJ-20210823-01",), "已整改"),
    ("FJ-20210823-01 已删除", "complete", ("FJ-20210823-01",), "已删除"),
    ("fj-20210823-01已删除", "complete", ("FJ-20210823-01",), "已删除"),
    ("\uff26\uff2a\uff0d\uff12\uff10210823-\uff10\uff11 已删除", "complete", ("FJ-20210823-01",), "已删除"),
    ("【FJ-20210823-01】办结 已删除", "complete", ("FJ-20210823-01",), "已删除"),
    ("工单FJ-20210823-01已删除", "complete", ("FJ-20210823-01",), "已删除"),
    ("签收工单FJ-20210823-01", "acknowledge", ("FJ-20210823-01",), ""),
    ("签收 闽网监[2021]12号", "acknowledge", ("闽网监〔2021〕12号",), ""),
    ("闽网监〔2021〕12号已删除", "complete", ("闽网监〔2021〕12号",), "已删除"),
    ("办结 a1001 已改", "complete", ("A 1001",), "已改"),
    ("签收 7", "acknowledge", ("7",), ""),
    ("签收 DONE-2021-5", "acknowledge", ("DONE-2021-5",), ""),
    ("已修改,见 http://x.cn/a1234 ,FJ-20210823-01", "complete", ("FJ-20210823-01",), None),
    ("查FJ-20210823-01", "ticket", ("FJ-20210823-01",), ""),
    # what looks like a number is taken for one, so that a mistyped one is refused
    ("办结 FJ-20210823-09 已删除", "complete", ("FJ-20210823-09",), "已删除"),
    ("签收 20261123-001", "acknowledge", ("20261123-001",), ""),
    # … and what is none is left in the text
    ("办结 2021-09-02 已删除", "complete", (), "2021-09-02 已删除"),
    ("办结 20210902 已删除", "complete", (), "20210902 已删除"),
    ("办结 24:00前已删除", "complete", (), "24:00前已删除"),
    ("办结 8月24日已删除", "complete", (), "8月24日已删除"),
    ("办结 https://www.sm.gov.cn/1234.html 已删", "complete", (), "https://www.sm.gov.cn/1234.html 已删"),
    ("办结 www.sm.gov.cn/art/1234 已删", "complete", (), "www.sm.gov.cn/art/1234 已删"),
    ("办结 2021年的文章已删", "complete", (), "2021年的文章已删"),
    # two tickets of the person in one breath: both are named, so that neither is forgotten
    ("已删除 FJ-20210823-01 FJ-20210823-02", "complete", ("FJ-20210823-01", "FJ-20210823-02"), None),
    ("办结 1 2 已删除", "complete", ("1", "2"), None),
    ("FJ-20210823-01 已删除,FJ-20210823-02也已删除", "complete", ("FJ-20210823-01", "FJ-20210823-02"), None),
    # width, spaces, invisible characters, traditional writing, calling the bot
    ("签收 \uff13", "acknowledge", ("3",), ""),
    ("办结　2　已删除", "complete", ("2",), "已删除"),
    ("签 收 3", "acknowledge", ("3",), ""),
    ("\u200b签\x00收\ufeff 3", "acknowledge", ("3",), ""),
    ("簽收 3", "acknowledge", ("3",), ""),
    ("辦結 2 已刪除", "complete", ("2",), "已刪除"),
    ("@督办助手 签收 3", "acknowledge", ("3",), ""),
    ("签收 3 @督办助手", "acknowledge", ("3",), ""),
    ("\n 签收\n3 ", "acknowledge", ("3",), ""),
    ("办结 2 已删除👌", "complete", ("2",), "已删除👌"),
    # English
    ("ack", "acknowledge", (), ""),
    ("ACK 3", "acknowledge", ("3",), ""),
    ("ack3", "acknowledge", ("3",), ""),
    ("done 2 fixed the link", "complete", ("2",), "fixed the link"),
    ("/done@duban_bot 2 deleted", "complete", ("2",), "deleted"),
    ("fixed the link", "complete", (), "fixed the link"),
    ("my tickets", "mine", (), ""),
    ("why 3", "why", ("3",), ""),
    ("/help", "help", (), ""),
]

# What changes hands, is asked for, decided, noted or taken back.
UNDERSTOOD_TOO = [
    ("转B角", "hand_over", (), ""),
    ("转b角", "hand_over", (), ""),
    ("转\uff22角", "hand_over", (), ""),
    ("轉B角", "hand_over", (), ""),
    ("转B角 3", "hand_over", ("3",), ""),
    ("3转B角", "hand_over", ("3",), ""),
    ("转B角FJ-20210823-01", "hand_over", ("FJ-20210823-01",), ""),
    ("转给B角 3", "hand_over", ("3",), ""),
    ("交给B角", "hand_over", (), ""),
    ("转A角 3 我在外地", "hand_over", ("3",), "我在外地"),
    ("hand over 3", "hand_over", ("3",), ""),
    ("延期", "extend", (), ""),
    ("延期 3 到8月26日 等待平台审核", "extend", ("3",), "到8月26日 等待平台审核"),
    ("延期3到8月26日 等审核", "extend", ("3",), "到8月26日 等审核"),
    ("延期到8月26日 等审核", "extend", (), "到8月26日 等审核"),
    ("延期至周五,平台审核", "extend", (), "至周五,平台审核"),
    ("延期 8月26日 等审核", "extend", (), "8月26日 等审核"),
    ("延期 3 周五 等审核", "extend", ("3",), "周五 等审核"),
    ("延期 3 2个工作日 等审核", "extend", ("3",), "2个工作日 等审核"),
    ("延期2个工作日 等审核", "extend", (), "2个工作日 等审核"),
    ("延期两个工作日,等审核", "extend", (), "两个工作日,等审核"),
    ("延期三天", "extend", (), "三天"),
    ("延期明天18:00 等审核", "extend", (), "明天18:00 等审核"),
    ("延期 26号 等审核", "extend", (), "26号 等审核"),  # a day, as no other time is named
    ("延期 3号 到26号 等审核", "extend", ("3",), "到26号 等审核"),
    ("延期 3 26号 等审核", "extend", ("3",), "26号 等审核"),
    ("延期 FJ-20210823-01 到2021-08-26 等审核", "extend", ("FJ-20210823-01",), "到2021-08-26 等审核"),
    ("FJ-20210823-01 延期到周五 审核", "extend", ("FJ-20210823-01",), "到周五 审核"),
    ("申请延期 3 到周五 审核", "extend", ("3",), "到周五 审核"),
    ("延到周五 审核", "extend", (), "到周五 审核"),
    ("延长到周五", "extend", (), "到周五"),
    ("extend 3 until 2021-08-26 waiting", "extend", ("3",), "until 2021-08-26 waiting"),
    ("误报", "dispute", (), ""),
    ("误报 3 原文为引用古籍", "dispute", ("3",), "原文为引用古籍"),
    ("误报3 原文", "dispute", ("3",), "原文"),
    ("3误报 原文", "dispute", ("3",), "原文"),
    ("误报:原文为引用古籍", "dispute", (), "原文为引用古籍"),
    ("误报原文为引用古籍", "dispute", (), "原文为引用古籍"),
    ("误報 3 原文", "dispute", ("3",), "原文"),
    ("FJ-20210823-01误报,原文为引用", "dispute", ("FJ-20210823-01",), "原文为引用"),
    ("3 是误报,引用古籍", "dispute", ("3",), "引用古籍"),
    ("属于误报,引用古籍", "dispute", (), "引用古籍"),
    ("false alarm 3 quoted", "dispute", ("3",), "quoted"),
    ("转派", "transfer", (), ""),
    ("转派 3 给市林业局", "transfer", ("3",), "给市林业局"),
    ("转派3给市林业局", "transfer", ("3",), "给市林业局"),
    ("转派给市林业局", "transfer", (), "给市林业局"),
    ("转派 FJ-20210823-01 市林业局", "transfer", ("FJ-20210823-01",), "市林业局"),
    ("转派 FJ-20210823-01 给市林业局,不是我单位的", "transfer", ("FJ-20210823-01",), "给市林业局,不是我单位的"),
    ("改派 3 三明林业", "transfer", ("3",), "三明林业"),
    ("不属于我单位,请转市林业局", "transfer", (), "不属于我单位,请转市林业局"),
    ("FJ-20210823-01 不归我管", "transfer", ("FJ-20210823-01",), "不归我管"),
    ("3 不属于本单位", "transfer", ("3",), "不属于本单位"),
    ("transfer 3 forestry", "transfer", ("3",), "forestry"),
    ("退回", "return", (), ""),
    ("退回 3 链接仍可打开", "return", ("3",), "链接仍可打开"),
    ("3退回 链接仍可打开", "return", ("3",), "链接仍可打开"),
    ("退回 FJ-20210823-01 未整改到位", "return", ("FJ-20210823-01",), "未整改到位"),
    ("send back 3 still online", "return", ("3",), "still online"),
    ("同意", "approve", (), ""),
    ("同意 3", "approve", ("3",), ""),
    ("3同意", "approve", ("3",), ""),
    ("同意延期 3", "approve", ("3",), ""),
    ("批准 FJ-20210823-01", "approve", ("FJ-20210823-01",), ""),
    ("approve 3", "approve", ("3",), ""),
    ("不同意", "refuse", (), ""),
    ("不同意 3 理由不足", "refuse", ("3",), "理由不足"),
    ("不同意3 理由不足", "refuse", ("3",), "理由不足"),
    ("不同意延期 3 时间充足", "refuse", ("3",), "时间充足"),
    ("驳回 3 理由不足", "refuse", ("3",), "理由不足"),
    ("refuse 3 enough time", "refuse", ("3",), "enough time"),
    ("请假", "leave", (), ""),
    ("请假 到8月30日 由乙代", "leave", (), "到8月30日 由乙代"),
    ("请假到周五 由乙代", "leave", (), "到周五 由乙代"),
    ("请假三天", "leave", (), "三天"),
    ("请假明天到周五", "leave", (), "明天到周五"),
    ("我请假到周五", "leave", (), "到周五"),
    ("take leave until friday", "leave", (), "until friday"),
    ("返岗", "back", (), ""),
    ("返岗了", "back", (), ""),
    ("销假", "back", (), ""),
    ("i am back", "back", (), ""),
    ("撤销", "undo", (), ""),
    ("撤銷", "undo", (), ""),
    ("撤销 FJ-20210823-01", "undo", (), "FJ-20210823-01"),
    ("undo", "undo", (), ""),
    ("督办列表", "oversight", (), ""),
    ("督 办 列 表", "oversight", (), ""),
    ("stuck", "oversight", (), ""),
    ("绑定", "bind", (), ""),
    ("绑定 ABCD2345", "bind", (), "ABCD2345"),
    ("看板", "board", (), ""),
    ("办结 2 处理完毕", "complete", ("2",), "处理完毕"),
    ("办结 2 页面已改", "complete", ("2",), "页面已改"),
    ("已撤回", "complete", (), "已撤回"),
]

LEFT_ALONE_TOO = [
    ("延期的申请批了", "extend"),
    ("延期申请表在哪里", "extend"),
    ("延迟了", None),
    ("误报率太高", "dispute"),
    ("转派单", "transfer"),
    ("退回的工单在哪", "return"),
    ("我同意你的看法", "approve"),
    ("同意见", "approve"),
    ("请假条在哪里", "leave"),
    ("督办助手你好", None),
    ("back to you later", None),
    ("已删除 2到3篇文章?", "complete"),
    ("误报吗", "dispute"),
    ("同意吗", "approve"),
    ("请假吗", "leave"),
]

LEFT_ALONE = [
    ("", None),
    ("   ", None),
    ("谢谢", None),
    ("在吗", None),
    ("吃了吗?", None),
    ("还没有完成", None),
    ("还没改完", None),
    ("办结不了", None),
    ("不签收", None),
    ("没收到", None),
    ("不是误报", None),
    ("收到一条投诉", "acknowledge"),
    ("收到请回复", "acknowledge"),
    ("签收单在哪里", "acknowledge"),
    ("完成不了", None),
    ("完成80%", "complete"),
    ("已办公", None),
    ("查无此人", None),
    ("我们单位没有这个账号", None),
    ("acknowledgement needed", None),
    ("doneness", None),
    ("123456789", None),
]

DOUBTED = [
    ("办结?", "complete", True),
    ("已删除?", "complete", True),
    ("已删除了吗", "complete", True),
    ("FJ-20210823-01 已删除了没有", "complete", True),
    ("签收 3?", "acknowledge", True),
    ("已整改一半", "complete", False),
    ("已删除部分内容", "complete", False),
    ("已处理中", "complete", False),
    ("已修改,还有两处未改", "complete", False),
    ("已删除,其余正在处理", "complete", False),
    ("完成 不了", "complete", False),
    ("撤回该文", "complete", False),
    ("办结 还没改完", "complete", False),
    ("办结 明天", "complete", False),
    ("办结 什么意思", "complete", True),
    ("已修改,待审核发布", "complete", False),
]


@pytest.mark.parametrize(("text", "command", "numbers", "rest"), [*UNDERSTOOD, *UNDERSTOOD_TOO])
def test_understands(text: str, command: str, numbers: tuple[str, ...], rest: str | None) -> None:
    parsed = parse(text, KNOWN)
    assert (parsed.command, parsed.numbers) == (command, numbers)
    if rest is not None:
        assert parsed.rest == rest


@pytest.mark.parametrize(("text", "suggestion"), [*LEFT_ALONE, *LEFT_ALONE_TOO])
def test_does_nothing_with(text: str, suggestion: str | None) -> None:
    parsed = parse(text, KNOWN)
    assert parsed.command is None
    assert parsed.choice is None
    assert parsed.suggestion == suggestion


@pytest.mark.parametrize(("text", "suggestion", "asked"), DOUBTED)
def test_asks_back_instead_of_guessing(text: str, suggestion: str, asked: bool) -> None:
    parsed = parse(text, KNOWN)
    assert parsed.command is None
    assert parsed.suggestion == suggestion
    assert (parsed.asked, parsed.hedged) == (asked, not asked)


@pytest.mark.parametrize(
    ("text", "choice"),
    [("2", 2), (" 2。", 2), ("２", 2), ("①", 1), ("2️⃣", 2), ("第2个", 2), ("选 12", 12), ("2号", 2), ("02", 2)],
)
def test_a_bare_number_chooses(text: str, choice: int) -> None:
    assert parse(text, KNOWN) == Parsed(choice=choice)


def test_a_bare_number_may_also_be_a_tickets_own() -> None:
    assert parse("7", KNOWN) == Parsed(choice=7, numbers=("7",))


def test_a_full_number_alone_is_only_a_number() -> None:
    assert parse("FJ-20210823-01", KNOWN) == Parsed(numbers=("FJ-20210823-01",))
    assert parse("0", KNOWN).command is None


@pytest.mark.parametrize(
    ("text", "vague"), [("收到", True), ("收到 3", True), ("知道了", True), ("签收", False), ("ack", False)]
)
def test_knows_words_that_may_mean_no_ticket(text: str, vague: bool) -> None:
    assert parse(text, KNOWN).vague is vague


def test_a_number_is_not_cut_out_of_a_longer_one() -> None:
    assert parse("办结 FJ-20210823-011 已删除", KNOWN).numbers == ("FJ-20210823-011",)
    assert parse("已删除XFJ-20210823-01", KNOWN).numbers == ("XFJ-20210823-01",)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("签收 测试-0003", "测试-0003"),
        ("办结 闽监〔2021〕23号 已删除", "闽监[2021]23"),
        ("测试-0003 已整改", "测试-0003"),
        ("办结 FJ 20210823 已整改", "FJ 20210823"),
        ("办结 工单003 已整改", "003"),
    ],
)
def test_a_number_of_nobodys_ticket_is_still_a_number(text: str, number: str) -> None:
    assert parse(text).numbers == (number,)


@pytest.mark.parametrize(
    "text",
    ["办结 删除网页-2021年旧闻", "办结 截至2021-08-24已改", "办结 已删除-0823", "办结 工单已整改", "办结 内容已改"],
)
def test_words_with_a_year_or_a_dash_are_no_number(text: str) -> None:
    parsed = parse(text)
    assert (parsed.command, parsed.numbers) == ("complete", ())


def test_the_longest_of_several_own_numbers_counts() -> None:
    known = {"FJ-1": "FJ-1", "FJ-1-2": "FJ-1-2"}
    assert parse("签收 FJ-1-2", known).numbers == ("FJ-1-2",)


def test_long_texts_are_kept_whole() -> None:
    text = "长" * 5_000
    assert parse("办结 2 " + text, KNOWN).rest == text


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("ack:12", ("签收", 12)),
        ("done:3", ("办结", 3)),
        ("why:3", ("为什么", 3)),
        ("ticket:3", ("工单", 3)),
        ("", None),
        ("ack", None),
        ("ack:", None),
        ("ack:x", None),
        ("ack:-1", None),
        ("ack:１", None),
        ("drop:1", None),
        ("ack:" + "9" * 30, None),
    ],
)
def test_reads_buttons(action: str, expected: tuple[str, int] | None) -> None:
    assert pressed(action) == expected


def test_every_button_says_a_command() -> None:
    for row in COMMANDS:
        if row.code:
            said = pressed(f"{row.code}:1")
            assert said is not None
            assert parse(said[0]).command == row.name


def test_every_word_of_the_table_is_understood_as_its_row() -> None:
    for row in COMMANDS:
        for word in (*row.words, *row.said):
            assert parse(word).command == row.name, word
        assert (row.verb is None) or row.needs_ticket


def test_no_word_belongs_to_two_rows() -> None:
    words = [word for row in COMMANDS for word in {*row.words, *row.said}]
    assert len(words) == len(set(words))


ANYTHING = st.text(st.characters(codec=None), max_size=80)
PIECES = st.lists(
    st.sampled_from(
        [
            *(word for row in COMMANDS for word in (*row.words, *row.said)),
            *NUMBERS,
            *"0123 ,。?了吗号篇",
            "@机器人 ",
            "👌",
        ]
    ),
    max_size=8,
).map("".join)


@given(ANYTHING | PIECES)
@example("\ud800签收")
@example("@")
@example("@a")
@example("第")
@example("no.")
def test_any_text_is_read_without_error(text: str) -> None:
    parsed = parse(text, KNOWN)
    assert parsed.command is None or parsed.command in BY_NAME
    printable(parsed.rest).encode()
    assert "\x00" not in parsed.rest


@given(ANYTHING)
def test_a_text_changes_something_only_if_it_holds_a_word_for_it(text: str) -> None:
    parsed = parse(text, KNOWN)
    row = BY_NAME.get(parsed.command or "")
    if row is not None and row.verb is not None:
        folded = fold(text).text.replace(" ", "")
        words = [word.replace(" ", "").lower() for word in (*row.words, *row.said)]
        assert any(word in folded for word in words) or any(
            token.slot != "unknown" for token in lexicon().tokens(folded)
        )


@given(ANYTHING)
def test_folding_finds_the_way_back(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.origin)
    assert list(folded.origin) == sorted(folded.origin)
    assert fold(folded.text).text == folded.text


@pytest.mark.parametrize(
    ("end", "command"), [("", "complete"), ("还没改完", None), ("明天再发", None), ("领导说的", None), ("吗?", None)]
)
def test_the_far_end_of_a_long_text_may_take_back_what_was_said(end: str, command: str | None) -> None:
    assert parse("已删除，" + "该文内容" * 600 + end).command == command
