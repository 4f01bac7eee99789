"""Where tests keep their files: in memory where there is plenty, so that no test waits for a disk."""

import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
PLENTY = 2 * 1024**3  # a container may have no more than 64 MB there


def in_memory() -> str:
    """A directory in memory, or the usual one for temporary files."""
    roomy = MEMORY.is_mount() and shutil.disk_usage(MEMORY).free >= PLENTY
    return str(MEMORY) if roomy else tempfile.gettempdir()
