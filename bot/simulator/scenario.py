"""The form of a scenario file; ids are only used inside it."""

import tomllib
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bot.rules.calendar.zone import SHANGHAI

# What the form's checks say, in the words of whoever writes a scenario.
WORDS = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项，请检查拼写",
    **dict.fromkeys(("bool_type", "bool_parsing"), "请写 true 或 false"),
    "string_type": "请写成带引号的文字",
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_from_date_parsing"),
        "请写成 2021-08-23T10:00:00+08:00 这样的时间",
    ),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        "请写成 2021-08-24 这样的日期",
    ),
    **dict.fromkeys(("float_type", "float_parsing"), "请写数字"),
    "greater_than": "应大于0",
    "literal_error": "只能写 closure（停工）或 extra_work（加班）",
    "tuple_type": "请写成 [[…]] 这样的表",
    "model_type": "请写成 { … } 或 [[…]] 这样的表",
}


CHAT = "wecom"  # where people are who name no channel: a chat that works


class ScenarioInvalid(Exception):
    """The scenario cannot be played; the sentence names the place."""


def _aware(moment: datetime) -> datetime:
    # Written without a zone, a time in a scenario is meant as the office reads its clock.
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment


def _written(moment: object) -> object:
    # A bare number would be taken for seconds since 1970.
    if isinstance(moment, int | float):
        raise ValueError(WORDS["datetime_type"])
    return moment


Moment = Annotated[datetime, BeforeValidator(_written), AfterValidator(_aware)]


class Part(BaseModel):
    """A part of a scenario; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ScenarioUnit(Part):
    id: str
    name: str
    parent: str | None = None
    desk: bool = False


class ScenarioPerson(Part):
    id: str
    name: str
    unit: str
    phone: str = ""
    channel: str = CHAT
    reachable: bool = True


class ScenarioAccount(Part):
    platform: str
    name: str
    unit: str
    primary: str | None = None
    backup: str | None = None
    leader: str | None = None


class ScenarioSupervisor(Part):
    unit: str
    person: str


class ScenarioTicket(Part):
    source: str = "省平台"
    no: str
    platform: str = ""
    account: str
    problem: str = ""  # its class, such as 内容监测
    text: str = ""
    severity: str = ""
    suggestion: str = ""
    url: str = ""
    policy: str | None = None
    fixed_at: Moment | None = None
    issued_at: Moment | None = None  # by the platform; None: at the moment of the event


class Say(Part):
    person: str
    text: str


class Absence(Part):
    person: str
    until: Moment
    deputy: str | None = None


class Closure(Part):
    day: date
    kind: Literal["closure", "extra_work"] = "closure"
    why: str
    decided_by: str


class Down(Part):
    minutes: Annotated[float, Field(gt=0)]


class Look(Part):
    """A look into the web inbox."""

    person: str


KINDS = ("ticket", "say", "leave", "closure", "down", "open")


class Event(Part):
    """Something that happens at a moment: exactly one of the kinds."""

    at: Moment
    ticket: ScenarioTicket | None = None
    say: Say | None = None
    leave: Absence | None = None
    closure: Closure | None = None
    down: Down | None = None
    open: Look | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise ValueError(f"每个 event 应恰好写 {'、'.join(KINDS)} 之一")
        if self.ticket and self.ticket.issued_at and self.ticket.issued_at > self.at:
            raise ValueError(f"工单 {self.ticket.no} 的 issued_at 晚于录入时间 at，请改正")
        return self


class Scenario(Part):
    start: Moment
    until: Moment
    policy: str = ""
    unit: tuple[ScenarioUnit, ...]
    person: tuple[ScenarioPerson, ...]
    account: tuple[ScenarioAccount, ...] = ()
    supervisor: tuple[ScenarioSupervisor, ...] = ()
    event: tuple[Event, ...] = ()

    @property
    def preset(self) -> str | None:
        """The policy for tickets that name none; None where the scenario names none, or a file."""
        return None if self.policy.endswith(".toml") else self.policy or None

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        if self.until < self.start:
            raise ValueError("until 早于 start，请改正")
        for what, parts in (("unit", self.unit), ("person", self.person)):
            twice = [one for one, times in Counter(part.id for part in parts).items() if times > 1]
            if twice:
                raise ValueError(f"有两个 {what} 的 id 都是“{twice[0]}”，请改成不同的")
        units, people = {one.id for one in self.unit}, {one.id for one in self.person}
        for used in self._units_named():
            if used is not None and used not in units:
                raise ValueError(f"没有 id 为“{used}”的 unit")
        for named in self._people_named():
            if named is not None and named not in people:
                raise ValueError(f"没有 id 为“{named}”的 person")
        self._refuse_circles()
        return self

    def _refuse_circles(self) -> None:
        above = {one.id: one.parent for one in self.unit}
        for start in above:
            seen, place = {start}, above[start]
            while place is not None and place not in seen:
                seen.add(place)
                place = above[place]
            if place is not None:
                raise ValueError(f"unit “{start}”的上级互相循环，请改正 parent")

    def _units_named(self) -> list[str | None]:
        at_home = [*(one.unit for one in self.person), *(one.unit for one in self.account)]
        return [*(one.parent for one in self.unit), *at_home, *(one.unit for one in self.supervisor)]

    def _people_named(self) -> list[str | None]:
        duties = [one for account in self.account for one in (account.primary, account.backup, account.leader)]
        said = [event.say.person for event in self.event if event.say]
        looked = [event.open.person for event in self.event if event.open]
        away = [one for event in self.event if event.leave for one in (event.leave.person, event.leave.deputy)]
        return [*duties, *(one.person for one in self.supervisor), *said, *looked, *away]


def read(path: Path) -> Scenario:
    """Read a scenario file; ScenarioInvalid names the place and the fix."""
    try:
        return Scenario.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ScenarioInvalid(f"场景文件读不到：{path}（{error.strerror}）") from None
    except UnicodeDecodeError:
        raise ScenarioInvalid("场景文件不是 UTF-8 编码，请另存为 UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioInvalid(f"场景文件不是正确的 TOML：{error}") from None
    except ValidationError as error:
        raise ScenarioInvalid("\n".join(_line(one) for one in error.errors(include_url=False))) from None


def _line(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    message = WORDS.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
    return f"场景的 {place} 有误：{message}" if place else f"场景有误：{message}"
