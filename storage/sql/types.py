"""Column types shared by the tables and the migrations."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, DateTime, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
MOMENT_WIDTH = 27  # 2021-08-23T02:00:00.000000Z


def check_aware(moment: datetime) -> datetime:
    """Return the moment in UTC; a naive one is refused with ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime refused: {moment.isoformat()}")
    return moment.astimezone(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment: timestamptz on PostgreSQL, sortable fixed-width ISO text on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the native type."""
        plain = String(MOMENT_WIDTH) if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(plain)

    # The processors themselves are given, not what they call: every value of every row passes through them.

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """Aware moment to stored form."""
        return _to_text if dialect.name == "sqlite" else _to_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Stored form to aware moment."""
        return _from_text if dialect.name == "sqlite" else _to_utc


class JsonText(TypeDecorator[Mapping[str, Any]]):
    """A JSON object as canonical text (sorted keys, no spaces), so that a hash over it is stable."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> str | None:
        """Object to canonical text."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mapping[str, Any] | None:
        """Text to object."""
        return None if value is None else json.loads(value)


class Texts(TypeDecorator[Sequence[str]]):
    """Several texts as one value of a statement: an array on PostgreSQL, a JSON array on SQLite; of no column."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the native type."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Text()))

    def bind_processor(self, dialect: Dialect) -> Callable[[Sequence[str] | None], Any]:
        """Texts to what the database takes."""
        return canonical if dialect.name == "sqlite" else _to_list


def _to_list(value: Sequence[str] | None) -> list[str]:
    return list(value or ())


def _to_utc(value: datetime | None) -> datetime | None:
    return value if value is None or value.tzinfo is UTC else check_aware(value)


@lru_cache(maxsize=1_000)  # most moments of a batch are the same few
def _to_text(value: datetime | None) -> str | None:
    utc = _to_utc(value)
    return None if utc is None else utc.isoformat(timespec="microseconds")[:26] + "Z"


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def canonical(value: object) -> str:
    """JSON text with sorted keys and no spaces."""
    return _CANONICAL.encode(value)
