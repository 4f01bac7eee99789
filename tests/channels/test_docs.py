"""What an operator reads names every setting there is, and none that is not."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from handlers.chat import wechat, wecom
from settings import Mail, Robot, Telegram, WeChat, WeCom

DOCS = Path(__file__).parents[2] / "docs" / "channels"
PAGES: dict[str, tuple[str, type[BaseModel]]] = {
    "telegram": ("TELEGRAM", Telegram),
    "wecom": ("WECOM", WeCom),
    "wechat": ("WECHAT", WeChat),
    "mail": ("MAIL", Mail),
    "robots": ("ROBOTS__DESK", Robot),
}


@pytest.mark.parametrize("page", PAGES)
def test_each_page_names_the_settings_as_they_are(page: str) -> None:
    section, model = PAGES[page]
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    named = set(re.findall(rf"^\| `DUBAN_{section}__([A-Z_]+)`", text, re.MULTILINE))
    assert named == {name.upper() for name in model.model_fields}


@pytest.mark.parametrize(("page", "path"), [("wecom", wecom.PATH), ("wechat", wechat.PATH)])
def test_the_url_to_enter_is_the_one_that_answers(page: str, path: str) -> None:
    assert f"https://你的域名{path}`" in (DOCS / f"{page}.md").read_text(encoding="utf-8")
