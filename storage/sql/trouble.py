"""A database that cannot be used at all, told to whoever has to put it right."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

URL_INVALID = "DUBAN_DATABASE_URL 的写法不对，应为 postgresql://用户名：密码@主机：端口/库名；不填则用 SQLite 文件。"
NOT_REACHED = "连不上 PostgreSQL，请检查 DUBAN_DATABASE_URL 里的主机、端口、库名、用户名和密码，并确认数据库已启动。"
NO_RIGHT = "PostgreSQL 用户没有建表的权限，请授权后再试。"
PRIVILEGE = "42501"
UNREACHED = ("", "08", "28", "3D", "57")  # no answer; connection, user, database, shutting down: classes of SQLSTATE
# By SQLite's own names, without what some of them carry after the second word.
OF_A_FILE: Mapping[str, str] = {
    "SQLITE_NOTADB": "不是数据库，可能已损坏，请用备份恢复",
    "SQLITE_CORRUPT": "已损坏，请用备份恢复",
    "SQLITE_BUSY": "正被其他程序占用，请稍后再试",
    "SQLITE_CANTOPEN": "打不开，请检查文件夹是否存在、有没有读写权限",
    "SQLITE_READONLY": "不能写入，请检查文件和文件夹的权限",
    "SQLITE_FULL": "所在的磁盘已满，请先腾出空间",
    "SQLITE_IOERR": "读写出错，请检查磁盘",
}


class DatabaseRefused(Exception):
    """The database cannot be used; the message is Chinese, names the fix, and holds no password."""


@contextmanager
def told(path: str | None) -> Iterator[None]:
    """Turn what makes a database unusable into DatabaseRefused; other errors pass. `path` is SQLite's file."""
    try:
        yield
    except DBAPIError as error:
        why = _of_file(error, path) if path is not None else _of_server(error)
        if not why:
            raise
        raise DatabaseRefused(why) from None


def _of_file(error: DBAPIError, path: str) -> str:
    name = "_".join(str(getattr(error.orig, "sqlite_errorname", "")).split("_")[:2])
    return f"数据库文件 {path} {OF_A_FILE[name]}。" if name in OF_A_FILE else ""


def _of_server(error: DBAPIError) -> str:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state == PRIVILEGE:
        return NO_RIGHT
    return NOT_REACHED if isinstance(error, OperationalError) and state[:2] in UNREACHED else ""
