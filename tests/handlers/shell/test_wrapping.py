"""Lines break where a Chinese reader would break them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from handlers.shell.terminal.wrapping import MIN_ROOM, wrapped

LINE = "应于8月24日办结，已逾期1310个工作日（1921个自然日）。请回复“签收 FJ-20210823-01”。"


@pytest.mark.parametrize("width", [80, 40, 33, 24])
def test_lines_fit_and_lose_nothing(width: int) -> None:
    lines = wrapped(LINE, width).split("\n")
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == LINE.replace(" ", "")


def test_no_stop_begins_a_line_and_no_number_is_torn() -> None:
    for width in range(MIN_ROOM, 80):
        lines = wrapped(LINE, width).split("\n")
        assert not [line for line in lines if line[0] in "。,)”"]
        assert any("FJ-20210823-01" in line for line in lines)
        assert any("8月24日" in line for line in lines)


def test_every_line_has_the_indent_and_paragraphs_stay() -> None:
    assert wrapped("一二三四五六七八九十一二\n\n三", 24, "    ").split("\n") == [
        "    一二三四五六七八九十",
        "    一二",
        "    ",
        "    三",
    ]


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=120), st.integers(MIN_ROOM, 60))
def test_any_text_keeps_all_its_characters(text: str, width: int) -> None:
    def bare(value: str) -> str:
        return "".join(value.split())

    assert bare(wrapped(text, width)) == bare(text)
