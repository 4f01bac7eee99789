"""Chinese is typeset as GB/T 15834 says, in every text a person can read."""

import pytest

from tests.typography import WIDE, markdown_mended, mended, offences, python_mended, toml_mended


def test_every_chinese_text_has_full_width_marks() -> None:
    assert [f"{one.file}:{one.line}: {one.text}" for one in offences()] == []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("收到,当日不计;请于18:00前办结", "收到\uff0c当日不计\uff1b请于18:00前办结"),
        ("8月23日(周一)收到", "8月23日\uff08周一\uff09收到"),
        ("数据库(SQLite)", "数据库\uff08SQLite\uff09"),
        ("提示: 请看 http://a.b/c?d=1,2", "提示\uff1a请看 http://a.b/c?d=1,2"),
        ("是不是:三明市水利局?", "是不是\uff1a三明市水利局\uff1f"),
        ("共1,000件", "共1,000件"),
        ("用 `a(b, c)` 即可!", "用 `a(b, c)` 即可\uff01"),
        ("FJ-1,请核对", "FJ-1\uff0c请核对"),
        ("**说明**:如下", "**说明**\uff1a如下"),
        ("如`x`(`y`):好", "如`x`\uff08`y`\uff09\uff1a好"),
    ],
)
def test_marks_beside_chinese_are_full_width(text: str, right: str) -> None:
    assert mended(text) == right
    assert mended(right) == right


def test_values_filled_in_count_as_chinese() -> None:
    assert toml_mended('a = "{who}({unit}):{what},好"') == ('a = "{who}\uff08{unit}\uff09\uff1a{what}\uff0c好"')


def test_english_that_quotes_chinese_keeps_its_own_marks() -> None:
    text = "Answers 签收, 办结 (both) and their synonyms: 收到, too; (签收)."
    assert mended(text, english=True) == text
    assert mended("it says 前办结,最迟24:00", english=True) == "it says 前办结\uff0c最迟24:00"


def test_patterns_and_code_stay() -> None:
    source = 'A = re.compile(r"(签收|办结),")\nB = "(?:节|旦)"\nC = f"收到,{x:%H:%M}"\n'
    assert python_mended(source) == source.replace("收到,", "收到\uff0c")
    page = "说明:如下\n\n```sh\nrun a,b  # 先运行,再看\n```\n"
    assert markdown_mended(page) == page.replace("说明:", "说明\uff1a").replace("运行,", "运行\uff0c")


def test_every_mark_has_its_wide_form() -> None:
    assert [ord(wide) for wide in WIDE.values()] == [0xFF0C, 0xFF1B, 0xFF1A, 0xFF1F, 0xFF01, 0xFF08, 0xFF09]
