"""Message parameters as they are stored: JSON without what is left at its default, read back by the message's kind."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from storage.records import (
    CalendarNotification,
    CardParams,
    ContactNotification,
    DigestParams,
    DutyNotification,
    LeaveNotification,
    MessageKind,
    NotificationKind,
    Params,
    RequestParams,
    StepParams,
    TextParams,
    TicketNotification,
    UnreadableParams,
)

N = NotificationKind
_BY_KIND: Mapping[MessageKind, type[Any]] = {
    **dict.fromkeys(MessageKind, StepParams),
    MessageKind.REQUEST: RequestParams,
    MessageKind.NOTIFICATION: TicketNotification,
    MessageKind.DIGEST: DigestParams,
    MessageKind.SUMMARY: TextParams,
    MessageKind.BRIEF: TextParams,
    MessageKind.ANSWER: TextParams,
    MessageKind.UPDATE: TicketNotification,
    MessageKind.CARD: CardParams,
}
_BY_NOTIFICATION: Mapping[str, type[Any]] = {
    **dict.fromkeys((N.DEPUTY, N.DEPUTY_EMPTY, N.BACK), LeaveNotification),
    **dict.fromkeys((N.RELIEVED, N.RELIEVED_VACANT, N.DUTY_CHANGED), DutyNotification),
    **dict.fromkeys((N.CONTACT_LOST, N.REBOUND, N.BIND_LOCKED), ContactNotification),
    **dict.fromkeys((one for one in N if one.startswith("calendar_")), CalendarNotification),
}


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}  # made once a type: making one takes a millisecond


def encode(params: Params) -> dict[str, Any]:
    """Return parameters as JSON-able values."""
    if isinstance(params, UnreadableParams):
        return dict(params.raw)
    stored: dict[str, Any] = _adapter(type(params)).dump_python(params, mode="json", exclude_defaults=True)
    return stored


def decode(kind: MessageKind, stored: Mapping[str, Any]) -> Params:
    """Return the parameters of a message of that kind."""
    made = _BY_NOTIFICATION.get(str(stored.get("notice", "")), _BY_KIND[kind])
    try:
        params: Params = _adapter(made).validate_python(stored)
    except ValidationError:
        return UnreadableParams(raw=dict(stored))
    return params


def _adapter(made: Any) -> TypeAdapter[Any]:
    if made not in _ADAPTERS:
        _ADAPTERS[made] = TypeAdapter(made)
    return _ADAPTERS[made]
