"""Whose work an installation brings is told: the page is the lock's, the readme names licences that ask for more."""

import re

import pytest

from tests.third_party import PAGE, ROOT, packages, page

PERMISSIVE = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0"}


def test_the_page_is_what_the_lock_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make third-party`"


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_every_package_whose_licence_asks_for_more(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    named = text[text.index("\n## Licence" if readme == "README.md" else "\n## 许可") :]
    asking = {
        one.name: one.licence for one in packages() if not set(re.split(r" (?:OR|AND) ", one.licence)) <= PERMISSIVE
    }
    assert {name for name in asking if name not in named} == set()
    assert {licence for licence in asking.values() if licence.removesuffix("-only") not in named} == set()
