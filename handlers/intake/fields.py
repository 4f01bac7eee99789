"""Which of our fields a column means, remembered per source; and a row read as a ticket."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from bot.actions.tickets.intake import Arrival
from bot.rules.people.matching import platform_of
from bot.rules.tickets.arrivals import Refusal, TicketInput, check, clean, event_id
from handlers.intake import InputRefused
from handlers.intake.files import Sheet, SheetRow
from handlers.intake.headings import KnownHeadings, heading_key, known_among
from handlers.intake.moments import ReadMoment, read_limit, read_moment


class Field(StrEnum):
    """What a column can mean; the values are kept with the source."""

    NUMBER = "number"
    PLATFORM = "platform"
    ACCOUNT = "account_name"
    RECEIVED = "received_at"
    PROBLEM = "problem"
    CLASS = "problem_class"
    SEVERITY = "severity"
    SUGGESTION = "suggestion"
    URL = "url"
    POLICY = "policy"
    FIXED = "fixed_at"
    ISSUED = "issued_at"


REQUIRED = (Field.NUMBER, Field.ACCOUNT, Field.RECEIVED)

# Where no column tells the receipt by itself, the issue is it: the platform delivers what it issues.
ISSUE = ("下发时间", "下发日期", "派发时间", "派单时间", "交办时间", "推送时间")
# Groups of synonyms, the surest group first; the first word of all is our own name of the field.
SYNONYMS: Mapping[Field, tuple[tuple[str, ...], ...]] = {
    Field.NUMBER: (
        ("工单编号", "工单号", "工单编码", "工单ID"),
        ("编号", "单号", "订单号", "任务编号", "任务号", "预警编号", "督办编号", "单编号", "流水号", "数据ID"),
    ),
    Field.PLATFORM: (
        ("平台", "平台类型", "平台名称", "注册平台", "账号平台"),
        ("账号类型", "新媒体类型", "媒体类型"),
    ),
    Field.ACCOUNT: (
        ("账号名称", "账号名", "帐号名称", "新媒体名称", "政务新媒体名称", "公众号名称", "网站名称"),
        ("账号", "帐号", "新媒体账号"),
        ("名称",),
    ),
    Field.RECEIVED: (
        ("收到时间", "收到日期", "接收时间", "接收日期"),
        ISSUE,
        ("监测时间", "监测日期", "发现时间", "首次发现时间", "预警时间"),
        ("时间", "日期"),
    ),
    Field.PROBLEM: (
        ("存在问题", "问题描述", "问题内容", "问题详情", "工单内容"),
        ("所在上下文", "上下文", "原文", "问题", "内容"),
        ("错敏词", "错误词", "错误词汇"),
    ),
    Field.CLASS: (
        ("问题类型", "问题类别", "问题分类", "错误类型", "错误类别", "错误分类"),
        ("标签分类", "类型", "类别"),
    ),
    Field.SEVERITY: (
        ("问题级别", "问题等级", "严重程度", "错误等级", "错误级别", "严重等级", "严重级别"),
        ("级别", "等级"),
    ),
    Field.SUGGESTION: (
        ("推荐修改", "修改建议", "建议修改", "建议词", "推荐词汇", "整改建议"),
        ("修改说明", "整改要求"),
    ),
    Field.URL: (("链接", "文章链接", "链接地址", "所在文章", "文章地址", "url", "网址"), ("快照",)),
    Field.POLICY: (("时限规则", "适用规则"),),
    Field.FIXED: (("截止时刻", "截止时间", "截止日期"),),
    Field.ISSUED: (ISSUE,),
}
# Columns that say nothing to us, but tell a line of headings from a line of contents.
ALSO_HEADINGS = (
    *("序号", "辖区", "地区", "行业", "机构", "开设主体", "认证主体", "主办单位", "责任单位", "单位名称", "备注"),
    *("唯一标识", "发布时间", "整改结果", "整改时间", "内容类型", "数据来源"),
)
TITLES = {field: groups[0][0] for field, groups in SYNONYMS.items()}


def ticket_headings(*more: str) -> KnownHeadings:
    """Return the test whether a text is a heading of a ticket sheet; `more` are columns mapped by hand."""
    words = (word for groups in SYNONYMS.values() for group in groups for word in group)
    return known_among([*words, *ALSO_HEADINGS, *more])


def read_mapping(written: Iterable[str]) -> dict[str, str]:
    """Read “收到时间=下发日期” as column → field; InputRefused names what cannot be read."""
    by_title = {heading_key(title): field for field, title in TITLES.items()}
    mapping: dict[str, str] = {}
    for one in written:
        title, equals, column = one.partition("=")
        field = by_title.get(heading_key(title))
        if not equals or not column.strip() or field is None:
            raise InputRefused(f"--map “{one}”读不懂，请写成 我方字段=列名，字段有：{'、'.join(TITLES.values())}")
        mapping[column.strip()] = field.value
    return mapping


def map_columns(
    headings: Sequence[str], *, given: Mapping[str, str] | None = None, remembered: Mapping[str, str] | None = None
) -> dict[Field, str]:
    """Return which column holds which field: as given now, else as remembered, else by synonyms.

    InputRefused when a required field has no column, or several that are equally likely.
    """
    columns: dict[Field, str] = {}
    for column, field in (given or {}).items():
        heading = _among(headings, column)
        if heading is None:
            raise InputRefused(f"--map 里的列“{column}”不在表里，表里的列有：{_listed(headings)}")
        columns[Field(field)] = heading
    for column, field in (remembered or {}).items():
        heading = _among(headings, column)
        if heading is not None and heading not in columns.values():
            columns.setdefault(Field(field), heading)
    for one in Field:
        free = [heading for heading in headings if heading not in columns.values()]
        found = None if one in columns else _by_synonyms(one, free)
        if found is not None:
            columns[one] = found
    received = columns.get(Field.RECEIVED, "")
    if heading_key(received) in map(heading_key, ISSUE):
        columns.setdefault(Field.ISSUED, received)
    missing = [TITLES[one] for one in REQUIRED if one not in columns]
    if missing:
        raise InputRefused(
            f"找不到“{'”“'.join(missing)}”列。表里的列有：{_listed(headings)}。"
            f"请用 --map 指明，如：--map {missing[0]}=列名"
        )
    return columns


def parse_ticket(row: SheetRow, columns: Mapping[Field, str], now: datetime) -> TicketInput | Refusal:
    """Read a row as a ticket, or say why it cannot be taken."""
    if row.problem:
        return Refusal(reason=row.problem)
    values = {}
    for field, heading in columns.items():
        if heading in row.faults:
            return Refusal(reason=f"“{heading}”{row.faults[heading]}")
        values[field] = clean(row.cells.get(heading, ""))
    received = _moment(values[Field.RECEIVED], columns[Field.RECEIVED])
    fixed = read_limit(values[Field.FIXED]) if values.get(Field.FIXED) else None
    if isinstance(received, Refusal):
        return received
    if isinstance(fixed, Refusal):
        if values.get(Field.POLICY):
            return fixed
        fixed = None  # without a rule of its own the row's deadline is computed, save where the table asks for this one
    issued = _moment(values[Field.ISSUED], columns[Field.ISSUED]) if values.get(Field.ISSUED) else None
    if isinstance(issued, Refusal):
        return issued
    platform = values.get(Field.PLATFORM, "")
    ticket = TicketInput(
        number=values[Field.NUMBER],
        account_name=values[Field.ACCOUNT],
        received_at=received.at,
        platform=platform_of(platform) or platform,
        problem=values.get(Field.PROBLEM, ""),
        problem_class=values.get(Field.CLASS, ""),
        severity=values.get(Field.SEVERITY, ""),
        suggestion=values.get(Field.SUGGESTION, ""),
        url=values.get(Field.URL, ""),
        policy=values.get(Field.POLICY) or None,
        fixed_at=fixed,
        issued_at=issued.at if issued else None,
        time_assumed=received.day_only,
    )
    return check(ticket, now) or ticket


def read_arrivals(
    sheet: Sheet, columns: Mapping[Field, str], *, source: str, now: datetime
) -> Iterator[tuple[int, Arrival]]:
    """Yield each row's number with what it says: a ticket, or the reason to set it aside; always the raw row."""
    for row in sheet.rows():
        read = parse_ticket(row, columns, now)
        event = event_id(source, row.cells)
        if isinstance(read, Refusal):
            yield row.number, Arrival(event_id=event, raw=row.cells, reason=read.reason)
        else:
            yield row.number, Arrival(event_id=event, raw=row.cells, ticket=read)


def _by_synonyms(field: Field, headings: Sequence[str]) -> str | None:
    for group in SYNONYMS[field]:
        keys = [heading_key(word) for word in group]
        found = [heading for heading in headings if heading_key(heading) in keys]
        if len(found) > 1 and field in REQUIRED:
            raise InputRefused(
                f"有{len(found)}列都像“{TITLES[field]}”：{_listed(found)}。"
                f"请用 --map 指明，如：--map {TITLES[field]}={found[0]}"
            )
        if found:
            return min(found, key=lambda heading: keys.index(heading_key(heading)))
    return None


def _among(headings: Sequence[str], column: str) -> str | None:
    if column in headings:
        return column
    like = [heading for heading in headings if heading_key(heading) == heading_key(column)]
    return like[0] if len(like) == 1 else None


def _listed(headings: Iterable[str]) -> str:
    return "、".join(headings) or "（没有）"


def _moment(text: str, heading: str) -> ReadMoment | Refusal:
    return read_moment(text) if text else Refusal(reason=f"没有“{heading}”，请补上")
