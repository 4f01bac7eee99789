"""Phone numbers: checked, sealed for storage, masked for eyes, and a keyed hash to find a person by."""

import base64
import hashlib
import hmac
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Self

import phonenumbers
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from storage.records import JournalKey, MacAlgorithm, SealedPhone

REGION = "CN"
KEY_FILE = "secret.key"
KEY_CHARACTERS = 32
KINDS = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


class PhoneInvalid(Exception):
    """Not a number that can be rung in China; the message is Chinese and shows the number masked."""


class KeyRefused(Exception):
    """The key cannot be used; the message names the fix, in Chinese."""


class Sealer:
    """Holds the two keys made from one secret: one seals, one makes the hash to find by."""

    def __init__(self, secret: str) -> None:
        """Take the secret; a short one raises KeyRefused."""
        if len(secret) < KEY_CHARACTERS:
            raise KeyRefused(f"密钥太短，至少要{KEY_CHARACTERS}个字符。可用 openssl rand -base64 32 生成一个")
        self._fernet = Fernet(base64.urlsafe_b64encode(_derived(secret, b"duban phone seal")))
        self._index_key = _derived(secret, b"duban phone index")
        self._journal_secrets = {one: _derived(secret, b"duban journal " + one.value.encode()) for one in MacAlgorithm}

    @classmethod
    def open(cls, data_dir: Path, key: str | None) -> Self:
        """Use the key given, else the one in the 0600 file, which is made at the first start."""
        return cls(key) if key else cls(_key_file(data_dir / KEY_FILE))

    def seal(self, number: str) -> str:
        """Encrypt an E.164 number; twice the same number gives two different texts."""
        return self._fernet.encrypt(number.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """Decrypt; KeyRefused when it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise KeyRefused("现在的密钥解不开已存的手机号，请换回原来的 secret.key 或 DUBAN_SECRET_KEY") from None

    def index(self, number: str) -> str:
        """Return the keyed hash of an E.164 number: equal numbers, equal hashes, and no way back."""
        return hmac.new(self._index_key, number.encode(), hashlib.sha256).hexdigest()

    def journal_key(self, algorithm: MacAlgorithm) -> JournalKey:
        """Return the key of the journals, which stands nowhere; KeyRefused where this machine lacks the algorithm."""
        usable = {one: secret for one, secret in self._journal_secrets.items() if one.available}
        if algorithm not in usable:
            raise KeyRefused(
                f"这台机器的 OpenSSL 不带 {algorithm.upper()} 算法，请更换 OpenSSL，或把 DUBAN_JOURNAL_MAC 改为 sha256"
            )
        return JournalKey(algorithm=algorithm, secrets=usable)

    def sealed_phone(self, number: str) -> SealedPhone:
        """Return everything that is stored of an E.164 number."""
        return SealedPhone(sealed=self.seal(number), mask=mask(number), index=self.index(number))


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


def _sentence(text: str) -> str:
    return f"手机号 {mask(text)} 不对，请填11位手机号，或带区号的固定电话"


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())


def _key_file(path: Path) -> str:
    try:
        if not path.exists():
            _make_key_file(path)
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as reason:
        raise KeyRefused(
            f"密钥文件 {path} 读写不了（{reason.strerror}），请检查目录权限，或改用设置 DUBAN_SECRET_KEY"
        ) from None
    if mode & 0o077:
        raise KeyRefused(f"密钥文件 {path} 别人也能读，请执行：chmod 600 {path}")
    return text


def _make_key_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(KEY_CHARACTERS) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link fails where the name is taken: of two first starts one makes the key, whole or not at all.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
