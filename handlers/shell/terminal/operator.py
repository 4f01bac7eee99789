"""Who sits at the keyboard: the account this process really runs as, whatever the environment says."""

import os
import pwd
from pathlib import Path

SUDO = "SUDO_UID"
LOGIN = Path("/proc/self/loginuid")  # set by the kernel at the login, whoever one becomes afterwards
NO_LOGIN = 2**32 - 1


def operator() -> str:
    """Return the account's name by its user id; where somebody logged in as another or came by sudo, both.

    What sudo says is believed of root alone, and only where the kernel does not tell who logged in.
    """
    own = os.getuid()
    caller = _login() if _login() is not None else _sudo() if own == 0 else None
    name = _name(own)
    return name if caller in (None, own) else f"{name}（登录账号{_name(caller or 0)}）"


def _login() -> int | None:
    try:
        number = int(LOGIN.read_text("ascii"))
    except (OSError, ValueError):
        return None
    return None if number == NO_LOGIN else number


def _sudo() -> int | None:
    told = os.environ.get(SUDO, "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 11 else None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid{uid}"
