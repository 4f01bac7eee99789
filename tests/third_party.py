"""What an installation brings, by name, version and licence: `python -m tests.third_party` writes THIRD-PARTY.md anew.

Names and versions are those of the lock, `requirements.txt`; licences are what the installed packages say themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LOCK, PAGE = ROOT / "requirements.txt", ROOT / "THIRD-PARTY.md"
# Packages older than the licence expressions of PEP 639 say it in words of their own.
SPDX = {
    "ISC License": "ISC",
    "LGPLv3": "LGPL-3.0",
    "MIT License": "MIT",
    "PSFL": "PSF-2.0",
}
HEAD = """# Third-party software

What `pip` installs beside Duban, as pinned in `requirements.txt` for Linux and macOS. None of it lies in this
repository or in Duban's wheel; each package brings its own licence text. Tools for tests and building are left out.

Written by `make third-party`; a test holds it against the lock.

| Package | Version | Licence |
|---|---|---|
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    name: str
    version: str
    licence: str


def locked(lock: Path = LOCK) -> Iterator[Requirement]:
    """What a lock pins, as far as it is meant for this machine."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in " #":
            requirement = Requirement(line.removesuffix("\\"))
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement


def packages() -> Iterator[Package]:
    """The packages of the lock; PackageNotFoundError where one is not installed."""
    for requirement in locked():
        version = str(requirement.specifier).removeprefix("==")
        yield Package(name=requirement.name, version=version, licence=licence(metadata(requirement.name)))


def licence(said: PackageMetadata) -> str:
    """The licence a package states: as an expression, in words, or by its classifier."""
    stated = said.get("License-Expression") or said.get("License") or "UNKNOWN"
    if stated == "UNKNOWN":
        classifiers = said.get_all("Classifier") or []
        stated = next(line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: "))
    return SPDX.get(stated, stated)


def page() -> str:
    """THIRD-PARTY.md as it should be."""
    return HEAD + "".join(f"| {one.name} | {one.version} | {one.licence} |\n" for one in packages())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
