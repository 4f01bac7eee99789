"""Buttons under a list of tickets: one tap takes all that are new, a number shows each."""

from collections.abc import Mapping, Sequence

from bot.delivery.wording import Wording

TAKE_ALL = "all"
MOST_TAKEN = 8  # whose numbers fit the 64 bytes of a button's data, in six digits of base 36 each
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
LARGEST_ID = 36**6 - 1

Buttons = tuple[tuple[str, str], ...]


def list_buttons(places: Mapping[int, int], new: Sequence[int], wording: Wording) -> Buttons:
    """Return the buttons of a list: `places` are its tickets with their short numbers, `new` those to be taken."""
    numbers = tuple((str(place), f"ticket:{one}") for one, place in places.items())
    taken = [one for one in new if one <= LARGEST_ID][:MOST_TAKEN]
    if len(taken) < 2:
        return numbers
    key = "button_all" if len(taken) == len(new) else "button_all_first"
    return ((wording(f"message.{key}", count=len(taken)), _action(taken)), *numbers)


def taken_by(action: str) -> tuple[int, ...]:
    """Return the tickets a button takes at once; empty for what no such button of ours sends."""
    code, _, listed = action.partition(":")
    parts = listed.split(".")
    sound = all(0 < len(one) <= 6 and set(one) <= set(DIGITS) for one in parts)
    if code != TAKE_ALL or len(parts) > MOST_TAKEN or not sound:
        return ()
    return tuple(dict.fromkeys(int(one, 36) for one in parts))


def _action(ids: Sequence[int]) -> str:
    return f"{TAKE_ALL}:{'.'.join(map(_base36, ids))}"


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = DIGITS[rest] + digits
        if not number:
            return digits
