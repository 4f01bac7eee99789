"""`ticket NO`: the whole story of one ticket — who was told what when over which channel, who answered what."""

from typing import Annotated

import typer
from rich.console import Console

from bot.actions.tickets.proof.prover import latest
from bot.delivery.explaining import explain_ticket
from bot.delivery.reasons import limit_reasons, moment_written
from bot.reports.story import story_lines
from handlers.shell.terminal.opening import emit, local, opened, refuse
from handlers.shell.terminal.wrapping import say_wrapped
from handlers.shell.tickets import facts
from storage import views
from storage.records import MessageKind, TicketStory

app = typer.Typer(add_completion=False)


@app.command()
def ticket(
    number: Annotated[str, typer.Argument(help="工单编号")],
    source: Annotated[str, typer.Option(help="来源，同号不同源时指明")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象")] = False,
) -> None:
    """一件工单的全过程：何时收到、何时通知了谁、谁答复了什么。"""
    with opened() as engine:
        with engine.database.read() as conn:
            ids = views.ticket_ids(conn, number, source)
            if not ids:
                raise refuse(f"没有编号为“{number}”的工单，请核对编号，或用 tickets 查看。")
            if len(ids) > 1:
                raise refuse(f"有{len(ids)}个来源都有“{number}”，请用 --source 指明来源。")
            story = views.timeline(conn, ids[0])
            working = engine.context.working(conn, story.ticket.unit_id)
            stamped = engine.context.working_of(conn, story.ticket)
            policy = engine.context.policy(conn, story.ticket.policy_key)
        if as_json:
            emit(_json(story) | facts(story.ticket, engine) | {"root": latest(engine.context) or None})
            return
        console = Console(highlight=False)
        why = "\n".join(
            [
                explain_ticket(story.ticket, policy, stamped, moment_written(story.lines)),
                *limit_reasons(story.lines, lambda person: story.names.get(person, "?"), engine.wording),
            ]
        )
        now, root = engine.clock.now(), latest(engine.context)
        for line in story_lines(story, working.calendar, engine.wording, now, why, root):
            say_wrapped(console, line)


def _json(story: TicketStory) -> dict[str, object]:
    return {
        "unit": story.unit,
        "journal": [
            {"seq": line.seq, "at": local(line.at), "kind": line.kind, "actor": line.actor, "data": dict(line.data)}
            for line in story.lines
        ],
        "messages": [
            {
                "to": message.person,
                "step": message.message.step,
                "kind": str(message.message.kind),
                "channel": message.carrier.channel,
                "state": str(message.message.state),
                "at": local(message.carrier.accepted_at),
                "reason": message.message.reason,
            }
            for message in story.messages
            if message.message.kind not in (MessageKind.ANSWER, MessageKind.CARD)
        ],
        "evidence": [
            {"source": one.source, "received_at": local(one.received_at), "raw": one.raw} for one in story.evidence
        ],
    }
