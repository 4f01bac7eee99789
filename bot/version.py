"""The version of the code that runs, as `pyproject.toml` says it."""

import tomllib
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

NAME = "duban"
HOME = Path(__file__).parents[1]  # site-packages, or the checkout


@cache
def version() -> str:
    """Return it from the metadata that were installed with this code, or from the checkout it lies in.

    Another copy that happens to be installed is never asked.
    """
    for distribution in distributions(name=NAME, path=[str(HOME)]):
        return distribution.version
    project = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])
