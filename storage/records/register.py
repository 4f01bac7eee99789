"""The register: units, people, accounts, duties, addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    PRIMARY = "primary"  # A角
    BACKUP = "backup"  # B角
    LEADER = "leader"  # 分管领导


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    id: int
    name: str
    parent_id: int | None = None
    desk: bool = False  # the municipal desk: sees everything, gets what nobody else takes
    jurisdiction: str = ""  # 辖区


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    id: int
    name: str
    unit_id: int
    active: bool = True
    phone_mask: str = ""  # 138****1234; the number itself stays sealed in its table


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    id: int
    platform: str
    name: str
    unit_id: int
    state: str = "active"  # active | pending_cancel | cancelled
    verified_entity: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where a person can be reached on one channel."""

    id: int
    person_id: int
    channel: str
    address: str
    preference: int = 0  # lower is tried first
    usable: bool = True  # False after a hard error, until the person is bound again


@dataclass(frozen=True, kw_only=True, slots=True)
class Leave:
    person_id: int
    starts_at: datetime
    ends_at: datetime
    deputy_id: int | None = None

    def running(self, now: datetime) -> bool:
        """Whether the person is away at this moment."""
        return self.starts_at <= now < self.ends_at


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedPhone:
    """A phone number as it is stored: sealed, masked for eyes, and a keyed hash to find it by."""

    sealed: str = field(repr=False)
    mask: str
    index: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitDraft:
    """A unit about to be written; the name tells which."""

    name: str
    parent_id: int | None = None
    desk: bool = False
    jurisdiction: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonDraft:
    """A person about to be written; unit and name tell who."""

    name: str
    unit_id: int
    active: bool = True
    phone: SealedPhone | None = None  # None leaves what is stored


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountDraft:
    """An account about to be written; platform and name key tell which."""

    platform: str
    name: str
    name_key: str
    unit_id: int
    state: str = "active"
    verified_entity: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressDraft:
    """An address about to be bound to a person."""

    person_id: int
    channel: str
    address: str
    bound_at: datetime
    preference: int = 0


@dataclass(frozen=True, kw_only=True)
class Directory:
    """The whole register at one version, for rules to look people up in."""

    version: int
    units: Mapping[int, Unit] = field(default_factory=dict)
    people: Mapping[int, Person] = field(default_factory=dict)
    accounts: Mapping[int, Account] = field(default_factory=dict)
    account_keys: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (platform, name key) -> account id
    duties: Mapping[tuple[int, Role], int] = field(default_factory=dict)  # (account id, role) -> person id
    supervisors: Mapping[int, tuple[int, ...]] = field(default_factory=dict)  # unit id -> person ids
    addresses: Mapping[int, tuple[Address, ...]] = field(default_factory=dict)  # person id -> by preference
    leaves: Mapping[int, tuple[Leave, ...]] = field(default_factory=dict)
