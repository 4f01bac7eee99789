"""Who sits at the keyboard: the account this process really runs as, whatever the environment says."""

import os
import pwd

SUDO = "SUDO_UID"


def operator() -> str:
    """Return the account's name by its user id; under sudo also who called it, as sudo says: "root（sudo：zhang）"."""
    name, caller = _name(os.getuid()), os.environ.get(SUDO, "")
    if os.getuid() == 0 and caller.isdecimal():
        return f"{name}（sudo：{_name(int(caller))}）"
    return name


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid{uid}"
