"""Fits texts to a platform: cut with a word before it cuts them without one, and shown as they were written."""

import re

INVISIBLE = r"[\s\u00ad\u200b-\u200f\u2060\ufeff/]*"
# A link, or a call to everybody, whatever invisible stands between the sign and its name.
LINK_TAG = re.compile(rf"<(?={INVISIBLE}(?:a|at)\b)", re.IGNORECASE)
NAMED_LINK = re.compile(r"\](?=\s*\(\s*[a-z][a-z0-9+.-]*:)", re.IGNORECASE)  # [words](https://…)


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
    return LINK_TAG.sub("\uff1c", text)


def inert(text: str) -> str:
    """Return the text without links, be they written as a tag or as words with an address behind."""
    return NAMED_LINK.sub("\uff3d", unlinked(text))
