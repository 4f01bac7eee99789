"""Every setting, read once from the environment and one TOML file into a frozen object that is passed on."""

import base64
import os
import re
from collections.abc import Mapping
from datetime import time
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PREFIX = "DUBAN_"
# "name=value" of what begins like a setting and is none: set by tests, by a failpoint, or by Kubernetes for each
# service whose name begins with ours.
FOREIGN = re.compile(
    r"(failpoint|test_\w+|(\w+_)?(service_host|service_port\w*|port_\d+_\w+))=|(\w+_)?port=\w+://", re.ASCII
)
AES_KEY_CHARACTERS, AES_KEY_BYTES = 43, 32  # what both platforms of Tencent call EncodingAESKey
# What is wrong with a value, by the kind of mistake or its family, for whoever has to put it right.
WORDS: Mapping[str, str] = {
    "missing": "还没有填",
    "extra_forbidden": "没有这个设置，请检查拼写",
    "int": "应为整数",
    "float": "应为数字",
    "url": "应为完整的网址，以 http:// 或 https:// 开头",
    "time": "应为时刻，如 08:00",
    "dict": "应为一组名字和值",
    "model": "应为一组名字和值",
    "string": "应为文字",
    "greater_than": "应大于 {gt:g}",
    "greater_than_equal": "不能小于 {ge:g}",
    "less_than_equal": "不能大于 {le:g}",
}


class SettingsInvalid(Exception):
    """The settings cannot be used; the message names the key and the fix, in Chinese."""


def _plain_url(value: object) -> object:
    return str(AnyHttpUrl(value)).rstrip("/") if isinstance(value, str) and value else value


HttpUrl = Annotated[str, BeforeValidator(_plain_url)]


def _guarded(url: str) -> str:
    """Secrets and citizens' data go over no wire in clear: without TLS only to this very machine."""
    parsed = AnyHttpUrl(url)
    host = (parsed.host or "").strip("[]")
    try:
        own = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        own = False
    if parsed.scheme == "http" and not own:
        raise ValueError("应以 https:// 开头；不加密的 http:// 只能用于本机（127.0.0.1）")
    return url


BaseUrl = Annotated[HttpUrl, AfterValidator(_guarded)]


class Section(BaseModel):
    """A group of settings; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class ChannelSection(Section):
    """Settings of one channel: absent as a whole, or complete."""

    needs: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [name for name in self.needs if not getattr(self, name)]
        # What has no default of its own was filled in by somebody who means to use the channel.
        filled = [name for name, one in type(self).model_fields.items() if not one.default and getattr(self, name)]
        if missing and filled:
            raise ValueError("还缺 " + "、".join(name.upper() for name in missing))
        return self

    @property
    def configured(self) -> bool:
        """Whether this channel is to be used."""
        return all(getattr(self, name) for name in self.needs)


def _aes_key(value: SecretStr | None) -> SecretStr | None:
    if value is not None and value.get_secret_value():
        text = value.get_secret_value()
        try:
            sound = (
                len(text) == AES_KEY_CHARACTERS and len(base64.b64decode(text + "=", validate=True)) == AES_KEY_BYTES
            )
        except ValueError:
            sound = False
        if not sound:
            raise ValueError("EncodingAESKey 应为43个字符（只有字母和数字），请从管理后台重新复制")
    return value


AesKey = Annotated[SecretStr | None, AfterValidator(_aes_key)]


class Telegram(ChannelSection):
    """Telegram Bot API."""

    needs: ClassVar[tuple[str, ...]] = ("token",)
    token: SecretStr | None = None
    base_url: BaseUrl = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    webhook_secret: SecretStr | None = None
    connect_seconds: float = Field(default=5, gt=0, le=30)  # so long a connection is waited for
    read_seconds: float = Field(default=10, gt=0, le=30)  # so long an answer is waited for

    @field_validator("token")
    @classmethod
    def _token_fits_a_url(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and re.search(r"[^\x21-\x7e]|[/?#]", token.get_secret_value()):
            raise ValueError("令牌里有空格、换行或别的不该有的字符，请照 @BotFather 给的原样填写")
        return token

    @field_validator("webhook_secret")
    @classmethod
    def _secret_fits_telegram(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value()):
            raise ValueError("只能用 1 至 256 个字母、数字、下划线或减号")
        return secret

    @model_validator(mode="after")
    def _webhook_has_secret(self) -> Self:
        if self.configured and self.mode == "webhook" and not self.webhook_secret:
            raise ValueError("用 webhook 方式时还缺 WEBHOOK_SECRET")
        return self


class WeCom(ChannelSection):
    """企业微信 self-built app."""

    needs: ClassVar[tuple[str, ...]] = ("corp_id", "secret", "agent_id", "token", "aes_key")
    corp_id: str = ""
    secret: SecretStr | None = None
    agent_id: int | None = None
    token: SecretStr | None = None
    aes_key: AesKey = None
    base_url: BaseUrl = "https://qyapi.weixin.qq.com"
    overview: Literal["text", "markdown"] = "text"  # who reads in WeChat's plugin sees no markdown
    connect_seconds: float = Field(default=3, gt=0, le=60)
    read_seconds: float = Field(default=8, gt=0, le=60)


TemplateValue = Literal["title", "text", "time", "number", "due", "mark"]
# A 类目模板 with a name, a number and a time, that until which it is to be done; which value goes where depends on the
# template that was approved.
TEMPLATE_FIELDS: Mapping[str, TemplateValue] = {"thing1": "title", "character_string2": "number", "time3": "due"}


class WeChat(ChannelSection):
    """微信公众号 / 服务号."""

    needs: ClassVar[tuple[str, ...]] = ("app_id", "secret", "token", "aes_key")
    app_id: str = ""
    secret: SecretStr | None = None
    token: SecretStr | None = None
    aes_key: AesKey = None
    base_url: BaseUrl = "https://api.weixin.qq.com"
    notice: Literal["template", "subscription"] = "template"  # which of the two kinds `template_id` was approved for
    template_id: str = ""
    template_fields: dict[str, TemplateValue] = Field(default_factory=lambda: dict(TEMPLATE_FIELDS))
    connect_seconds: float = Field(default=3, gt=0, le=60)
    read_seconds: float = Field(default=8, gt=0, le=60)


class Mail(ChannelSection):
    """Outgoing mail by SMTP."""

    needs: ClassVar[tuple[str, ...]] = ("host", "sender")
    host: str = ""
    port: int = Field(default=465, ge=1, le=65535)
    user: str = ""
    password: SecretStr | None = None
    sender: str = ""
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    ca_file: Path | None = None  # certificates to trust instead of the machine's own
    timeout_seconds: float = Field(default=30, gt=0, le=300)

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        if self.ca_file is not None and not self.ca_file.is_file():
            raise ValueError("CA_FILE 指向的证书文件不存在")
        if self.sender and not re.fullmatch(r"[\x21-\x7e]+@[A-Za-z0-9.-]+", parseaddr(self.sender)[1]):
            raise ValueError("SENDER 应为发件邮箱地址")
        if bool(self.user) != bool(self.password):
            raise ValueError("USER 和 PASSWORD 要么都填，要么都不填，还缺 " + ("PASSWORD" if self.user else "USER"))
        return self


class Robot(Section):
    """A robot in a group: says things there, hears nothing."""

    kind: Literal["wecom", "dingtalk", "feishu"]
    url: SecretStr  # holds the key
    secret: SecretStr | None = None  # to sign with (钉钉, 飞书)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        try:
            AnyHttpUrl(self.url.get_secret_value())
        except ValueError:
            raise ValueError("URL 应为机器人的完整 Webhook 地址") from None
        return self


class Web(Section):
    """The HTTP server: health pages and webhooks."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: HttpUrl = ""


class Rhythm(Section):
    """How often the engine looks, and how it sends."""

    tick_seconds: float = Field(default=5, gt=0, le=300)
    lease_seconds: int = Field(default=60, ge=5, le=600)
    send_from: time = time(8)
    send_until: time = time(20)
    digest_from: int = Field(default=3, ge=2)  # so many messages for one person at once become one


class Settings(BaseSettings):
    """All settings; the environment (DUBAN_…) goes before the TOML file named by DUBAN_CONFIG."""

    # A key left empty, as in a form nobody filled in, counts as absent.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True, frozen=True, extra="forbid"
    )

    data_dir: Path = Path("data")
    database_url: SecretStr | None = None
    secret_key: SecretStr | None = None  # seals phone numbers; else a 0600 file under data_dir
    keep_raw_days: int = Field(default=185, ge=30)  # raw words of chats and payloads; tickets and journal stay
    journal_mac: Literal["sha256", "sm3"] = "sha256"  # with which journals and their tree are keyed
    roots_path: Path | None = None  # append-only, outside the database: the roots of the tree
    policies: Path | None = None
    language: Literal["zh", "en"] = "zh"
    timezone: Literal["Asia/Shanghai"] = "Asia/Shanghai"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    disk_left_mb: int = Field(default=200, ge=1)  # with less than so much on the disk of data_dir it is not fit to work
    heartbeat_url: HttpUrl = ""  # called while the bot works; whoever watches it rings when the calls stop
    web: Web = Web()
    telegram: Telegram = Telegram()
    wecom: WeCom = WeCom()
    wechat: WeChat = WeChat()
    mail: Mail = Mail()
    robots: dict[str, Robot] = Field(default_factory=dict)  # name, as an address -> robot
    rhythm: Rhythm = Rhythm()

    @field_validator("robots")
    @classmethod
    def _robots_are_guarded(cls, robots: dict[str, Robot]) -> dict[str, Robot]:
        for robot in robots.values():
            _guarded(robot.url.get_secret_value())
        return robots

    @model_validator(mode="after")
    def _webhook_has_address(self) -> Self:
        if self.telegram.configured and self.telegram.mode == "webhook" and not self.web.public_url:
            raise ValueError("Telegram 用 webhook 方式时还缺 DUBAN_WEB__PUBLIC_URL（本服务的 https 公网地址）")
        return self

    @property
    def database(self) -> str:
        """The database URL; an SQLite file under data_dir when none is set."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.resolve() / 'duban.sqlite3'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of the sources: arguments, environment (with …_FILE), TOML file."""
        sources: list[PydanticBaseSettingsSource] = [init_settings, _Environment(settings_cls)]
        named = os.environ.get(PREFIX + "CONFIG")
        if named:
            sources.append(TomlConfigSettingsSource(settings_cls, Path(named)))
        return tuple(sources)


class _Environment(EnvSettingsSource):
    """The environment, where KEY_FILE names a file that holds the value of KEY."""

    def __call__(self) -> dict[str, Any]:
        """Return the values by field, and with them the names of no field, so that they are refused."""
        return {**super().__call__(), **dict.fromkeys(self._unknown(), "")}

    def _unknown(self) -> list[str]:
        ours = {key.removeprefix(PREFIX.lower()): value for key, value in self.env_vars.items() if _is_ours(key)}
        return [
            name
            for name, value in ours.items()
            if name.partition("__")[0] not in Settings.model_fields and not FOREIGN.match(f"{name}={value}")
        ]

    def _load_env_vars(self) -> Mapping[str, str | None]:
        values = dict(super()._load_env_vars())
        values.pop((PREFIX + "CONFIG").lower(), None)
        for key in [key for key in values if _is_ours(key) and key.endswith("_file") and not _is_of_section(key)]:
            path = values.pop(key)
            values[key.removesuffix("_file")] = _secret_from(key, path or "")
        return values


def _is_ours(key: str) -> bool:
    return key.startswith(PREFIX.lower())


def _is_of_section(key: str) -> bool:
    """Whether a section has a setting of this very name, so that its value is itself a path ("mail__ca_file")."""
    section, _, name = key.removeprefix(PREFIX.lower()).partition("__")
    model = Settings.model_fields[section].annotation if section in Settings.model_fields else None
    return isinstance(model, type) and issubclass(model, Section) and name in model.model_fields


def _secret_from(key: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as reason:
        raise SettingsInvalid(f"设置 {key.upper()} 指向的文件读不到：{path}（{reason.strerror}）") from None


def load(**overrides: Any) -> Settings:
    """Read all settings; a mistake raises SettingsInvalid with the key named and values left out."""
    named = os.environ.get(PREFIX + "CONFIG")
    if named and not Path(named).is_file():
        raise SettingsInvalid(f"DUBAN_CONFIG 指向的文件不存在：{named}")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsInvalid("\n".join(_line(one) for one in error.errors(include_input=False))) from None
    except ValueError as error:
        raise SettingsInvalid(_unreadable(error, named)) from None


def _unreadable(error: ValueError, named: str | None) -> str:
    """Say which value in the environment is no JSON, or where the TOML file is broken."""
    text = getattr(error.__cause__, "doc", None)
    keys = [key.upper() for key, value in os.environ.items() if key.upper().startswith(PREFIX) and value == text]
    if keys:
        return f'设置 {keys[0]} 有误：应为 JSON，如 {{"名字": "值"}}'
    line = re.search(r"line (\d+)", str(error))
    return f"设置文件 {named} 读不懂" + (f"：第{line[1]}行的写法不对" if line else "，请检查写法")


def _line(error: Mapping[str, Any]) -> str:
    key = PREFIX + "__".join(str(part) for part in error["loc"]).upper()
    return f"设置 {key} 有误：{_sentence(error)}" if error["loc"] else f"设置有误：{_sentence(error)}"


def _sentence(error: Mapping[str, Any]) -> str:
    kind, given = str(error["type"]), error.get("ctx", {})
    if kind == "value_error":
        return str(given["error"])
    if kind == "literal_error":
        return "只能填 " + re.sub(r",? or |, ", " 或 ", given["expected"]).replace("'", "")
    family = kind if kind in WORDS else kind.partition("_")[0]
    return WORDS.get(family, "这里不能这样填").format(**given)
