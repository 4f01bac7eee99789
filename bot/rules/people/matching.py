"""Which account is meant: names without width, case, spaces and quotes; platforms by their synonyms."""

import unicodedata
from functools import lru_cache

from storage.records import Account, Directory

PLATFORMS = (
    "微信公众号",
    "微信视频号",
    "新浪微博",
    "抖音",
    "快手",
    "今日头条",
    "百家号",
    "企鹅号",
    "大鱼号",
    "小红书",
    "哔哩哔哩",
    "百度贴吧",
    "小程序",
    "移动客户端",
    "政府网站",
    "其他",
)
_SYNONYMS = {
    "微信公众号": (
        "微信",
        "公众号",
        "微信公众平台",
        "微信公众帐号",
        "微信公众账号",
        "微信订阅号",
        "微信服务号",
        "订阅号",
        "服务号",
    ),
    "微信视频号": ("视频号",),
    "新浪微博": ("微博", "新浪", "weibo", "政务微博"),
    "抖音": ("抖音号", "抖音短视频", "douyin"),
    "快手": ("快手号", "快手短视频"),
    "今日头条": ("头条", "头条号", "今日头条号"),
    "百家号": ("百度百家号", "百度百家"),
    "企鹅号": ("腾讯企鹅号", "腾讯新闻", "腾讯新闻企鹅号"),
    "大鱼号": ("uc大鱼号",),
    "小红书": ("小红书号",),
    "哔哩哔哩": ("b站", "bilibili"),
    "百度贴吧": ("贴吧",),
    "小程序": ("微信小程序", "支付宝小程序"),
    "移动客户端": ("客户端", "app", "移动应用", "手机客户端", "政务app"),
    "政府网站": ("网站", "门户网站", "政府门户网站", "网站群"),
    "其他": ("其它", "其他平台"),
}
_QUOTES = dict.fromkeys(map(ord, "“”‘’\"'《》〈〉「」『』"))
KEY_CACHE_SIZE = 16_384  # names whose key is kept: those of an office come again and again


@lru_cache(maxsize=KEY_CACHE_SIZE)
def name_key(text: str) -> str:
    """The name as it is compared: without width, case, spaces and quotes."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_QUOTES).split()).casefold()


def platform_of(text: str) -> str | None:
    """Return the platform a text means; None when it is not known."""
    key = name_key(text)
    return _BY_KEY.get(key) or _BY_KEY.get(key.split("(", 1)[0])


def find_account(directory: Directory, platform: str | None, name: str) -> Account | None:
    """Return the account of that name on the platform; None when unknown.

    Without a platform the name must be the only one of its kind.
    """
    key = name_key(name)
    if platform and platform.strip():
        found = directory.account_keys.get((platform_of(platform) or platform.strip(), key))
        return None if found is None else directory.accounts[found]
    ids = [directory.account_keys[one, key] for one in PLATFORMS if (one, key) in directory.account_keys]
    return directory.accounts[ids[0]] if len(ids) == 1 else None


_BY_KEY = {name_key(one): platform for platform in PLATFORMS for one in (platform, *_SYNONYMS[platform])}
