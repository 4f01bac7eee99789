"""What of a text that others wrote is shown: no control signs, no citizens' numbers."""

import re
from datetime import date

# C0 and C1 controls but tab and line feed, halves of characters, and what turns the direction of writing around.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
MOBILE = re.compile(r"(?<![\dA-Za-z-])(?:\+?86[- ]?)?(1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?![\dA-Za-z])")
LANDLINE = re.compile(r"(?<![\d-])(0\d{2,3}[- ]?)\d{7,8}(?!\d)")
# 居民身份证号: region, birthday, order, check digit; the older form has no century and no check digit.
IDENTITY = re.compile(r"(?<![\dA-Za-z])([1-9]\d{5})((?:18|19|20)\d{6})(\d{3})([\dXx])(?![\dA-Za-z])")
OLD_IDENTITY = re.compile(r"(?<![\dA-Za-z])([1-9]\d{5})(\d{6})(\d{3})(?![\dA-Za-z])")
WEIGHTS, CHECK_DIGITS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
WIDE = str.maketrans({0xFF10 + one: str(one) for one in range(10)})


def visible(text: str) -> str:
    """Return the text without signs that steer a terminal or turn the line around; its words stay."""
    return text if text.isprintable() else CONTROLS.sub("", text)


def masked(text: str) -> str:
    """Hide the middle of telephone and identity numbers in a text that leaves the office."""
    narrow = text.translate(WIDE)
    if not any(map(str.isdigit, narrow)):
        return text
    hidden = IDENTITY.sub(_identity, narrow)
    hidden = OLD_IDENTITY.sub(_old_identity, hidden)
    hidden = LANDLINE.sub(r"\1****", MOBILE.sub(r"\1****\2", hidden))
    # What held nothing to hide stays as it was typed.
    return text if hidden == narrow else hidden


def _identity(found: "re.Match[str]") -> str:
    digits = found[0][:-1]
    check = CHECK_DIGITS[sum(weight * int(one) for weight, one in zip(WEIGHTS, digits, strict=True)) % 11]
    if check != found[4].upper() or not _is_day(found[2]):
        return found[0]
    return f"{found[1][:4]}************{found[0][-2:]}"


def _old_identity(found: "re.Match[str]") -> str:
    return f"{found[1][:4]}*********{found[0][-2:]}" if _is_day("19" + found[2]) else found[0]


def _is_day(written: str) -> bool:
    try:
        return date(int(written[:4]), int(written[4:6]), int(written[6:])) is not None
    except ValueError:
        return False
