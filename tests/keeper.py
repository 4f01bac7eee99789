"""Runs a server for a test run, and ends it together with its folder when the run is over, even by `kill -9`.

`python keeper.py FOLDER USER COMMAND…`; nobody but the run holds the other end of its standard input.
"""

import shutil
import signal
import subprocess
import sys
import threading


def main(folder: str, user: str, *command: str) -> None:
    """Keep the server until standard input is closed, or until it ends by itself."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, user=user or None)

    def outlive() -> None:
        sys.stdin.buffer.read()
        server.send_signal(signal.SIGQUIT)  # at once: nothing in it is wanted any more

    threading.Thread(target=outlive, daemon=True).start()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
