"""Two months of a city office with 70 tickets: every promise is kept, every number is true, nobody hears much."""

from pathlib import Path

from tests.months.generating import ACCOUNTS, UNITS, months
from tests.months.numbers import Auditor
from tests.months.promises import broken, figures
from tests.months.world import World
from tests.months.writing import play

MOST = 3  # messages a person a month, in the median


def test_two_months_of_seventy_tickets(tmp_path: Path) -> None:
    scenario, lines = play(months(70, seed=1), tmp_path)
    assert (len(scenario.unit), len(scenario.account), len(lines[-1]["tickets"])) == (UNITS, ACCOUNTS, 70)
    assert broken(scenario, lines) == []
    auditor = Auditor(World(scenario), "zh")
    assert [fault for line in lines for fault in auditor.wrong(line)] == []
    middle, _, _ = figures(scenario, lines)["everybody"]
    assert middle <= MOST
