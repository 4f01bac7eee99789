"""Named places where a test may kill the process, to prove that nothing is lost there."""

import os
import signal
from typing import Literal

Failpoint = Literal[
    "before_commit",
    "after_claim",
    "before_send",
    "after_send",
    "after_settle",
    "after_keep",
    "after_rekey",
    "before_root_filed",
]
VARIABLE = "DUBAN_FAILPOINT"


def failpoint(name: Failpoint) -> None:
    """Kill this process as `kill -9` would, if the environment names this place."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
