"""Plays two months and prints what was found: `python -m tests.months [TICKETS] [SEED …]` (`make months`)."""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.months.generating import months
from tests.months.numbers import Auditor
from tests.months.promises import MONTHS, broken, figures, roles
from tests.months.world import World
from tests.months.writing import play

SHOWN = 20  # faults, and people who hear most


def main(tickets: int = 70, *seeds: int) -> int:
    """Play each seed; returns how many faults were found."""
    found = 0
    for seed in seeds or (1,):
        with tempfile.TemporaryDirectory() as folder:
            scenario, lines = play(months(tickets, seed), Path(folder))
        auditor = Auditor(World(scenario), "zh")
        faults = broken(scenario, lines) + [fault for line in lines for fault in auditor.wrong(line)]
        found += len(faults)
        print(f"{tickets} tickets, seed {seed}: {len(lines)} lines, {len(faults)} faults")
        for fault in faults[:SHOWN]:
            print(f"  {fault[:500]}")
        for role, (middle, ninth, most) in figures(scenario, lines).items():
            print(f"  {role}: a person hears {middle:g} messages a month (median), p90 {ninth:g}, at most {most}")
        heard = Counter((line["to"], line["kind"]) for line in lines if line["event"] == "message")
        by_role = roles(scenario)
        for (who, kind), times in heard.most_common(SHOWN):
            role = next((name for name, people in by_role.items() if who in people), "others")
            print(f"  {who} ({role}): {kind} {times / MONTHS:g} a month")
    return found


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
