"""APScheduler's own SQLite job store as it comes: one job a timer, each writes a line when it runs.

`add FOLDER COUNT DUE WORK GRACE` stores the jobs; `serve FOLDER` runs them until killed.
"""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

THREADS = 10


def note(folder: str, number: int, work: float) -> None:
    """The job: so many seconds of work, then one line."""
    time.sleep(work)
    with Path(folder, "ran.txt").open("a") as file:
        file.write(f"{number}\n")


def add(folder: str, count: int, due: float, work: float, grace: str) -> None:
    """Store the jobs, due at one instant."""
    scheduler = _scheduler(folder)
    scheduler.start(paused=True)
    moment = datetime.fromtimestamp(due, UTC)
    limit = {} if grace == "default" else {"misfire_grace_time": None}
    for number in range(count):
        arguments = [folder, number, work]
        scheduler.add_job("benchmarks.peers.timers:note", "date", run_date=moment, args=arguments, **limit)
    scheduler.shutdown()


def serve(folder: str) -> None:
    """Run what is due until killed."""
    scheduler = _scheduler(folder)
    scheduler.start()
    print("ready", flush=True)
    while True:
        time.sleep(60)


def _scheduler(folder: str) -> BackgroundScheduler:
    store = {"type": "sqlalchemy", "url": f"sqlite:///{os.path.join(folder, 'jobs.sqlite3')}"}
    pools = {"default": ThreadPoolExecutor(THREADS)}
    return BackgroundScheduler(jobstores={"default": {**store}}, executors=pools, timezone="UTC")


if __name__ == "__main__":
    if sys.argv[1] == "add":
        add(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]), sys.argv[6])
    else:
        serve(sys.argv[2])
