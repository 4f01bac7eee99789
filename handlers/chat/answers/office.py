"""督办列表, 绑定, 看板, 帮助: what concerns no single ticket."""

from collections.abc import Sequence
from itertools import groupby

from bot.actions.messages import numbering
from bot.actions.people import binding, signin
from bot.actions.tickets import oversight
from bot.rules.tickets.oversight import Overseen
from handlers.chat.answers.tickets import BUTTONS_IN_A_LIST, LISTED, asked_line
from handlers.chat.turn import Reply, Turn, Wish


def oversee(turn: Turn, _wish: Wish) -> Reply:
    """List what is stuck or overdue in the person's area, by unit, with numbers."""
    found = oversight.overseen(turn.work, turn.person_id)
    if not found:
        return Reply(text=turn.wording("chat.oversight_none"))
    listed = found[:LISTED]
    ids = [ticket.ticket.id for ticket in listed]
    numbers = numbering.numbered(turn.work, turn.numbering.ticket_ids, ids)
    lines = [turn.wording("chat.oversight", count=len(found)), *_by_unit(turn, listed, numbers)]
    if len(found) > len(listed):
        lines.append(turn.wording("chat.more", count=len(found) - len(listed)))
    turn.remember(numbers)
    buttons = tuple((str(numbers.index(one) + 1), f"ticket:{one}") for one in ids)
    lines.append(turn.wording("chat.oversight_hint"))
    # Nobody's tickets are held up to a group.
    return Reply(text="\n".join(lines), buttons=buttons[:BUTTONS_IN_A_LIST], private=True)


def bind(turn: Turn, wish: Wish) -> Reply:
    """Give somebody the bot knows a code for another channel; a code itself is for the channel to be bound."""
    if wish.text.strip():
        return Reply(text=turn.wording("chat.bind_elsewhere"), reason="bind_elsewhere", private=True)
    code = binding.own_code(turn.work, turn.person_id)
    minutes = binding.OWN_CODE_TTL.seconds // 60
    return Reply(text=turn.wording("chat.bind_code", code=code, minutes=minutes), private=True)


def board(turn: Turn, _wish: Wish) -> Reply:
    """Give a one-time link to the board, where there is one."""
    if not turn.board_url:
        return Reply(text=turn.wording("chat.board_off"), reason="board_off")
    token = signin.new_token(turn.work, turn.person_id)
    minutes = signin.SIGNIN_TTL.seconds // 60
    link = f"{turn.board_url}?token={token}"
    return Reply(text=turn.wording("chat.board", link=link, minutes=minutes), private=True)


def _by_unit(turn: Turn, listed: Sequence[Overseen], numbers: Sequence[int]) -> list[str]:
    lines = []
    for unit, group in groupby(listed, key=lambda one: one.unit):
        lines.append(turn.wording("chat.oversight_unit", unit=unit or turn.wording("weekly.unmatched")))
        for one in group:
            lines.append(_line(turn, numbers.index(one.ticket.id) + 1, one))
            lines += [turn.wording("chat.oversight_asked", asked=asked_line(turn, each)) for each in one.requests]
    return lines


def _line(turn: Turn, place: int, overseen: Overseen) -> str:
    ticket = overseen.ticket
    why = turn.wording(f"chat.stuck_{overseen.why.name.lower()}")
    about = {"number": ticket.number, "account": ticket.account_name, "due": turn.wording.due(ticket)}
    return turn.wording("chat.oversight_line", place=place, why=why, state=turn.wording.state(ticket.state), **about)
