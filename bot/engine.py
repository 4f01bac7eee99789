"""The assembled lower parts: what the handlers, the rhythm and the simulator get passed."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.actions.calendar import calendar
from bot.actions.context import Context
from bot.actions.messages import dispatch, forgetting
from bot.actions.reports import morning, weekly
from bot.actions.tickets import watch
from bot.actions.tickets.proof.prover import Prover, latest
from bot.channels import catalog
from bot.channels.base import Channel
from bot.clock import Clock, SystemClock
from bot.delivery.sender import Sender
from bot.delivery.wording import Wording
from bot.node import own_name
from bot.policies.loading import load as load_policies
from bot.pulse import Pulse, Trouble, beat, shared_trouble
from bot.reports.morning import text as brief_text
from bot.reports.weekly import chat_text
from bot.rules.reports.figures import WeeklyFigures
from bot.rules.reports.morning import Brief
from bot.sealing import Sealer
from settings import Settings, SettingsInvalid
from storage.people.addresses import any_sealed_phone
from storage.records import Directory, MacAlgorithm, Ticket
from storage.sql import schema
from storage.sql.backup import save_before_upgrade
from storage.sql.database import Database
from storage.sql.trouble import told
from storage.tickets import journal
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
    pulse: Pulse

    def tick(self) -> watch.Ticked:
        """Look once at everything that is due."""
        return watch.tick(self.context)

    def tick_once(self) -> bool:
        """Look at a batch of what is due; True when there may be more."""
        return watch.tick_once(self.context).more

    def look_again(self) -> int:
        """Plan anew the messages that a clock decided which has since been set back; returns how many."""
        return dispatch.look_again(self.context)

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

    def beat(self) -> None:
        """Write that this node works, if it looked at what is due since it last wrote that."""
        ticked, wrote = self.pulse.done("tick"), self.pulse.done("written")
        if ticked is not None and (wrote is None or ticked > wrote):
            beat(self.database, socket.gethostname(), self.clock.now())
            self.pulse.note("written")

    def trouble(self) -> Trouble | None:
        """What keeps this node from its work; None where nothing does. Any error means that the database is away."""
        own = self.pulse.trouble(self.settings.rhythm.tick_seconds)
        with self.database.read() as conn:
            shared = shared_trouble(conn, self.clock.now(), self.settings.data_dir, self.settings.disk_left_mb)
            return own or next(shared, None)

    def forget(self) -> bool:
        """Forget a piece of what is kept no longer; True when there may be more."""
        forgetting.forget_leavers(self.context)
        return forgetting.forget(self.context, timedelta(days=self.settings.keep_raw_days))

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


def upgraded(database: Database, data_dir: Path, clock: Clock) -> Path | None:
    """Bring the schema to the newest; what was there is saved first, and the path of that backup returned."""
    with told(database.file):
        saved = save_before_upgrade(database, data_dir, clock.now())
    schema.migrate(database)
    return saved


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
    database = Database(settings.database)
    upgraded(database, settings.data_dir, clock)
    with database.read() as conn:
        sealer = Sealer.open(settings.data_dir, key, any_sealed_phone(conn))
        journal_key = sealer.journal_key(MacAlgorithm(settings.journal_mac), journal.kept_key(conn))
    database.use_journal_key(journal_key)
    wording = Wording(settings.language)
    rhythm = settings.rhythm
    shared = isinstance(clock, SystemClock) and not database.sqlite
    context = Context(database, clock, policies, (rhythm.send_from, rhythm.send_until), sealer, lease_clock=shared)
    ways = catalog.build(settings, database, clock) if channels is None else channels
    holder = own_name()
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
            list_as_file=_ticket_list,
        ),
        holder=holder,
        pulse=Pulse(clock),
    )


def _ticket_list(tickets: Sequence[Ticket], directory: Directory, now: datetime) -> bytes:
    from bot.reports.ticket_list import ticket_list  # wanted for long digests alone: not loaded at every start

    return ticket_list(tickets, directory, now)


def _weekly_workbook(figures: WeeklyFigures) -> bytes:
    from bot.reports.weekly_workbook import workbook  # wanted once a week: not loaded at every start

    return workbook(figures)
