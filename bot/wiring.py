"""The plug board: the only place in `bot` that looks up to the handlers."""

import sys

from handlers.shell import app


def main() -> None:
    """Run the operator's shell."""
    sys.exit(app.main())
