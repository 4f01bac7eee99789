"""A test run that is killed leaves no server behind, and no folder."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import wait_for

ROOT = Path(__file__).parents[1]
RUN = """
import time
from pathlib import Path
from sqlalchemy.engine import make_url
from tests.postgres import own

with own() as url:
    folder = Path(make_url(url).query["host"])
    print(folder, (folder / "data" / "postmaster.pid").read_text().split()[0], flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif("DUBAN_TEST_POSTGRES_URL" in os.environ, reason="the server is not ours")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=lambda one: one.name)
def test_a_killed_run_leaves_no_server_and_no_folder(how: signal.Signals) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert run.stdout is not None
    try:
        folder, number = run.stdout.readline().decode().split()
        assert is_running(int(number))
    finally:
        os.killpg(run.pid, how)  # all of it, as a terminal or an impatient CI does
        run.communicate()
    wait_for(lambda: not is_running(int(number)))
    wait_for(lambda: not Path(folder).exists())


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True
