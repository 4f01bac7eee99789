"""帮助: what this person can say, on one screen of a phone."""

from collections.abc import Iterator

from bot.actions.people.abilities import Abilities, abilities
from bot.delivery.wording import Wording
from handlers.chat.turn import Reply, Turn, Wish


def answer(turn: Turn, _wish: Wish) -> Reply:
    """Say what the person can say."""
    able = abilities(turn.work, turn.person_id)
    return Reply(text=help_text(turn.wording, able, board=bool(turn.board_url)))


def help_text(wording: Wording, able: Abilities, *, board: bool = False) -> str:
    """Name what this person can do and what is switched on, several things a line."""
    return "\n".join([wording("chat.help"), *_lines(wording, able, board)])


def _lines(wording: Wording, able: Abilities, board: bool) -> Iterator[str]:
    if able.works:
        yield from (wording(f"chat.help_{name}") for name in ("do", "see", "ask", "after"))
    if able.oversees:
        yield wording("chat.help_above")
    if able.desk:
        yield wording("chat.help_desk")
    yield wording("chat.help_leave")
    words = [wording("chat.help_calendar")]
    words += [wording("chat.help_weekly")] if able.reads_weekly else []
    words += [wording("chat.help_board")] if board else []
    yield wording("chat.help_other", words=wording("format.between_names").join(words))
    if able.works or able.oversees:
        yield wording("chat.help_numbers")
    yield wording("chat.help_more")
