"""What an operator reads names every setting there is, and none that is not."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.channels.catalog import CATALOG
from handlers.chat.platforms import wechat, wecom
from settings import Mail, Robot, Settings, Telegram, WeChat, WeCom

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


@pytest.mark.parametrize("page", sorted(DOCS.parent.rglob("*.md")), ids=lambda page: page.stem)
def test_no_page_names_a_setting_that_is_not_there(page: Path) -> None:
    for name in set(re.findall(r"DUBAN_[A-Z_]*[A-Z]", page.read_text(encoding="utf-8"))) - {"DUBAN_CONFIG"}:
        assert _is_there(name.removeprefix("DUBAN_").removesuffix("_FILE").lower().split("__")) or _is_there(
            name.removeprefix("DUBAN_").lower().split("__")
        ), name


def _is_there(parts: list[str]) -> bool:
    model: object = Settings
    for part in parts:
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return True  # a name people choose, or what is in a table of such
        if part not in model.model_fields:
            return False
        model = model.model_fields[part].annotation
    return True


def test_every_channel_that_is_set_up_has_its_page() -> None:
    assert {page.stem for page in DOCS.glob("*.md")} == set(PAGES)
    assert {page.removesuffix("s") for page in PAGES} == CATALOG.keys() - {"inbox", "console"}
