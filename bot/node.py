"""This process's name on leases, and whether the process of another name is dead for certain."""

import hashlib
import os
import socket
from functools import cache
from pathlib import Path

NAME_LENGTH = 64
# Process numbers mean the same to two processes only where both of these are the same.
BOOT, NUMBERS = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


def own_name() -> str:
    """Return "host/place:process"; the place is empty where the system does not say what process numbers mean."""
    head = f"{socket.gethostname()}/{_place()}"
    return f"{head[-(NAME_LENGTH - 12) :]}:{os.getpid()}"


def is_dead(name: str) -> bool:
    """Whether a holder is a process of this very machine that is no more; False wherever that is not certain."""
    head, _, number = name.rpartition(":")
    if not _place() or head != own_name().rpartition(":")[0] or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False  # it lives and is somebody else's, or is no number of a process
    return False


@cache
def _place() -> str:
    try:
        named = BOOT.read_text(encoding="ascii") + os.readlink(NUMBERS)
    except OSError:
        return ""
    return hashlib.sha256(named.encode()).hexdigest()[:8]
