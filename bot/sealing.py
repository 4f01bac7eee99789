"""Phone numbers: checked, sealed for storage, masked for eyes, and a keyed hash to find a person by."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Self

import phonenumbers
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from storage.records import JournalKey, MacAlgorithm, SealedPhone

REGION = "CN"
KEY_FILE = "secret.key"
NEXT_KEY_FILE = "secret.key.next"  # while a key is changed; it takes the other's place when all is sealed anew
JOURNAL = "journal"  # the row the journals' key is sealed for
KEY_CHARACTERS = 32
FORM, NONCE_BYTES, ROW_BYTES = "2.", 12, 16  # how a sealed text begins; without it, it is of the form before (Fernet)
KINDS = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


class PhoneInvalid(Exception):
    """Not a number that can be rung in China; the message is Chinese and shows the number masked."""


class KeyRefused(Exception):
    """The key cannot be used; the message names the fix, in Chinese."""


class Sealer:
    """Holds the keys made from one secret: to seal, and to make the hashes that numbers and codes are found by."""

    def __init__(self, secret: str) -> None:
        """Take the secret; a short one raises KeyRefused."""
        if len(secret) < KEY_CHARACTERS:
            raise KeyRefused(f"密钥太短，至少要{KEY_CHARACTERS}个字符。可用 openssl rand -base64 32 生成一个")
        self._fernet = Fernet(base64.urlsafe_b64encode(_derived(secret, b"duban phone seal")))
        self._aead = AESGCM(_derived(secret, b"duban row seal"))
        self._index_key = _derived(secret, b"duban phone index")
        self._code_key = _derived(secret, b"duban one-time code")
        self._journal_secrets = {one: _derived(secret, b"duban journal " + one.value.encode()) for one in MacAlgorithm}

    @classmethod
    def open(cls, data_dir: Path, key: str | None, sealed: str = "") -> Self:
        """Use the key given, else the one in the 0600 file, which is made at the first start.

        `sealed` is something sealed earlier: KeyRefused where the key does not open it, or is gone.
        """
        path = data_dir / KEY_FILE
        if sealed and not key and not path.exists():
            raise KeyRefused(
                f"数据库里有加密的手机号，但密钥文件 {path} 不见了。请把原来的 secret.key 放回，或设置 DUBAN_SECRET_KEY"
            )
        sealer = cls(key) if key else cls(_key_file(path))
        if sealed:
            sealer.unseal(sealed)
        return sealer

    @staticmethod
    def keep(data_dir: Path, key: str) -> None:
        """Keep a key as the file of a data folder; one that is there already stays."""
        _make_key_file(data_dir / KEY_FILE, key)

    def seal(self, text: str, row: str = "") -> str:
        """Encrypt a text for one row: moved to another it does not open; twice the same gives two different texts."""
        nonce, place = os.urandom(NONCE_BYTES), _place(row)
        return FORM + base64.urlsafe_b64encode(nonce + place + self._aead.encrypt(nonce, text.encode(), place)).decode()

    def unseal(self, sealed: str, row: str | None = None) -> str:
        """Decrypt; KeyRefused when it was sealed with another key, or for another row.

        Without a row only the key is proved: for whoever moves values, or asks whether the key is the right one.
        """
        try:
            if not sealed.startswith(FORM):
                return self._fernet.decrypt(sealed.encode()).decode()
            raw = base64.urlsafe_b64decode(sealed.removeprefix(FORM))
            nonce, place, body = raw[:NONCE_BYTES], raw[NONCE_BYTES:][:ROW_BYTES], raw[NONCE_BYTES + ROW_BYTES :]
            if row is not None and place != _place(row):
                raise InvalidTag
            return self._aead.decrypt(nonce, body, place).decode()
        except (InvalidToken, InvalidTag, ValueError):
            raise KeyRefused("现在的密钥解不开已存的密文，请换回原来的 secret.key 或 DUBAN_SECRET_KEY") from None

    def code(self, code: str, place: str = "") -> str:
        """Return the keyed hash of a one-time code; with a place it is good there alone."""
        return hmac.new(self._code_key, f"{place}\0{code}".encode(), hashlib.sha256).hexdigest()

    def opens(self, sealed: str) -> bool:
        """Whether this key sealed it."""
        try:
            self.unseal(sealed)
        except KeyRefused:
            return False
        return True

    def index(self, number: str) -> str:
        """Return the keyed hash of an E.164 number: equal numbers, equal hashes, and no way back."""
        return hmac.new(self._index_key, number.encode(), hashlib.sha256).hexdigest()

    def journal_key(self, algorithm: MacAlgorithm, kept: str = "") -> JournalKey:
        """Return the key of the journals; KeyRefused where this machine lacks the algorithm.

        `kept` is what `sealed_journal` made when the secret was changed: journals go on with the key they began with.
        """
        secrets = self._journal_secrets
        if kept:
            secrets = {
                MacAlgorithm(name): bytes.fromhex(text) for name, text in json.loads(self.unseal(kept, JOURNAL)).items()
            }
        usable = {one: secret for one, secret in secrets.items() if one.available}
        if algorithm not in usable:
            raise KeyRefused(
                f"这台机器的 OpenSSL 不带 {algorithm.upper()} 算法，请更换 OpenSSL，或把 DUBAN_JOURNAL_MAC 改为 sha256"
            )
        return JournalKey(algorithm=algorithm, secrets=usable)

    def sealed_journal(self, key: JournalKey) -> str:
        """Seal the key of the journals: it outlives a change of the secret it was made from."""
        return self.seal(json.dumps({one.value: secret.hex() for one, secret in key.secrets.items()}), JOURNAL)

    def sealed_phone(self, number: str, row: str) -> SealedPhone:
        """Return everything that is stored of an E.164 number of the person of that row."""
        return SealedPhone(sealed=self.seal(number, row), mask=mask(number), index=self.index(number))


def read_phone(text: str) -> str:
    """Return the number in E.164; PhoneInvalid unless it is a mobile or fixed line of China."""
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        raise PhoneInvalid(_sentence(text)) from None
    known = phonenumbers.is_valid_number_for_region(number, REGION) and not number.extension
    if not known or phonenumbers.number_type(number) not in KINDS:
        raise PhoneInvalid(_sentence(text))
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def mask(number: str) -> str:
    """Hide the middle: 138****1234, 0598****22; what is too short is hidden whole."""
    digits = "".join(filter(str.isdigit, number)).removeprefix("86" if number.startswith("+86") else "")
    if len(digits) == 11 and digits.startswith("1"):
        return f"{digits[:3]}****{digits[-4:]}"
    if len(digits) < 9:
        return "****"
    area = digits[:2] if digits.startswith(("10", "2")) else digits[:3]
    return f"0{area}****{digits[-2:]}" if number.startswith("+86") else f"{digits[:2]}****{digits[-2:]}"


def next_key(data_dir: Path) -> str:
    """Return the key that is to come, which is made where there is none yet; KeyRefused where others can read it."""
    return _key_file(data_dir / NEXT_KEY_FILE)


def is_changing(data_dir: Path) -> bool:
    """Whether a change of the key was begun and not ended."""
    return (data_dir / NEXT_KEY_FILE).exists()


def take_next_key(data_dir: Path) -> None:
    """Put the new key in the old one's place, in one step."""
    os.replace(data_dir / NEXT_KEY_FILE, data_dir / KEY_FILE)


def row_of_person(unit_id: int, name: str) -> str:
    """Name a person's row as what is sealed for it does: no import gives a row another unit or name."""
    return f"people:{unit_id}:{name}"


def _place(row: str) -> bytes:
    return hashlib.sha256(row.encode()).digest()[:ROW_BYTES]


def _sentence(text: str) -> str:
    return f"手机号 {mask(text)} 不对，请填11位手机号，或带区号的固定电话"


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())


def _key_file(path: Path) -> str:
    try:
        if not path.exists():
            _make_key_file(path, secrets.token_urlsafe(KEY_CHARACTERS))
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as reason:
        raise KeyRefused(
            f"密钥文件 {path} 读写不了（{reason.strerror}），请检查目录权限，或改用设置 DUBAN_SECRET_KEY"
        ) from None
    if mode & 0o077:
        raise KeyRefused(f"密钥文件 {path} 别人也能读，请执行：chmod 600 {path}")
    return text


def _make_key_file(path: Path, key: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link fails where the name is taken: of two first starts one makes the key, whole or not at all.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
