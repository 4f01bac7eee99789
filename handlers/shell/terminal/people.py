"""Finds the person meant on the command line."""

import unicodedata

from handlers.shell.terminal.opening import refuse
from storage.records import Directory, Person


def find_person(directory: Directory, text: str) -> Person:
    """Return the one active person of that name, "name(unit)" or number; otherwise exit with a sentence that helps."""
    wanted = unicodedata.normalize("NFKC", text).strip()
    active = [person for person in directory.people.values() if person.active]
    found = [one for one in active if wanted in (one.name, _full(one, directory), str(one.id))]
    if len(found) == 1:
        return found[0]
    if not found:
        raise refuse(f"没有名为“{text}”的在岗人员，请核对姓名，或先导入登记簿。")
    names = "、".join(f"{_full(one, directory)}[编号{one.id}]" for one in found)
    raise refuse(f"“{text}”有{len(found)}位：{names}。请写成“姓名（单位）”或编号。")


def _full(person: Person, directory: Directory) -> str:
    return unicodedata.normalize("NFKC", f"{person.name}({directory.units[person.unit_id].name})")
