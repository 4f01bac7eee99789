"""The plug board: the only place in `bot` that looks up to the handlers."""

import sys

from handlers.shell.app import shell


def main() -> None:
    """Run the operator's shell."""
    sys.exit(shell(prog_name="python -m bot"))
