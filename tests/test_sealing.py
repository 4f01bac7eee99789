"""Phone numbers: checked, sealed, masked, found; the key in a file nobody else reads."""

import base64
import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.sealing import KEY_FILE, KeyRefused, PhoneInvalid, Sealer, mask, read_phone

SECRET = "a plainly made-up secret of the tests"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800000001", "+8613800000001"),
        ("138 0000-0001", "+8613800000001"),
        ("+86 13800000001", "+8613800000001"),
        ("１３８００００１２３４", "+8613800001234"),
        ("0598-8222222", "+865988222222"),
        ("010-12345678", "+861012345678"),
    ],
)
def test_a_number_is_read_however_it_is_written(text: str, number: str) -> None:
    assert read_phone(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "打不通", "12345", "1380000000", "138000000012", "8222222", "4008001234", "00000000000", "+1 2025550123"],
)
def test_a_bad_number_is_refused_and_never_shown(text: str) -> None:
    with pytest.raises(PhoneInvalid) as refused:
        read_phone(text)
    assert not text or text not in str(refused.value)
    assert "请填11位手机号" in str(refused.value)


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+8613800001234", "138****1234"),
        ("13800001234", "138****1234"),
        ("+865988222222", "0598****22"),
        ("+861012345678", "010****78"),
        ("+862012345678", "020****78"),
        ("1380000000", "13****00"),
        ("1234", "****"),
    ],
)
def test_a_mask_hides_the_middle(number: str, masked: str) -> None:
    assert mask(number) == masked


def test_a_sealed_number_opens_again_and_looks_different_each_time() -> None:
    sealer = Sealer(SECRET)
    first, second = sealer.seal("+8613800000001"), sealer.seal("+8613800000001")
    assert first != second
    assert sealer.unseal(first) == sealer.unseal(second) == "+8613800000001"


def test_the_index_is_stable_and_belongs_to_the_key() -> None:
    one, other = Sealer(SECRET), Sealer(SECRET + "!")
    assert one.index("+8613800000001") == Sealer(SECRET).index("+8613800000001")
    assert one.index("+8613800000001") != other.index("+8613800000001")
    assert one.index("+8613800000001") != one.index("+8613800000002")
    assert len(one.index("+8613800000001")) == 64


def test_what_is_stored_shows_no_number() -> None:
    assert "3800000001" not in repr(Sealer(SECRET).sealed_phone("+8613800000001", "people:1:甲"))


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(KeyRefused, match="换回原来的"):
        Sealer(SECRET + "!").unseal(Sealer(SECRET).seal("+8613800000001"))


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(KeyRefused, match="至少要32个字符"):
        Sealer("short")


def test_the_first_start_makes_a_private_key_file(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = Sealer.open(data, None)
    assert stat.S_IMODE((data / KEY_FILE).stat().st_mode) == 0o600
    assert [one.name for one in data.iterdir()] == [KEY_FILE]
    assert Sealer.open(data, None).index("x") == first.index("x")


def test_a_key_from_the_settings_goes_before_the_file(tmp_path: Path) -> None:
    assert Sealer.open(tmp_path, SECRET).index("x") == Sealer(SECRET).index("x")
    assert list(tmp_path.iterdir()) == []


def test_two_first_starts_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: Sealer.open(tmp_path, None).index("x"), range(16)))
    assert len(set(opened)) == 1


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_file_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    Sealer.open(tmp_path, None)
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(KeyRefused, match="chmod 600"):
        Sealer.open(tmp_path, None)


def test_an_empty_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).touch(mode=0o600)
    with pytest.raises(KeyRefused):
        Sealer.open(tmp_path, None)


def test_a_place_where_no_file_can_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyRefused, match="DUBAN_SECRET_KEY"):
        Sealer.open(tmp_path / "file", None)


def test_a_sealed_value_opens_in_its_own_row_alone() -> None:
    sealer = Sealer(SECRET)
    sealed = sealer.seal("+8613800000001", "people:1:甲")
    assert sealer.unseal(sealed, "people:1:甲") == sealer.unseal(sealed) == "+8613800000001"
    for row in ("people:1:乙", "people:2:甲", ""):
        with pytest.raises(KeyRefused):
            sealer.unseal(sealed, row)


def test_no_byte_of_a_sealed_value_can_be_changed() -> None:
    sealer = Sealer(SECRET)
    raw = base64.urlsafe_b64decode(sealer.seal("+8613800000001", "r").removeprefix("2."))
    for place in range(len(raw)):
        forged = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        for row in ("r", None):
            with pytest.raises(KeyRefused):
                sealer.unseal("2." + base64.urlsafe_b64encode(forged).decode(), row)
    for junk in ("2.", "2.!!", "2.AAAA", "", "gAAAA"):
        with pytest.raises(KeyRefused):
            sealer.unseal(junk, "r")


def test_what_was_sealed_before_rows_were_named_still_opens() -> None:
    key = base64.urlsafe_b64encode(HKDF(SHA256(), 32, None, b"duban phone seal").derive(SECRET.encode()))
    assert Sealer(SECRET).unseal(Fernet(key).encrypt(b"+8613800000001").decode(), "people:1:x") == "+8613800000001"


def test_a_code_is_known_by_the_key_and_by_its_place() -> None:
    one, other = Sealer(SECRET), Sealer(SECRET + "!")
    codes = {
        one.code("ABCD2345"),
        one.code("ABCD2345", "wecom:a"),
        one.code("ABCD2345", "wecom:b"),
        other.code("ABCD2345"),
    }
    assert len(codes) == 4
    assert hashlib.sha256(b"ABCD2345").hexdigest() not in codes
