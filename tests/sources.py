"""The product's own modules as syntax trees, for tests that read the code."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "handlers", "storage")


@cache
def trees() -> dict[str, ast.Module]:
    """Return every module of the product by its full name; written migrations are history."""
    files = [ROOT / "settings.py", *(path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))]
    return {
        _name(path): ast.parse(path.read_text(encoding="utf-8")) for path in files if path.parent.name != "versions"
    }


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
