"""What 企业微信 and 公众号 say alike: the stored update, its time, words and files."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from handlers.chat.platforms.callbacks import Turned, event_id, fields_of
from handlers.chat.platforms.heard import Heard, HeardFile, HeardKind

# Kind of message -> its file's name ending and media type.
FILES = {"image": ("jpg", "image/jpeg"), "voice": ("amr", "audio/amr"), "video": ("mp4", "video/mp4"), "file": ("", "")}


def opened(raw: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the fields of a stored update and what was kept with it; ValueError for anything else."""
    kept = json.loads(raw)
    try:
        fields = fields_of(kept["xml"])
    except (Turned, KeyError, TypeError) as error:
        raise ValueError(f"no update: {type(error).__name__}") from None
    return fields | {"event_id": event_id(fields, kept["xml"])}, kept


def heard(kind: HeardKind, fields: Mapping[str, str], **more: Any) -> Heard:
    """Fill in who, when and which; ValueError where the update does not say."""
    sender, moment = fields.get("FromUserName", ""), fields.get("CreateTime", "")
    if not sender or not (moment.isascii() and moment.isdigit()):
        raise ValueError("no sender or no time")
    try:
        at = datetime.fromtimestamp(int(moment), UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("no such time") from error
    return Heard(
        kind=kind,
        event_id=fields["event_id"],
        address=sender,
        at=at,
        message_id=fields.get("MsgId", ""),
        **more,
    )


def said(fields: Mapping[str, str]) -> Heard:
    """Read a message a person sent; what we cannot use is OTHER."""
    kind = fields.get("MsgType", "")
    if kind == "text":
        return heard(HeardKind.TEXT, fields, text=fields.get("Content", ""))
    if kind in FILES and fields.get("MediaId"):
        return heard(HeardKind.TEXT, fields, files=(_file(kind, fields),))
    if kind == "link":
        return heard(HeardKind.TEXT, fields, text=f"{fields.get('Title', '')} {fields.get('Url', '')}".strip())
    return heard(HeardKind.OTHER, fields)


def _file(kind: str, fields: Mapping[str, str]) -> HeardFile:
    ending, media_type = FILES[kind]
    name = fields.get("FileName") or fields.get("Title") or ".".join(filter(None, (fields.get("MsgId", kind), ending)))
    return HeardFile(reference=fields["MediaId"], name=name[:200], media_type=media_type)
