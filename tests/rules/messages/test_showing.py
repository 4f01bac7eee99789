"""What others wrote is shown without control signs and without citizens' numbers."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.messages.showing import CHECK_DIGITS, WEIGHTS, masked, visible


def identity(digits: str) -> str:
    """A made-up number with its right check digit."""
    return digits + CHECK_DIGITS[sum(w * int(one) for w, one in zip(WEIGHTS, digits, strict=True)) % 11]


GOOD = identity("35040219900307123")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("页面公开了13812341234，请删除", "页面公开了138****1234，请删除"),
        ("电话+86 138-1234-1234。", "电话138****1234。"),
        ("１３８１２３４１２３４", "138****1234"),
        ("座机0598-8223344", "座机0598-****"),
        (f"身份证{GOOD}泄露", f"身份证3504************{GOOD[-2:]}泄露"),
        (f"{GOOD[:-1]}x" if GOOD.endswith("X") else GOOD, f"3504************{GOOD[-2:]}"),
        ("老证350402900307123。", "老证3504*********23。"),
        ("工单FJ-13812341234不动", "工单FJ-13812341234不动"),
        ("文号2021082300000123456", "文号2021082300000123456"),
        ("统一代码913504001234567890", "统一代码913504001234567890"),
        ("共 2 处，第 3 版", "共 2 处，第 3 版"),
        ("２处错误", "２处错误"),
    ],
)
def test_numbers_of_citizens_are_masked_and_others_stand(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_an_identity_number_with_a_wrong_check_digit_is_some_other_number() -> None:
    wrong = GOOD[:-1] + ("1" if GOOD[-1] != "1" else "2")
    assert masked(wrong) == wrong


@given(
    day=st.dates(min_value=date(1850, 1, 1), max_value=date(2099, 12, 31)),
    region=st.integers(100000, 999999),
    order=st.integers(0, 999),
)
def test_every_identity_number_is_masked(day: date, region: int, order: int) -> None:
    digits = f"{region}{day:%Y%m%d}{order:03}"
    assert digits[4:16] not in masked(f"身份证号：{identity(digits)}（本人）")


@given(st.text())
def test_no_control_sign_and_no_turned_line_is_left(text: str) -> None:
    shown = visible(text)
    controls = {*map(chr, range(9)), *map(chr, range(11, 32)), *map(chr, range(127, 160))}
    assert not set(shown) & {*controls, "\u202e", "\u2066"}
    assert visible(shown) == shown


def test_words_lines_and_emoji_stay() -> None:
    text = "第一行\n\t第二行 👨‍👩‍👧 ❤️ café"
    assert visible(text) == text
