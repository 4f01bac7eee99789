"""Columns find their fields; rows become tickets, or are set aside with a reason."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.rules.tickets.arrivals import Refusal, TicketInput, check, event_id
from handlers.intake import InputRefused
from handlers.intake.fields import Field, map_columns, parse_ticket, read_arrivals, read_mapping, ticket_headings
from handlers.intake.files import SheetRow, SpreadsheetFile
from tests.fakes.sheets import HEADINGS, WATER, xlsx

NOW = datetime(2021, 8, 23, 4, tzinfo=UTC)
COLUMNS = {
    Field.NUMBER: "工单编号",
    Field.PLATFORM: "平台",
    Field.ACCOUNT: "账号名称",
    Field.RECEIVED: "收到时间",
    Field.PROBLEM: "存在问题",
    Field.POLICY: "时限规则",
    Field.FIXED: "截止时刻",
}
CELLS = {"工单编号": "FJ-20210823-01", "平台": "微信", "账号名称": "水清三明", "收到时间": "2021-08-23 10:00"}


def row(faults: dict[str, str] | None = None, problem: str = "", **cells: str) -> SheetRow:
    return SheetRow(number=2, cells={**CELLS, **cells}, faults=faults or {}, problem=problem)


def taken(one: SheetRow) -> TicketInput:
    read = parse_ticket(one, COLUMNS, NOW)
    assert isinstance(read, TicketInput), read
    return read


def refused(one: SheetRow) -> str:
    read = parse_ticket(one, COLUMNS, NOW)
    assert isinstance(read, Refusal), read
    return read.reason


# Columns


@pytest.mark.parametrize(
    ("headings", "columns"),
    [
        (["编号", "账号", "时间"], ["编号", "账号", "时间"]),
        (["订单号", "新媒体名称", "监测时间"], ["订单号", "新媒体名称", "监测时间"]),
        (["序号", "工单 编号*", "账号名称（必填）", "下发时间："], ["工单 编号*", "账号名称（必填）", "下发时间："]),
        (["编号", "工单编号", "名称", "账号名称", "监测时间", "收到时间"], ["工单编号", "账号名称", "收到时间"]),
    ],
)
def test_columns_are_found_by_their_synonyms(headings: list[str], columns: list[str]) -> None:
    found = map_columns(headings)
    assert [found[one] for one in (Field.NUMBER, Field.ACCOUNT, Field.RECEIVED)] == columns


@pytest.mark.parametrize(
    ("headings", "received", "issued"),
    [
        (["编号", "账号", "收到时间", "下发时间"], "收到时间", "下发时间"),
        (["编号", "账号", "派单时间"], "派单时间", "派单时间"),
        (["编号", "账号", "监测时间"], "监测时间", None),
    ],
)
def test_the_issue_is_a_column_of_its_own_or_the_receipt(headings: list[str], received: str, issued: str) -> None:
    found = map_columns(headings)
    assert (found[Field.RECEIVED], found.get(Field.ISSUED)) == (received, issued)


ISSUED = {**COLUMNS, Field.ISSUED: "下发时间"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2021-08-23 10:30", "下发时间 2021-08-23 10:30 晚于收到时间 2021-08-23 10:00，请核对"),
        ("昨天", "时间“昨天”读不懂"),
        ("2001-08-23", "比收到时间早十年以上，请核对年份"),
    ],
)
def test_an_issue_that_cannot_be_is_a_reason(written: str, said: str) -> None:
    read = parse_ticket(row(下发时间=written), ISSUED, NOW)
    assert isinstance(read, Refusal)
    assert said in read.reason


def test_the_issue_is_read_and_may_be_missing() -> None:
    issued = [parse_ticket(row(下发时间=text), ISSUED, NOW) for text in ("2021-08-20 16:00", "")]
    assert [one.issued_at for one in issued if isinstance(one, TicketInput)] == [
        datetime(2021, 8, 20, 8, tzinfo=UTC),
        None,
    ]
    day_only = parse_ticket(row(收到时间="2021-08-23", 下发时间="2021-08-23 09:00"), ISSUED, NOW)
    assert isinstance(day_only, TicketInput)


def test_the_monitoring_list_of_a_platform_is_understood() -> None:
    headings = [
        *(
            "错敏词",
            "推荐修改",
            "修改说明",
            "所在上下文",
            "所在文章（url）",
            "快照",
            "账号类型",
            "账号名称",
            "唯一标识",
        ),
        *(
            "地区",
            "行业",
            "机构",
            "主页地址",
            "填报单位编码",
            "填报单位名称",
            "订单号",
            "监测时间",
            "发布时间",
            "问题类型",
        ),
        "问题级别",
    ]
    assert map_columns(headings) == {
        Field.NUMBER: "订单号",
        Field.PLATFORM: "账号类型",
        Field.ACCOUNT: "账号名称",
        Field.RECEIVED: "监测时间",
        Field.PROBLEM: "所在上下文",
        Field.CLASS: "问题类型",
        Field.SEVERITY: "问题级别",
        Field.SUGGESTION: "推荐修改",
        Field.URL: "所在文章（url）",
    }


def test_a_missing_column_lists_what_there_is_and_how_to_map() -> None:
    with pytest.raises(InputRefused) as said:
        map_columns(["流水", "账号名称", "何时"])
    assert str(said.value) == (
        "找不到“工单编号”“收到时间”列。表里的列有：流水、账号名称、何时。请用 --map 指明，如：--map 工单编号=列名"
    )


def test_two_headings_for_one_field_are_not_guessed_between() -> None:
    with pytest.raises(
        InputRefused, match=r"有2列都像“收到时间”：收到时间、接收时间。请用 --map 指明，如：--map 收到时间=收到时间"
    ):
        map_columns(["工单编号", "账号名称", "收到时间", "接收时间"])
    with pytest.raises(InputRefused, match="账号名称、账号名称\\（第4列\\）"):
        map_columns(["工单编号", "账号名称", "收到时间", "账号名称（第4列）"])


def test_a_mapping_decides() -> None:
    given = read_mapping(["收到时间=接收时间", " 工单编号 = 流水"])
    assert given == {"接收时间": "received_at", "流水": "number"}
    found = map_columns(["流水", "账号名称", "收到时间", "接收时间"], given=given)
    assert (found[Field.NUMBER], found[Field.RECEIVED]) == ("流水", "接收时间")


@pytest.mark.parametrize("written", ["收到时间", "收到时间=", "不认得=列", "=列"])
def test_a_mapping_nobody_can_read_lists_the_fields(written: str) -> None:
    with pytest.raises(InputRefused, match="字段有：工单编号、平台、账号名称、收到时间"):
        read_mapping([written])


def test_a_mapping_to_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputRefused, match="“何时”不在表里，表里的列有：工单编号"):
        map_columns(["工单编号"], given={"何时": "received_at"})


def test_a_remembered_mapping_helps_and_never_hinders() -> None:
    remembered = {"流水": "number", "何时": "received_at"}
    found = map_columns(["流水", "账号名称", "何时"], remembered=remembered)
    assert (found[Field.NUMBER], found[Field.RECEIVED]) == ("流水", "何时")
    other = map_columns(["工单编号", "账号名称", "收到时间"], remembered=remembered)
    assert (other[Field.NUMBER], other[Field.RECEIVED]) == ("工单编号", "收到时间")


def test_what_is_given_goes_before_what_is_remembered() -> None:
    found = map_columns(["甲", "乙", "账号名称", "收到时间"], given={"乙": "number"}, remembered={"甲": "number"})
    assert found[Field.NUMBER] == "乙"


# Rows


def test_a_row_becomes_a_ticket() -> None:
    ticket = taken(row(存在问题="错别字"))
    assert ticket == TicketInput(
        number="FJ-20210823-01",
        platform="微信公众号",
        account_name="水清三明",
        received_at=datetime(2021, 8, 23, 2, tzinfo=UTC),
        problem="错别字",
    )


def test_a_day_without_time_is_taken_and_says_so() -> None:
    ticket = taken(row(收到时间="2021-08-23"))
    assert ticket.time_assumed
    assert ticket.received_at == datetime(2021, 8, 22, 16, tzinfo=UTC)


def test_an_unknown_platform_is_kept_as_written() -> None:
    assert taken(row(平台="查无此平台")).platform == "查无此平台"
    assert taken(row(平台="")).platform == ""


def test_nul_is_stripped_from_the_ticket() -> None:
    assert taken(row(工单编号="FJ\0-1\ufeff ")).number == "FJ-1"


def test_emoji_and_long_texts_are_kept() -> None:
    text = "😀" + "长" * 4_999
    assert taken(row(存在问题=text)).problem == text
    assert len(taken(row(存在问题="长" * 20_000)).problem) == 20_000


def test_a_policy_and_its_moment_are_taken_together() -> None:
    ticket = taken(row(时限规则="notice_report", 截止时刻="2021-09-26 18:00"))
    assert (ticket.policy, ticket.fixed_at) == ("notice_report", datetime(2021, 9, 26, 10, tzinfo=UTC))
    whole = taken(row(时限规则="notice_report", 截止时刻="2021年9月26日"))
    assert whole.fixed_at == datetime(2021, 9, 26, 16, tzinfo=UTC)  # 24:00 of that day
    assert taken(row(截止时刻="1个工作日")).fixed_at is None
    assert "读不懂" in refused(row(时限规则="notice_report", 截止时刻="月底"))


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (row(工单编号=" \0"), "没有工单编号，请补上"),
        (row(账号名称=""), "没有账号名称，请补上"),
        (row(收到时间=""), "没有“收到时间”，请补上"),
        (row(收到时间="8月23日"), "没有年份"),
        (row(收到时间="2021-08-23 12:06"), "收到时间 2021-08-23 12:06 在将来，请核对"),
        (row(收到时间="2011-08-20"), "已过去十年以上，请核对年份"),
        (row(存在问题="长" * 20_001), "“存在问题”超过20000字，请缩短"),
        (row(工单编号="1" * 129), "“工单编号”超过128字"),
        (row(工单编号="㍿" * 100), "特殊字符"),
        (row(faults={"收到时间": "是公式"}), "“收到时间”是公式"),
        (row(problem="格数比标题多"), "格数比标题多"),
    ],
)
def test_a_bad_row_says_why(one: SheetRow, reason: str) -> None:
    assert reason in refused(one)


def test_a_fault_in_a_column_nobody_reads_does_no_harm() -> None:
    assert taken(row(faults={"备注": "是公式"})).number == "FJ-20210823-01"


def test_clocks_may_differ_by_a_few_minutes() -> None:
    assert taken(row(收到时间="2021-08-23 12:05")).received_at > NOW


def test_a_naive_time_is_refused_at_the_door() -> None:
    naive = TicketInput(number="1", account_name="水清三明", received_at=datetime(2021, 8, 23))
    with pytest.raises(ValueError, match="naive"):
        check(naive, NOW)


def test_the_same_raw_row_is_the_same_event() -> None:
    assert event_id("省平台", {"a": "1", "b": "2"}) == event_id("省平台", {"b": "2", "a": "1"})
    ids = {event_id("省平台", {"a": "1"}), event_id("省平台", {"a": "1\0"}), event_id("市平台", {"a": "1"})}
    assert len(ids) == 3


def test_a_file_is_read_into_arrivals(tmp_path: Path) -> None:
    bad = (*WATER[:4], "8月23日")
    path = xlsx(tmp_path / "a.xlsx", [("监测工单",), HEADINGS, WATER, bad])
    sheet = SpreadsheetFile(path).sheet(ticket_headings())
    (first, good), (second, aside) = read_arrivals(sheet, map_columns(sheet.headings), source="省平台", now=NOW)
    assert (first, second) == (3, 4)
    assert good.ticket is not None
    assert (good.ticket.number, good.raw["下发时间"]) == (WATER[0], WATER[4])
    assert aside.ticket is None
    assert "没有年份" in aside.reason
    assert aside.raw == dict(zip(HEADINGS, bad, strict=True))
    assert good.event_id != aside.event_id


def test_a_mapped_column_counts_as_a_heading(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [("某表", "注"), ("流水", "谁家", "何时"), ("1", "水清三明", "2021-08-23")])
    given = read_mapping(["工单编号=流水", "账号名称=谁家", "收到时间=何时"])
    sheet = SpreadsheetFile(path).sheet(ticket_headings(*given))
    [(_, arrival)] = read_arrivals(sheet, map_columns(sheet.headings, given=given), source="省平台", now=NOW)
    assert arrival.ticket is not None
    assert arrival.ticket.received_at == datetime(2021, 8, 23, tzinfo=UTC) - timedelta(hours=8)
