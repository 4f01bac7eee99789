"""Builds the sample files from the facts of the notice: `python samples/build.py [FOLDER]`."""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import xlsxwriter

HERE = Path(__file__).parent
PUBLISHED = datetime(2021, 9, 18, 8, 41, tzinfo=UTC)
OFFICE = "三明市人民政府办公室"
CITY = "市级"
# An account may be verified for a post; its unit is the post's.
POSTS = {"将乐县公安局局长": "将乐县公安局"}
STATES = {1: "正常", 2: "待注销", 3: "待注销", 4: "正常"}  # by annex
DIGITS = "零一二三四五六七八九"

NUMBER, TIME = "FJ-20210823-01", "2021-08-23 10:00"
TICKET_HEADINGS = ("工单编号", "平台类型", "账号名称", "认证主体", "问题类型", "存在问题", "下发时间", "备注")
PROBLEM = "内容监测工单（通报没有写明具体内容）"
ASSUMED = "时刻是假定的：通报只写了8月23日"

Rows = list[Sequence[object]]


def main(folder: Path = HERE) -> None:
    """Write all sample files into the folder."""
    facts = json.loads((HERE / "seed_facts.json").read_text(encoding="utf-8"))
    units, people, accounts = register(facts)
    workbook(folder / "register.xlsx", {"单位": units, "人员": people, "账号": accounts})
    late = facts["new_media_findings"]["late_ticket"]
    ticket = (NUMBER, late["platform"], late["account"], late["verified_entity"], "内容监测", PROBLEM, TIME, ASSUMED)
    title = (f"{late['issuing_platform']}内容监测工单",)
    workbook(folder / "tickets-2021-08-23.xlsx", {"工单": [title, (), TICKET_HEADINGS, ticket]})
    with (folder / "tickets-2021-08-23.csv").open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([TICKET_HEADINGS, ticket, *made_up_tickets(late["platform"])])


def register(facts: dict) -> tuple[Rows, Rows, Rows]:
    """Return the sheets of the register: facts for units and accounts, made-up people."""
    units: Rows = [("单位名称", "上级单位", "辖区", "督办科室", "监督人员")]
    people: Rows = [("姓名", "单位", "手机号", "在岗")]
    accounts: Rows = [("平台", "账号名称", "开设主体", "认证主体", "状态", "A角", "B角", "分管领导", "出处")]
    phones = (f"1380000{number:04}" for number in count(1))

    def add_person(name: str, unit: str) -> str:
        people.append((name, unit, next(phones), "在岗"))
        return name

    desk = add_person("测试丁", OFFICE)
    units.append((OFFICE, "", CITY, "是", ""))
    above, watching, numbers = {CITY: OFFICE}, {CITY: desk}, {}
    for annex, row in annex_rows(facts):
        area, entity = row["jurisdiction"], row.get("verified_entity") or row["operator"]
        if area not in above:
            above[area] = f"{area}人民政府"
            watching[area] = add_person(f"测试戊{in_words(len(above) - 1)}", above[area])
            units.append((above[area], OFFICE, area, "", f"{desk}（{OFFICE}）"))
        unit = unit_of(entity)
        if unit not in numbers:
            numbers[unit] = in_words(len(numbers) + 1)
            units.append((unit, above[area], area, "", f"{watching[area]}（{above[area]}）"))
            for part in "甲乙丙":
                add_person(f"测试{part}{numbers[unit]}", unit)
        who = [f"测试{part}{numbers[unit]}" for part in "甲乙丙"]
        accounts.append((row["platform"], row["account_name"], unit, entity, STATES[annex], *who, f"附件{annex}"))
    return units, people, accounts


def annex_rows(facts: dict) -> Iterator[tuple[int, dict]]:
    """Yield the rows of the four annexes, the late ticket's account first: its people get the first numbers."""
    for annex in sorted(facts["annexes"], key=lambda one: (one["annex"] != 4, one["annex"])):
        for row in annex["rows"]:
            yield annex["annex"], row


def unit_of(entity: str) -> str:
    """Return the unit an account is verified for, without the province in front."""
    entity = POSTS.get(entity, entity)
    return entity.removeprefix("福建省").removeprefix("福建")


def in_words(number: int) -> str:
    """Return a number below 100 in Chinese."""
    tens, ones = divmod(number, 10)
    written = f"{DIGITS[tens] if tens > 1 else ''}十" if tens else ""
    return written + (DIGITS[ones] if ones else "")


def made_up_tickets(platform: str) -> Rows:
    """Return rows that show what happens to bad input: no year, and an account nobody knows."""
    return [
        ("测试-0002", platform, "水清三明", "三明市水利局", "错别字", "虚构：时间没有年份", "8月23日", "虚构的坏行"),
        ("测试-0003", platform, "测试查无此号", "", "错别字", "虚构：登记簿里没有的账号", "2021-08-23 11:00", "虚构"),
    ]


def workbook(path: Path, sheets: dict[str, Rows]) -> None:
    """Write an .xlsx with every cell as text, the same bytes each time."""
    with xlsxwriter.Workbook(str(path), {"strings_to_urls": False}) as book:
        book.set_properties({"created": PUBLISHED.replace(tzinfo=None), "title": path.stem})
        bold = book.add_format({"bold": True})
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            page.set_column(0, 8, 22)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    heading = value in rows[0] or value in TICKET_HEADINGS
                    page.write_string(number, column, str(value), bold if heading else None)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
