"""What the docs promise is there: settings, commands, links, files, names, rooms; both languages say the same."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pydantic import BaseModel

from bot.channels.catalog import CATALOG
from handlers.chat.commands import BY_NAME
from handlers.chat.commands import COMMANDS as CHAT_COMMANDS
from handlers.chat.parse import parse
from handlers.shell.app import COMMANDS
from settings import PREFIX, Settings
from tests.cast.office import Office

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    page for places in ("*.md", "docs/**/*.md", "samples/*.md", "tests/README.md") for page in ROOT.glob(places)
)
CHINESE = [page for page in PAGES if page.name.endswith(".zh-CN.md")]
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
CODE = re.compile(r"`([^`\n]+)`")
FOLDERS = "bot|handlers|storage|tests|docs|samples|benchmarks"
# A path from the root, or a file somewhere; `<name>` stands for any.
PATH = re.compile(rf"(?:{FOLDERS})/\S*|[\w./<>-]+\.(?:py|md|svg|xlsx|csv)|pyproject\.toml|Makefile")
# `path` (`name`, `name`): what is in the file.
NAMED = re.compile(r"`([\w/]+\.py)`(?: \(|\uff08)(`\w+`(?:(?:, |、)`\w+`)*)[)\uff09]")
PICTURE = ROOT / "docs/pictures/architecture.svg"
SVG = "{http://www.w3.org/2000/svg}"


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def original(page: Path) -> Path:
    """The English page or picture of a Chinese one."""
    return page.with_name(page.name.replace(".zh-CN", ""))


def twin(page: Path) -> Path:
    """The Chinese page or picture of an English one."""
    return page.with_name(f"{page.stem}.zh-CN{page.suffix}")


def paths_in(page: Path) -> set[str]:
    """The files and folders a page names in code, without their closing mark."""
    return {code.rstrip("/") for code in CODE.findall(text_of(page)) if PATH.fullmatch(code)}


def names_in(page: Path) -> set[tuple[str, str]]:
    """What a page says is in a file."""
    return {(path, name) for path, names in NAMED.findall(text_of(page)) for name in CODE.findall(names)}


def setting_names(model: type[BaseModel], prefix: str = PREFIX) -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = prefix + name.upper()
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from setting_names(inner, key + "__")
        else:
            yield key


@pytest.mark.parametrize("name", list(setting_names(Settings)))
def test_every_setting_is_described(name: str) -> None:
    assert f"| `{name}` |" in text_of(ROOT / "docs/settings.md")


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_commands_of_the_readme_exist(readme: str) -> None:
    used = re.findall(r"python -m bot (\w+)", (ROOT / readme).read_text(encoding="utf-8"))
    assert used
    assert set(used) <= set(COMMANDS)


def spoken() -> list[tuple[str, str]]:
    """Every row of the commands page: the word it is taught by, and an example."""
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (`[^|]+`) \|", page, re.MULTILINE)
    return [(word, example) for word, examples in rows for example in re.findall(r"`([^`]+)`", examples)]


def test_every_chat_command_is_described_with_examples() -> None:
    assert {row.words[0] for row in CHAT_COMMANDS} == {word for word, _ in spoken()}


@pytest.mark.parametrize(("word", "example"), spoken())
def test_the_examples_of_the_commands_page_are_understood(word: str, example: str) -> None:
    parsed = parse(example, {"FJ-20210823-01": "FJ-20210823-01"})
    assert parsed.command is not None
    assert BY_NAME[parsed.command].words[0] == word


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(text_of(page))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", [page for page in PAGES if paths_in(page)], ids=name_of)
def test_every_file_named_is_there(page: Path) -> None:
    patterns = {path: re.sub("<[^>]*>", "*", path) for path in paths_in(page)}
    folders = (ROOT, page.parent)
    assert [path for path, pattern in patterns.items() if not any([*folder.glob(pattern)] for folder in folders)] == []


@pytest.mark.parametrize("page", [page for page in PAGES if names_in(page)], ids=name_of)
def test_what_is_named_in_a_file_is_in_it(page: Path) -> None:
    for path, name in names_in(page):
        defined = rf"^\s*(?:async )?(?:def|class) {name}\b|^{name}\b\s*[:=]"
        assert re.search(defined, text_of(ROOT / path), re.MULTILINE), (path, name)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_target_of_make_is_there(page: Path) -> None:
    rules = re.findall(r"^([\w-]+):", text_of(ROOT / "Makefile"), re.MULTILINE)
    assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text_of(page), re.MULTILINE)) <= {*rules}


def test_every_decision_is_there_in_chinese() -> None:
    assert [
        page.name for page in ROOT.glob("docs/decisions/*.md") if page not in CHINESE and not twin(page).exists()
    ] == []


@pytest.mark.parametrize("page", CHINESE, ids=name_of)
def test_a_chinese_page_names_what_its_english_one_names(page: Path) -> None:
    assert (paths_in(page), names_in(page)) == (paths_in(original(page)), names_in(original(page)))


@pytest.mark.parametrize("page", CHINESE, ids=name_of)
def test_a_chinese_page_and_its_english_one_lead_to_each_other(page: Path) -> None:
    assert original(page).name in LINK.findall(text_of(page))
    assert page.name in LINK.findall(text_of(original(page)))


@pytest.mark.parametrize("page", CHINESE, ids=name_of)
def test_a_chinese_page_leads_to_chinese_pages_where_there_are_any(page: Path) -> None:
    there = [link for link in LINK.findall(text_of(page)) if "://" not in link and link != original(page).name]
    assert [link for link in there if twin(page.parent / link).exists()] == []


@pytest.mark.parametrize("picture", [PICTURE, twin(PICTURE)], ids=lambda picture: picture.name)
def test_the_picture_shows_every_room_and_no_other(picture: Path) -> None:
    drawn = ElementTree.parse(picture).getroot()
    shown = {title.text or "" for title in drawn.iter(f"{SVG}title")}
    assert [room for room in shown if not (ROOT / room).exists()] == []
    rooms = [room for floor in ("handlers", "bot", "storage") for room in (ROOT / floor).iterdir()]
    assert {name_of(room) for room in rooms if [*room.glob("*.py")]} <= shown
    texts = [(text.get("class"), text.text) for text in drawn.iter(f"{SVG}text")]
    assert {text for kind, text in texts if kind == "channel"} == CATALOG.keys()
    subjects = [text for kind, text in texts if kind == "subject"]
    assert subjects == [*subjects[: len(subjects) // 2]] * 2
    for floor in ("bot/actions", "bot/rules"):
        assert {room.name for room in (ROOT / floor).iterdir() if [*room.glob("*.py")]} == set(subjects)


def test_both_pictures_are_drawn_alike() -> None:
    def shape(picture: Path) -> list[tuple[str, dict[str, str]]]:
        parts = ElementTree.parse(picture).getroot().iter()
        return [(part.tag, dict(part.attrib)) for part in parts if part.tag in (f"{SVG}rect", f"{SVG}path")]

    assert shape(PICTURE) == shape(twin(PICTURE))


def test_the_story_in_the_readme_of_the_tests_comes_true(office: Office) -> None:
    [source] = re.findall(r"```python\n(.*?)```", text_of(ROOT / "tests/README.md"), re.DOTALL)
    told: dict[str, object] = {}
    exec(source, told)
    [story] = [one for name, one in told.items() if name.startswith("test_") and callable(one)]
    story(office)


def played(page: str) -> list[tuple[str, str]]:
    """Every row of a page for people: what they say, and words of the answer."""
    rows = re.findall(r"^\| [^|]+ \| `([^`]+)` \| ([^|]+) \|$", text_of(ROOT / "docs" / page), re.MULTILINE)
    assert len(rows) > 5
    return rows


def receives_the_example(office: Office) -> Office:
    given = {"problem_class": "错敏词", "problem": "文中把“接见”写成“接件”", "suggestion": "改为“接见”"}
    office.at("08-23 10:00").receives("FJ-20210823-01", url="https://mp.example/s/1", **given)
    return office


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("said", "answer"), played("managers.md"))
def test_the_examples_for_managers_are_answered_so(office: Office, said: str, answer: str) -> None:
    receives_the_example(office).at("08-23 11:00")
    assert answer in office.says("jia", said).text
    office.forget()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("said", "answer"), played("supervisors.md"))
def test_the_examples_for_supervisors_are_answered_so(office: Office, said: str, answer: str) -> None:
    receives_the_example(office).at("08-23 10:30").says("jia", "延期 到8月26日 等待平台审核")
    office.at("08-23 11:00")
    assert answer in office.says("ding", said).text
    office.forget()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_message_on_the_page_for_managers_is_the_one_that_is_sent(office: Office) -> None:
    receives_the_example(office)
    [shown] = re.findall(r"```\n(.*?)\n```", text_of(ROOT / "docs/managers.md"), re.DOTALL)
    assert office.expect("jia", "receipt").text == shown
    office.forget()
