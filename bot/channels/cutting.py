"""Cuts texts to what a platform takes, with a word, before the platform cuts them without one."""


def cut(text: str, limit: int, word: str = "…(内容较长,已截短)") -> str:
    """Return the text in at most `limit` bytes of UTF-8; a cut text ends in `word`."""
    body = text.encode()
    if len(body) <= limit:
        return text
    return body[: limit - len(word.encode())].decode(errors="ignore") + word


def cut_characters(text: str, limit: int) -> str:
    """Return the text in at most `limit` characters; a cut text ends in “…”."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
