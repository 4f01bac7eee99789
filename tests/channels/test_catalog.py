"""A channel is there when its settings are, and its library is loaded only then."""

import subprocess
import sys

from pydantic import SecretStr

from bot.channels import catalog
from bot.clock import WoundClock
from bot.rules.people.routing import ONE_WAY
from settings import Mail, Robot, Settings, Telegram
from storage.sql.database import Database
from tests.channels import test_wechat
from tests.channels.wecom import sending


async def test_every_channel_is_built_from_its_settings(file_database: Database, clock: WoundClock) -> None:
    robot = Robot(kind="feishu", url=SecretStr("https://open.feishu.cn/x"))
    settings = Settings(
        telegram=Telegram(token=SecretStr("1:a")),
        wecom=sending.settings("http://127.0.0.1:9"),
        wechat=test_wechat.settings("http://127.0.0.1:9"),
        robots={"desk": robot},
        mail=Mail(host="127.0.0.1", sender="a@b.org"),
    )
    built = catalog.build(settings, file_database, clock)
    assert built.keys() == catalog.CATALOG.keys()
    assert all(name == channel.name for name, channel in built.items())
    assert {name for name, channel in built.items() if not channel.abilities.tells} == ONE_WAY
    for channel in built.values():
        await channel.close()


def test_without_settings_nothing_is_loaded_for_it(file_database: Database, clock: WoundClock) -> None:
    assert set(catalog.build(Settings(), file_database, clock)) == {"inbox", "console"}
    probe = (
        "import sys, bot.channels.catalog; print({'telegram', 'wechatpy', 'requests', 'aiosmtplib'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
