"""What proves the journals: the key of their chains, the leaves of the tree over them, its roots."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SHORT_ROOT = 16  # hex digits of a root in its short form: enough to find it, and to bind it


class MacAlgorithm(StrEnum):
    SHA256 = "sha256"
    SM3 = "sm3"  # GB/T 32905, where the machine's OpenSSL has it

    @property
    def available(self) -> bool:
        """Whether this machine can compute it."""
        return self.value in hashlib.algorithms_available


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalKey:
    """Keyed hashes for lines, tree and root file: one writes, each of them proves what it wrote in its time."""

    algorithm: MacAlgorithm
    secrets: Mapping[MacAlgorithm, bytes] = field(repr=False)

    def mac(self, text: bytes, algorithm: MacAlgorithm | None = None) -> str:
        """Return the keyed hash as 64 hexadecimal digits."""
        used = algorithm or self.algorithm
        return hmac.digest(self.secrets[used], text, used).hex()

    def fits(self, text: bytes, mac: str) -> bool:
        """Whether the hash was made with one of the secrets."""
        if self.mac(text) == mac:
            return True
        return any(self.mac(text, one) == mac for one in self.secrets if one is not self.algorithm)


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """Where a chain stood when a root was made: so many lines, and the hash of the last."""

    ticket_id: int  # 0: the system journal
    seq: int
    head: str
    plain: int = 0  # so many of its first lines were chained before there was a key


@dataclass(frozen=True, kw_only=True, slots=True)
class Root:
    """The tree over all leaves at one moment."""

    number: int
    at: datetime
    root: str
    leaves: int  # in the tree
    lines: int  # of all journals together
    algorithm: MacAlgorithm
    peaks: tuple[str, ...] = ()  # of the complete trees the leaves make up: all that is needed to go on
    file: str = ""  # the root file its maker writes
    filed: int = 0  # the last root that stood in that file then

    @property
    def short(self) -> str:
        """The number and the first digits, as people pass it on: "128-9f2c41d07a3be655"."""
        return f"{self.number}-{self.root[:SHORT_ROOT]}"
