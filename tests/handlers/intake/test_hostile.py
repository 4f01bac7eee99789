"""Files made to hurt: too large, bombs, far-away cells, lies about sizes, locked and damaged ones."""

import io
import re
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import xlwt
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from handlers.intake import InputRefused
from handlers.intake.grid import FileLimits
from tests.fakes.sheets import HEADINGS, WATER, read_rows, rewrite, xls, xlsx

SHEET = "xl/worksheets/sheet1.xml"


def read(path: Path, limits: FileLimits | None = None) -> int:
    return len(list(read_rows(path, limits=limits)))


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.xls"])
def test_a_file_of_100_mb_is_refused_unread(tmp_path: Path, name: str) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(InputRefused, match="文件有 100 MB，超过 64 MB 的上限，请分成几份"):
        read(tmp_path / name)


def add_part(path: Path, size: int) -> Path:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/x.bin", "w") as part:
        for _ in range(size >> 20):
            part.write(bytes(1 << 20))
    return path


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="解开后有 100 MB"):
        read(add_part(xlsx(tmp_path / "a.xlsx"), 100 << 20))


def test_more_than_may_be_unpacked_is_refused_at_any_ratio(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="不像正常的表格"):
        read(add_part(xlsx(tmp_path / "a.xlsx"), 4 << 20), FileLimits(unpacked_bytes=2 << 20))


def test_a_part_larger_than_the_archive_says_is_refused(tmp_path: Path) -> None:
    path = add_part(xlsx(tmp_path / "a.xlsx"), 4 << 20)
    stated = (4 << 20).to_bytes(4, "little")
    assert stated in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(stated, (1000).to_bytes(4, "little")))
    with pytest.raises(InputRefused, match="已损坏"):
        read(path)


@pytest.mark.parametrize(
    "cell",
    [
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b"<row r='1048576'><c s='0' r='XFD1048576'><v>1</v></c></row>",
        b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
        b'<row r="1048576"><c note="&gt;>" r="XFD1048576"><v>1</v></c></row>',
        b'<x:row xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="1048576">'
        b'<x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
    ],
)
def test_a_far_away_cell_is_refused_before_it_fills_the_memory(tmp_path: Path, cell: bytes) -> None:
    path = rewrite(xlsx(tmp_path / "a.xlsx"), SHEET, lambda xml: xml.replace(b"</sheetData>", cell + b"</sheetData>"))
    with pytest.raises(InputRefused, match="删去多余的行和列"):
        read(path)


def test_counts_that_lie_only_end_the_reader(tmp_path: Path) -> None:
    counts = [b'uniqueCount="99999999999"', b'count="99999999999"']
    path = rewrite(
        xlsx(tmp_path / "a.xlsx"),
        "xl/sharedStrings.xml",
        lambda xml: re.sub(rb'uniqueCount="\d+"', counts[0], re.sub(rb' count="\d+"', b" " + counts[1], xml)),
    )
    with pytest.raises(InputRefused, match="已损坏或太大"):
        read(path)


def test_one_long_text_in_very_many_cells_is_refused(tmp_path: Path) -> None:
    rows = [HEADINGS, *[("文" * 30_000, *WATER[1:])] * 200]
    with pytest.raises(InputRefused, match="文字太多"):
        read(xlsx(tmp_path / "a.xlsx", rows), FileLimits(text_bytes=10 << 20))


def test_a_far_away_cell_that_is_only_coloured_does_no_harm(tmp_path: Path) -> None:
    cell = b'<row r="1048576"><c r="XFD1048576" s="0"/><c r="XFD1048576" s="0"></c></row>'
    path = rewrite(xlsx(tmp_path / "a.xlsx"), SHEET, lambda xml: xml.replace(b"</sheetData>", cell + b"</sheetData>"))
    assert read(path) == 1


def test_cells_may_leave_out_where_they_stand(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx")
    row = b"<row><c t='str'><f>A1</f><v>A2</v></c><c><f>A1</f></c></row></sheetData>"
    rewrite(path, SHEET, lambda xml: xml.replace(b"</sheetData>", row))
    rows = list(read_rows(path))
    assert rows[1].cells == {"工单编号": "A2"}
    assert set(rows[1].faults) == {"平台类型"}


def test_a_tag_without_end_is_refused(tmp_path: Path) -> None:
    path = rewrite(xlsx(tmp_path / "a.xlsx"), SHEET, lambda xml: xml + b"<c " + b"x" * (10 << 20))
    with pytest.raises(InputRefused, match="已损坏"):
        read(path)


def test_a_document_of_another_kind_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(InputRefused, match="这不是 Excel 表格"):
        read(tmp_path / "a.xlsx")


def test_two_parts_of_one_name_are_refused(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("XL/worksheets/SHEET1.xml", "<worksheet/>")
    with pytest.raises(InputRefused, match="已损坏"):
        read(path)


def test_entities_in_the_list_of_sheets_are_refused(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><workbook>&b;'
    path = rewrite(xlsx(tmp_path / "a.xlsx"), "xl/workbook.xml", lambda xml: bomb + xml)
    with pytest.raises(InputRefused):
        read(path)


@pytest.mark.parametrize("before", [b'encoding="UTF-8"', b'r:id="', b'name="', b"<sheets>"])
def test_a_list_of_sheets_nobody_can_follow_is_refused(tmp_path: Path, before: bytes) -> None:
    path = rewrite(xlsx(tmp_path / "a.xlsx"), "xl/workbook.xml", lambda xml: xml.replace(before, b'encoding="UTF-0"'))
    with pytest.raises(InputRefused):
        read(path)


def test_a_locked_archive_is_refused(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx")
    body = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(body))) as archive:
        directory = archive.start_dir
    body[directory + 8] |= 1
    path.write_bytes(body)
    with pytest.raises(InputRefused, match="文件有密码"):
        read(path)


def test_a_locked_workbook_is_refused(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("a")
    kept = io.BytesIO()
    book.save(kept)
    plain, locked = (
        "Workbook".encode("utf-16-le").ljust(64, b"\0"),
        "EncryptedPackage".encode("utf-16-le").ljust(64, b"\0"),
    )
    assert plain in kept.getvalue()
    # The length of the name in the directory stays as it was, so that only the name tells.
    for name in ("a.xlsx", "a.xls"):
        (tmp_path / name).write_bytes(kept.getvalue().replace(plain, locked))
        with pytest.raises(InputRefused, match="文件有密码"):
            read(tmp_path / name)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One sound file of each kind."""
    folder = tmp_path_factory.mktemp("sound")
    rows = [HEADINGS, *[WATER] * 3]
    text = "\n".join(",".join(map(str, row)) for row in rows)
    return {
        "xlsx": xlsx(folder / "a.xlsx", rows, merges=["B2:B4"]).read_bytes(),
        "xls": xls(folder / "a.xls", rows).read_bytes(),
        "csv": text.encode("gb18030"),
    }


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["xlsx", "xls", "csv"]),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=5),
    keep=st.floats(0.01, 1),
)
@example(kind="xls", changes=[], keep=0.5)
@example(kind="xlsx", changes=[], keep=0.999)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    samples: dict[str, bytes], tmp_path: Path, kind: str, changes: list[tuple[float, bytes]], keep: float
) -> None:
    body = bytearray(samples[kind])
    for place, written in changes:
        start = int(place * len(body))
        body[start : start + len(written)] = written
    path = tmp_path / f"a.{kind}"
    path.write_bytes(body[: max(1, int(len(body) * keep))])
    with suppress(InputRefused):
        assert read(path) >= 0
