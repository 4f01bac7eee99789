"""Rows as high as their words need, whatever program opens the file."""

import pytest

from bot.reports.sheets import HIGHEST_ROW, LINE_HEIGHT, ROW_PADDING, height_of, lines_of


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1),
        ("五个汉字宽", 10, 1),
        ("六个汉字更宽", 10, 2),
        ("abcdefghi", 10, 1),
        ("abcdefghij", 10, 2),  # fonts that stand in are wider
        ("FJ-20210823-01", 10, 3),  # breaks behind its hyphens
        ("abc def ghi", 8, 2),
        ("一\n二\n三", 10, 3),
        ("很长的单位名称" * 3, 14, 3),
        ("x" * 100, 11, 10),
        ("字", 0.5, 1),
    ],
)
def test_a_text_takes_so_many_lines(text: str, width: float, lines: int) -> None:
    assert lines_of(text, width) == lines


def test_a_row_is_as_high_as_its_longest_cell_and_never_higher_than_the_format_allows() -> None:
    assert height_of([]) == LINE_HEIGHT + ROW_PADDING
    assert height_of([("短", 10), ("一\n二\n三", 10)]) == 3 * LINE_HEIGHT + ROW_PADDING
    assert height_of([("\n" * 500, 10)]) == HIGHEST_ROW
