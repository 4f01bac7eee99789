"""The published notices as texts, and notices as approved revisions."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from storage.records import Act, Notice, Revision, RevisionStatus
from tests.rules.calendar.oracle import beijing

TEXTS = Path(__file__).parents[2] / "notices"
YEARS = range(2018, 2027)
NOTHING: Mapping[date, str] = {}


def text(name: str | int) -> str:
    """The text of a year's notice, or of an amendment."""
    return (TEXTS / f"{name}.txt").read_text(encoding="utf-8")


def halved(wide: str) -> str:
    """With half-width punctuation."""
    return wide.translate({0xFF0C: ",", 0xFF1A: ":", 0xFF08: "(", 0xFF09: ")"})


def approved(*notices: Notice) -> list[Revision]:
    """Notices as revisions in force."""
    act = Act(name="乙", at=beijing("2026-11-24 09:00"))
    return [
        Revision(number=place, status=RevisionStatus.APPROVED, notice=one, raw="", proposed=act, settled=act)
        for place, one in enumerate(notices, 1)
    ]
