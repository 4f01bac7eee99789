"""Lays an overview out as 企业微信 shows it: headings bold, what is late in the colour of warnings, links."""

import re

TEXT_BYTES = 2048
HEADING = re.compile(r"(【.+】|.+[:\uff1a])")
LATE = re.compile(r"已?逾期\d+个(?:工作日|自然日)(?:[(\uff08]\d+个自然日[)\uff09])?|当日逾期|已超过时限")
LINK = re.compile(r"https?://[A-Za-z0-9./?=&%~:#+-]+")
# What the platform would read as markup. It knows no way to write these plainly, so such a text stays plain.
MARKUP = re.compile(r"[*`<>\[\]_\\]|^\s*(?:#|-\s)", re.MULTILINE)


def laid_out(text: str) -> str | None:
    """Return the text as markdown; None where it holds signs of markup, or would be too long."""
    if MARKUP.search(LINK.sub("", text)):
        return None
    made = "\n".join(_line(line, first=not place) for place, line in enumerate(text.split("\n")))
    return made if len(made.encode()) <= TEXT_BYTES else None


def _line(line: str, *, first: bool) -> str:
    if line and (first or HEADING.fullmatch(line)):
        return f"**{line}**"
    linked = LINK.sub(lambda found: f"[{found[0]}]({found[0]})", line)
    return linked if linked != line else LATE.sub(lambda found: f'<font color="warning">{found[0]}</font>', line)
