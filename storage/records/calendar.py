"""What changes the calendar: notices of the State Council as revisions, and local decisions laid over them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class NoticeKind(StrEnum):
    YEAR = "year"  # the whole arrangement of a year; takes the place of an earlier one
    AMENDMENT = "amendment"  # changes the days it names


class RevisionStatus(StrEnum):
    PROPOSED = "proposed"  # waits for a second person; changes nothing yet
    APPROVED = "approved"  # in force
    REFUSED = "refused"  # never was in force
    WITHDRAWN = "withdrawn"  # was in force, taken back


class OverlayKind(StrEnum):
    CLOSURE = "closure"  # these days do not count, whatever the notice says
    EXTRA_WORK = "extra_work"  # these days count, unless they are closed


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """Who did something and when; the name is kept as it was then."""

    name: str
    at: datetime
    person_id: int | None = None  # None: an operator, or somebody outside the register


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A notice as understood: the days it arranges, in whichever calendar year they lie."""

    year: int  # the year it is about
    kind: NoticeKind
    document: str
    number: str = ""  # 国办发明电〔2025〕7号
    issued: date | None = None
    off: Mapping[date, str]  # with the holiday's name
    work: Mapping[date, str]

    @property
    def source(self) -> str:
        """The document with its number, as explanations quote it."""
        return f"{self.document}（{self.number}）" if self.number else self.document


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """A notice handed in by one person and settled by another."""

    number: int
    status: RevisionStatus
    notice: Notice
    raw: str
    proposed: Act
    settled: Act | None = None  # approved or refused
    withdrawn: Act | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OverlayDraft:
    """A local decision about to be written; whole days, both inclusive."""

    kind: OverlayKind
    first: date
    last: date
    units: frozenset[int] | None  # with everything below them; None: all
    why: str
    document: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlay(OverlayDraft):
    """A local decision, by a named person."""

    id: int
    decided: Act
    withdrawn: Act | None = None

    @property
    def source(self) -> str:
        """The document, or the decision itself where there is none."""
        return self.document or f"{self.decided.name}的决定（{self.why}）"
