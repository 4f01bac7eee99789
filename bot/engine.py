"""The assembled lower parts: what the handlers, the rhythm and the simulator get passed."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.actions.calendar import calendar
from bot.actions.context import Context
from bot.actions.reports import morning, weekly
from bot.actions.tickets import watch
from bot.actions.tickets.proof.prover import Prover, latest
from bot.channels import catalog
from bot.channels.base import Channel
from bot.clock import Clock, SystemClock
from bot.delivery.sender import Sender
from bot.delivery.wording import Wording
from bot.policies.loading import load as load_policies
from bot.reports.morning import text as brief_text
from bot.reports.weekly import chat_text
from bot.rules.reports.figures import WeeklyFigures
from bot.rules.reports.morning import Brief
from bot.sealing import Sealer
from settings import Settings, SettingsInvalid
from storage.records import MacAlgorithm
from storage.sql import schema
from storage.sql.database import Database
from storage.tickets.rootfile import RootFile


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Everything below the handlers, built once from the settings."""

    settings: Settings
    database: Database
    clock: Clock
    context: Context
    channels: Mapping[str, Channel]
    wording: Wording
    sealer: Sealer
    sender: Sender
    prover: Prover
    holder: str  # this process's name on leases

    def tick(self) -> watch.Ticked:
        """Look once at everything that is due."""
        return watch.tick(self.context)

    def tick_once(self) -> bool:
        """Look at a batch of what is due; True when there may be more."""
        return watch.tick_once(self.context).more

    def prove(self) -> bool:
        """Let what is new enter the tree over all journals, and file its root; True when more waits."""
        return self.prover.prove_once()

    def warn(self) -> int:
        """Tell the desk once a working day if next year's schedule is missing; returns how many were told."""
        return calendar.warn(self.context)

    def weekly(self) -> int:
        """Enqueue the weekly summaries that are owed; returns how many."""
        return weekly.plan(self.context, self._weekly_text, _weekly_workbook)

    def brief(self) -> int:
        """Enqueue the morning briefs that are owed; returns how many."""
        return morning.plan(self.context, self._brief_text)

    def _weekly_text(self, figures: WeeklyFigures) -> str:
        return chat_text(figures, self.wording.language, latest(self.context))

    def _brief_text(self, brief: Brief) -> str:
        return brief_text(brief, self.wording.language)

    async def close(self) -> None:
        """Give back connections."""
        for channel in self.channels.values():
            await channel.close()
        self.database.close()


def make_folder(settings: Settings) -> None:
    """Make the data folder, its owner's alone, where the database is a file in it; SettingsInvalid if impossible."""
    if settings.database_url is not None:
        return
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        why = "请检查 DUBAN_DATA_DIR 的路径是否写对、上级文件夹有没有写权限"
        raise SettingsInvalid(f"数据目录 {settings.data_dir} 无法建立，{why}。") from None


def root_file(settings: Settings) -> Path:
    """Return where the roots of the journals are filed; beside the data folder when nothing is set."""
    return settings.roots_path or beside(settings.data_dir)


def beside(folder: Path) -> Path:
    """Return the place of the root file beside a data folder."""
    return folder.resolve().with_name(f"{folder.resolve().name}-roots.txt")


def open_engine(
    settings: Settings,
    *,
    clock: Clock | None = None,
    channels: Mapping[str, Channel] | None = None,
) -> Engine:
    """Build the engine on a migrated database; PolicyInvalid and SettingsInvalid name what is wrong."""
    clock = clock or SystemClock()
    policies = load_policies(settings.policies)
    make_folder(settings)
    key = settings.secret_key.get_secret_value() if settings.secret_key else None
    sealer = Sealer.open(settings.data_dir, key)
    journal_key = sealer.journal_key(MacAlgorithm(settings.journal_mac))
    database = Database(settings.database, journal_key=journal_key)
    schema.migrate(database)
    wording = Wording(settings.language)
    rhythm = settings.rhythm
    context = Context(database, clock, policies, (rhythm.send_from, rhythm.send_until))
    ways = catalog.build(settings, database, clock) if channels is None else channels
    holder = f"{socket.gethostname()}:{os.getpid()}"[-64:]
    return Engine(
        settings=settings,
        database=database,
        clock=clock,
        context=context,
        channels=ways,
        wording=wording,
        sealer=sealer,
        prover=Prover(context, RootFile(root_file(settings), journal_key)),
        sender=Sender(
            context,
            ways,
            wording,
            holder=holder,
            lease=timedelta(seconds=rhythm.lease_seconds),
            digest_from=rhythm.digest_from,
        ),
        holder=holder,
    )


def _weekly_workbook(figures: WeeklyFigures) -> bytes:
    from bot.reports.weekly_workbook import workbook  # wanted once a week: not loaded at every start

    return workbook(figures)
