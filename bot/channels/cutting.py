"""Fits texts to a platform: cut with a word before it cuts them without one, and shown as they were written."""

import re

# What opens a tag on one of the platforms (<a href>, <at user_id>, <@id>), whatever invisible stands in between.
TAG = re.compile(r"<(?=[\s\u00ad\u200b-\u200f\u2060\ufeff/!?]*[A-Za-z@])")
NAMED_LINK = re.compile(r"\](?=\s*\()")  # 飞书 takes [words](address) for a link in a plain text


def cut(text: str, limit: int, word: str = "…（内容较长，已截短）") -> str:
    """Return the text in at most `limit` bytes of UTF-8; a cut text ends in `word`."""
    body = text.encode()
    if len(body) <= limit:
        return text
    return body[: limit - len(word.encode())].decode(errors="ignore") + word


def cut_characters(text: str, limit: int) -> str:
    """Return the text in at most `limit` characters; a cut text ends in “…”."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def unlinked(text: str) -> str:
    """Return the text with a full-width sign where a link would open: a ticket quotes pages that may hold anything."""
    return NAMED_LINK.sub("\uff3d", TAG.sub("\uff1c", text))
