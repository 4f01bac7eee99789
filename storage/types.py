"""Column types shared by the tables and the migrations."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

MOMENT_WIDTH = 27  # 2021-08-23T02:00:00.000000Z


def check_aware(moment: datetime) -> datetime:
    """Return the moment in UTC; a naive one is refused with ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime refused: {moment.isoformat()}")
    return moment.astimezone(UTC)


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment: timestamptz on PostgreSQL, sortable fixed-width ISO text on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the native type."""
        plain = String(MOMENT_WIDTH) if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(plain)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Aware moment to stored form."""
        if value is None:
            return None
        utc = check_aware(value)
        if dialect.name != "sqlite":
            return utc
        return utc.isoformat(timespec="microseconds")[:26] + "Z"

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Stored form to aware moment."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return check_aware(value)


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


def canonical(value: object) -> str:
    """JSON text with sorted keys and no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
