"""What people ask somebody above to decide, and what they did last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class RequestKind(StrEnum):
    EXTENSION = "extension"  # 延期, granted by a supervisor
    DISPUTE = "dispute"  # 误报, approved by a supervisor
    TRANSFER = "transfer"  # 转派, "not mine": the desk re-routes


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request about a ticket; of each kind only one can be pending on a ticket."""

    id: int
    ticket_id: int
    kind: RequestKind
    asked_by: int
    asked_at: datetime
    text: str = ""
    until: datetime | None = None  # of an extension: the instant on which lateness would be judged
    decided_by: int | None = None
    decided_at: datetime | None = None  # None: pending
    granted: bool | None = None  # None though decided: taken back, or overtaken by events

    @property
    def pending(self) -> bool:
        """Whether somebody still has to decide."""
        return self.decided_at is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """What became of a request."""

    request_id: int
    granted: bool | None  # None: taken back
    by: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LastAct:
    """What a person did last, with what it takes to undo it."""

    person_id: int
    verb: str
    at: datetime  # when it was recorded, by our clock
    ticket_id: int | None = None
    seq: int = 0  # its line in the ticket's journal
    before: Mapping[str, object] = field(default_factory=dict)  # what it changed, as it was
