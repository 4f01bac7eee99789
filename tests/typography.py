r"""Chinese as it is printed (GB/T 15834): finds half-width marks beside Chinese characters, and mends them.

`python -m tests.typography` names each offence by file and line; `--fix` rewrites the files. Marks are full-width
beside Chinese, half-width in times (18:00), numbers, addresses, codes and English. Some keyboards and tools fold
U+FF00 to U+FFEF to ASCII on the way into a file: never trust the screen, run this.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
WIDE = {mark: chr(ord(mark) + 0xFEE0) for mark in ",;:?!()"}
CHINESE = re.compile("[\u4e00-\u9fff]")
# What stands beside a mark as a Chinese character does: full-width signs, Chinese quotes and brackets, values.
LIKE_CHINESE = re.compile("[\u3001-\u303f\u4e00-\u9fff\uff01-\uff5e\u201c\u201d\u2018\u2019\ue000]")
VALUE = "\ue000"  # stands for {a value filled in}
CODE = "\ue001"  # stands for what is no text: `code`, an address
MARKUP = "*_\ue001"
# Addresses, `code`, link targets, JSON and tags are no prose.
KEPT = re.compile(
    r"https?://[^\s\u4e00-\u9fff\uff08\uff09<>`)]+|`[^`\n]*`|\]\([^)\s]*\)|<[a-z/!][^>\n]*>"
    r"|\{\{?\\?[\"'][^{}\n]*\}"
)
HOLE = re.compile(r"\{\{|\}\}|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
ESCAPE = re.compile(r"\\(?:[nrt\\\"']|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|N\{[^}]*\})")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*')
# Files whose literals are what people type, read by the parser in either width.
TYPED = ("handlers/chat/words/", "handlers/chat/parse.py")


@dataclass(frozen=True, kw_only=True, slots=True)
class Offence:
    file: str
    line: int
    text: str


def mended(text: str, *, holes: bool = False, english: bool = False) -> str:
    """Return the text with full-width marks where they belong; `english` mends only between two Chinese characters.

    With `holes` anything in braces is a value filled in.
    """
    once = _mended(text, holes, english)
    return (
        once if once == text else mended(once, holes=holes, english=english)
    )  # a bracket mended makes its neighbour due


def _mended(text: str, holes: bool, english: bool) -> str:
    masked = _masked(text, holes)
    wanted = {**_brackets(masked, english), **_stops(masked, english)}
    made = []
    for place, character in enumerate(text):
        if place in wanted:
            made.append(wanted[place])
        elif character == " " and (place - 1 in wanted or (place + 1 in wanted and wanted[place + 1] == WIDE["("])):
            continue  # a full-width mark brings its own space
        else:
            made.append(character)
    return "".join(made)


def _masked(text: str, holes: bool) -> str:
    """The text with code and values as one character each, repeated: places stay the same."""

    def filled(sign: str) -> "re._SubFunction":  # type: ignore[name-defined]
        return lambda found: sign * len(found[0])

    masked = KEPT.sub(filled(CODE), text)
    masked = ESCAPE.sub(filled(" "), masked)
    return HOLE.sub(filled(VALUE), masked) if holes else masked


def _beside(masked: str, place: int, step: int) -> str:
    """The character that stands beside a mark, markup left out."""
    place += step
    while 0 <= place < len(masked) and masked[place] in MARKUP:
        place += step
    return masked[place] if 0 <= place < len(masked) else ""


def _stops(masked: str, english: bool) -> dict[int, str]:
    found = {}
    for place, mark in enumerate(masked):
        if mark not in ",;:?!":
            continue
        left, right = _beside(masked, place, -1), _beside(masked, place, 1)
        wide = bool(LIKE_CHINESE.match(left) or LIKE_CHINESE.match(right))
        if english:
            wide = bool(CHINESE.match(left) and CHINESE.match(right)) or bool(
                CHINESE.match(right) and left.isdigit() and mark != ":"
            )
        if wide and not (left.isdigit() and right.isdigit()):
            found[place] = WIDE[mark]
    return found


def _brackets(masked: str, english: bool) -> dict[int, str]:
    found: dict[int, str] = {}
    opened: list[int] = []
    for place, mark in enumerate(masked):
        if mark == "(":
            opened.append(place)
        elif mark == ")" and opened:
            first = opened.pop()
            if _chinese_brackets(masked, first, place, english):
                found |= {first: WIDE["("], place: WIDE[")"]}
    return found


def _chinese_brackets(masked: str, first: int, last: int, english: bool) -> bool:
    inside = masked[first + 1 : last]
    before = _beside(masked, first, -1)
    if english:
        return bool(CHINESE.match(before)) and bool(CHINESE.search(inside))
    spaced = _beside(masked, first - 1, -1) if before == " " else before
    return bool(LIKE_CHINESE.search(inside) or LIKE_CHINESE.match(before) or LIKE_CHINESE.match(spaced))


def chinese(text: str) -> bool:
    """Whether a text is a Chinese one, rather than English that quotes Chinese words."""
    han = len(CHINESE.findall(text))
    words = len(re.findall(r"[A-Za-z]{2,}", HOLE.sub("", KEPT.sub("", text))))
    return han > 0 and (han >= words or text.rstrip().endswith("。"))


def python_mended(source: str) -> str:
    """Return a module with its string literals mended; raw strings are patterns and stay."""
    lines = source.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    made = source
    for first, last, literal in reversed(list(_literals(source, starts))):
        found = re.match(r"(?i)([a-z]*)(\"\"\"|'''|\"|')", literal)
        if found is None or set("rbRB") & set(found[1]) or "(?" in literal or not CHINESE.search(literal):
            continue
        head, tail = found.end(), len(literal) - len(found[2])
        body = literal[head:tail]
        plain = len(found[2]) == 3 or not chinese(body)
        body = mended(body, holes="f" in found[1].lower() or "{" in body, english=plain)
        made = made[:first] + literal[:head] + body + literal[tail:] + made[last:]
    return made


def _literals(source: str, starts: list[int]) -> Iterator[tuple[int, int, str]]:
    """The string literals of a module with their places."""
    import io
    import tokenize

    depth = 0
    begun: tuple[int, int] | None = None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "FSTRING_START":
            if depth == 0:
                begun = token.start
            depth += 1
        elif kind == "FSTRING_END":
            depth -= 1
            if depth == 0 and begun is not None:
                first, last = (starts[row - 1] + column for row, column in (begun, token.end))
                yield first, last, source[first:last]
        elif kind == "STRING" and depth == 0:
            first, last = (starts[row - 1] + column for row, column in (token.start, token.end))
            yield first, last, source[first:last]


def toml_mended(source: str, *, texts: bool = False) -> str:
    """Return a TOML, JSON or make file with its strings and comments mended; `texts` are all read by people."""
    return "\n".join(
        _settings_line(line, texts) if texts or CHINESE.search(line) else line for line in source.split("\n")
    )


def _settings_line(line: str, texts: bool) -> str:
    made, end = "", 0
    for found in QUOTED.finditer(line):
        made += line[end : found.start()]
        body = found[0][1:-1] if found[0][0] in "\"'" else found[0]
        wide = chinese(body) or (texts and "{" in body)
        fixed = mended(body, holes="{" in body and body == found[0][1:-1], english=not wide)
        if texts and body in WIDE:
            fixed = WIDE[body]  # a mark alone, put between Chinese
        made, end = made + found[0].replace(body, fixed, 1), found.end()
    return made + line[end:]


def markdown_mended(source: str) -> str:
    """Return a page with its prose mended; blocks of code stay, but for Chinese comments in them."""
    made, code = [], False
    whole = chinese(re.sub(r"```.*?```", "", source, flags=re.DOTALL))
    for line in source.split("\n"):
        if line.lstrip().startswith("```"):
            code = not code
        elif not code and not line.startswith("    ") and CHINESE.search(line):
            line = mended(line, english=not (whole and chinese(line)))
        elif CHINESE.search(line) and "#" in line:
            head, sign, comment = line.partition("#")
            line = head + sign + mended(comment, english=not chinese(comment))
        made.append(line)
    return "\n".join(made)


def texts() -> list[str]:
    """Return the files whose Chinese people read, as git knows them."""
    listed = ["git", "ls-files", "-co", "--exclude-standard", "*.py", "*.toml", "*.md", "*.json", "*.svg", "Makefile"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [name for name in names if name and (ROOT / name).is_file() and not name.startswith(("tests/", *TYPED))]


def file_mended(name: str, source: str) -> str:
    """Return a file as it should be."""
    if name.endswith(".py"):
        return python_mended(source)
    if name.endswith((".toml", ".json", "Makefile")):
        return toml_mended(source, texts=name.endswith("zh.toml"))
    return markdown_mended(source)


def offences(names: list[str] | None = None) -> list[Offence]:
    """Return every line that is not as it should be."""
    found = []
    for name in texts() if names is None else names:
        source = (ROOT / name).read_text(encoding="utf-8")
        made = file_mended(name, source)
        for number, (line, right) in enumerate(zip(source.split("\n"), made.split("\n"), strict=True), 1):
            if line != right:
                found.append(Offence(file=name, line=number, text=line.strip()))
    return found


def _fix(names: list[str]) -> None:
    for name in names:
        source = (ROOT / name).read_text(encoding="utf-8")
        made = file_mended(name, source)
        if name.endswith(".py"):
            ast.parse(made)
        elif name.endswith(".toml"):
            tomllib.loads(made)
        if made != source:
            (ROOT / name).write_text(made, encoding="utf-8")


if __name__ == "__main__":
    if "--fix" in sys.argv:
        _fix([name for name in sys.argv[1:] if name != "--fix"] or texts())
    for one in offences():
        print(f"{one.file}:{one.line}: {one.text}")
    sys.exit(bool(offences()))
