"""What a rule returns: the ticket after, lines for its journal, messages to put."""

from dataclasses import dataclass
from datetime import datetime

from bot.rules.calendar.hours import WorkingTime
from storage.records import Directory, JournalDraft, MessageDraft, Policy, Request, Ruling, Ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What a decision about a ticket looks at beside the ticket."""

    policy: Policy
    directory: Directory
    working: WorkingTime  # of the ticket's unit
    now: datetime

    @property
    def opening(self) -> datetime:
        """When people may be told: now, or at the next opening of the send window."""
        return self.working.next_sending(self.now, self.policy.any_hour)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Recorded as a whole or not at all."""

    ticket: Ticket  # `version` is the one it was read at
    journal: tuple[JournalDraft, ...] = ()
    messages: tuple[MessageDraft, ...] = ()
    withdraw: tuple[int, ...] = ()  # people to whom nothing more is said about the ticket
    supersede: str = ""  # a reason to take back what still waits to be said about the ticket
    requests: tuple[Request, ...] = ()  # to be decided by somebody above
    rulings: tuple[Ruling, ...] = ()
    reopened: tuple[int, ...] = ()  # requests that wait again
    lapse: bool = False  # what else is pending on the ticket is overtaken
