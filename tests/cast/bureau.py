"""The water bureau of 2021, as every test knows it: who is who, and how they come into a register.

甲 is A角, 乙 B角 and 丙 leader of 水清三明; 丁 of the house above oversees the bureau; 戊 sits at the desk. 己 of the
house has no duty, unless there is a second bureau: 庚 A角 and 辛 B角 of 三明林业, overseen by 己.
"""

from collections.abc import Mapping

from bot.rules.people.matching import name_key
from storage.people import register
from storage.records import AccountDraft, PersonDraft, Role, UnitDraft
from storage.sql.database import Connection

# The numbers a fresh register gives them, in this order.
DESK, WATER, HOUSE, FOREST = 1, 2, 3, 4
JIA, YI, BING, DING, WU, JI, GENG, XIN = range(1, 9)
WATER_ACCOUNT, FOREST_ACCOUNT = 1, 2

NUMBER = "FJ-20210823-01"  # of the ticket of 2021: a misprint found on Monday 23 August
PLATFORM, ACCOUNT, OTHER_ACCOUNT = "微信公众号", "水清三明", "三明林业"
UNITS = {DESK: "三明市人民政府办公室", WATER: "三明市水利局", HOUSE: "三明市人民政府督查室", FOREST: "三明市林业局"}
HOMES = {JIA: WATER, YI: WATER, BING: WATER, DING: HOUSE, WU: DESK, JI: HOUSE, GENG: FOREST, XIN: FOREST}
NAMES = dict(zip(HOMES, "甲乙丙丁戊己庚辛", strict=True))
KEYS = dict(zip(("jia", "yi", "bing", "ding", "wu", "ji", "geng", "xin"), HOMES, strict=True))
DUTIES = {Role.PRIMARY: JIA, Role.BACKUP: YI, Role.LEADER: BING}


def water_bureau(conn: Connection) -> dict[str, int]:
    """Fill an empty register; returns the people by key."""
    for number in (DESK, WATER, HOUSE):
        _unit(conn, number)
    people = {key: _person(conn, number) for key, number in KEYS.items() if number <= JI}
    assert account(conn, ACCOUNT, WATER, DUTIES) == WATER_ACCOUNT
    register.add_supervisor(conn, WATER, DING)
    return people


def forest_bureau(conn: Connection) -> dict[str, int]:
    """Add the second bureau; returns its people by key."""
    _unit(conn, FOREST)
    people = {key: _person(conn, number) for key, number in KEYS.items() if number > JI}
    assert account(conn, OTHER_ACCOUNT, FOREST, {Role.PRIMARY: GENG, Role.BACKUP: XIN}) == FOREST_ACCOUNT
    register.add_supervisor(conn, FOREST, JI)
    return people


def account(
    conn: Connection, name: str, unit: int, duties: Mapping[Role, int] | None = None, platform: str = PLATFORM
) -> int:
    """Register an account, vacant or with its people."""
    draft = AccountDraft(platform=platform, name=name, name_key=name_key(name), unit_id=unit)
    number = register.save_account(conn, draft)
    for role, who in (duties or {}).items():
        register.set_duty(conn, number, role, who)
    return number


def _unit(conn: Connection, number: int) -> None:
    draft = UnitDraft(name=UNITS[number], parent_id=None if number == DESK else DESK, desk=number == DESK)
    assert register.save_unit(conn, draft) == number


def _person(conn: Connection, number: int) -> int:
    given = register.save_person(conn, PersonDraft(name=NAMES[number], unit_id=HOMES[number]))
    assert given == number
    return given
