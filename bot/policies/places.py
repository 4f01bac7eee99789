"""Where in a policy file a value stands; tomllib does not say."""

import re
from dataclasses import dataclass

HEADER = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")


class PolicyInvalid(Exception):
    """A policy file cannot be used; the message names file, line, key and fix, in Chinese."""

    def __init__(self, file: str, line: int, key: str, problem: str) -> None:
        self.file, self.line, self.key = file, line, key
        super().__init__(f"策略文件 {file} 第{line}行" + (f" {key}" if key else "") + f"：{problem}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A table of the file: `table` is its header, `index` the how-manieth of several, `step` a rung in it."""

    file: str
    text: str
    table: tuple[str, ...] = ()
    index: int = 0
    step: int | None = None

    def wrong(self, key: str, problem: str) -> PolicyInvalid:
        """Return the error that names this place and the key."""
        parts = [*self.table, *(["steps", str(self.step + 1)] if self.step is not None else []), key]
        return PolicyInvalid(self.file, self._line(key), ".".join(part for part in parts if part), problem)

    def _line(self, key: str) -> int:
        lines = self.text.splitlines()
        start, end = _section(lines, self.table, self.index)
        if self.step is not None:
            return _step_line(lines, start, end, self.step, key, self.table)
        for number in range(start, end):
            if re.match(rf'\s*"?{re.escape(key)}"?\s*=', lines[number]):
                return number + 1
        return max(start, 1)  # the header itself, where the key is missing


def _section(lines: list[str], table: tuple[str, ...], index: int) -> tuple[int, int]:
    """Return the lines of a table without its header, as a half-open range counted from 0."""
    headers = [(number, _names(line)) for number, line in enumerate(lines) if HEADER.match(line)]
    found = [number for number, names in headers if names == table]
    if table and len(found) <= index:
        return 0, len(lines)  # written in another form, such as an inline table
    start = found[index] + 1 if table else 0
    following = [number for number, names in headers if number >= start and names != (*table, "steps")]
    return start, following[0] if following else len(lines)


def _step_line(lines: list[str], start: int, end: int, step: int, key: str, table: tuple[str, ...]) -> int:
    rungs = [number for number in range(start, end) if _opens_step(lines[number], table)]
    if step >= len(rungs):
        return max(start, 1)
    last = rungs[step + 1] if step + 1 < len(rungs) else end
    for number in range(rungs[step], last):
        if re.search(rf"\b{re.escape(key)}\s*=", lines[number]):
            return number + 1
    return rungs[step] + 1


def _opens_step(line: str, table: tuple[str, ...]) -> bool:
    bare = line.split("#", 1)[0]
    return "{" in bare or (HEADER.match(line) is not None and _names(line) == (*table, "steps"))


def _names(line: str) -> tuple[str, ...]:
    match = HEADER.match(line)
    inside = match.group(1) if match else ""
    return tuple(part.strip("\"' ") for part in re.findall(r'"[^"]*"|\'[^\']*\'|[^.]+', inside))
