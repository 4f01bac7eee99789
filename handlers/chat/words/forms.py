"""What is known by its form rather than as a word of the list: counts, shares, times and set phrases."""

import re

from handlers.chat.words.slots import Slot

APART = "\ufffc"  # in place of what is quoted and of addresses: their words tell nothing
LOOKING = "查收|查看|核实|核查|审核|复核|查阅|验收|审阅|知悉|过目|检查|查验|核对|复查|指正|审定|复审|复验|看看?"
ENDING = "销号|办结|结案|归档|销案"
TELLING = "联系|致电|告知|反馈|沟通|咨询|来电|拨打|指出|指正|通知我|找我|说一声|说|提"

FORMS: tuple[tuple[Slot, str], ...] = (
    (Slot.DETAIL, f"{APART}+"),
    (Slot.DETAIL, r"100\s?%|百分之?百"),
    (
        Slot.PLAIN,
        r"(?:按照?|根据|依照|遵照|依据)[^\s,。;、!?]{0,10}?(?:要求|通知|指示|规定|标准|意见|部署|建议)",
    ),
    # "您反映的问题", "平台下发的工单": what the ticket is about.
    (
        Slot.PLAIN,
        r"(?:您|你|你们|贵单位|平台|上级)?所?"
        r"(?:反映|反馈|交办|转办|通报|提醒|指出|提出|下发|督办|通知)(?:过来)?的?(?=问题|情况|错|工单|内容|事项)",
    ),
    # "请领导核实", "麻烦再看下", "申请销号": asked of whoever reads it.
    (
        Slot.POLITE,
        r"(?:请|麻烦|烦请|劳烦|敬请|恳请|有劳|辛苦|望)(?:您|你们?|领导|老师|大家|各位|上级|平台|帮忙|帮|予以?|再|给){0,6}"
        rf"(?:{LOOKING}|{ENDING})(?:一?下)?(?!后|完|通过|再|同意)|申请(?:予以?)?(?:{ENDING}|复核|验收)",
    ),
    (Slot.POLITE, r"(?:您|你|请|麻烦|辛苦)(?:再|帮忙)?[看查核瞧审点](?:[一看]?下|看)"),
    # "如有问题请联系张三", "有疑问随时联系": an offer to whoever reads it.
    (
        Slot.POLITE,
        r"[如若]果?(?:还|仍|再)?有(?:任何|什么|啥|其[他它])?(?:问题|疑问|疑义|不妥|不当|不足)(?:之处|的地方)?"
        rf"(?:[请可您]|欢迎|随时|及时|尽管|电话|直接|[与和跟]?我们?|{TELLING}){{0,6}}",
    ),
    (
        Slot.POLITE,
        r"(?:[如若]果?)?有(?:任何|什么|啥|其[他它])?(?:问题|疑问|疑义|不妥|不当|需要|事)(?:之处|的地方)?"
        rf"(?:[请可再您]|欢迎|随时|及时|尽管|电话|直接|[与和跟]?我们?){{0,6}}(?:{TELLING})",
    ),
    (
        Slot.POLITE,
        r"请您?(?:随时|及时|直接|电话){0,3}(?:[与和跟]?(?:我们?|本人))?(?:联系|致电|拨打|来电|告知|指正|咨询)(?:我们?|本人)?"
        r"(?=[^\d,]{0,4}\d|$)",
    ),
    # "发我一下链接", "把地址发过来"
    (Slot.ABOUT_WHAT, r"发(?:给?我|来|过来)?(?:一?[下个份])?(?:链接|网址|地址|原文|截图)(?![已了给])"),
    (Slot.ABOUT_WHAT, r"(?:链接|网址|地址|原文)(?:再|麻烦|请)?发(?:给?我|过?来)(?:一?[下个份])?(?!了)"),
    # "以后一定注意": of what is to come.
    (
        Slot.PROMISE,
        r"(?:今后|以后|下次|往后|日后|下回)(?:我们?|我局|我单位|一定|[定会将也就要得多更]|更加|务必){0,6}"
        r"(?:注意|小心|避免|加强|改进|认真|仔细|严格|杜绝|吸取|防止|把关|规范|细心|当心)",
    ),
    # "打错字", "未仔细核对": how the error came about.
    (
        Slot.CAUSE,
        r"(?:打|写|输|录|敲|排|登|抄|填|标)错了?一?个?(?:别?字|词|标点|数字|日期|标题|姓名|名[字称]|职务|年份|人名|地名)",
    ),
    (
        Slot.CAUSE,
        r"(?:时(?:未|没有?)|(?:未|没有?|疏于)(?:能|及时|认真|仔细|严格|充分|再次|逐字){1,4})"
        r"(?:核对|校对|检查|核实|看清|看出)(?:清楚|出来|到)?",
    ),
    (Slot.ACTION, r"[改换删](?=错(?:别?[字词句]|误|链))"),
    (Slot.LEAVE, r"[请休](?:\d{1,2}|[一二两三四五六七八九十半几])个?(?:天|工作日|周|星期)的?假"),
    (Slot.PART, r"\d{1,3}(?:\.\d{1,2})?\s?%|百分之|[一二三四五六七八九]成|\d{1,2}/\d{1,2}(?![\d/])"),
    (Slot.PART, r"第\s?(?:\d{1,2}|[一二三四五六七八九十])\s?[处篇段张页点项批轮条部]"),
    (
        Slot.CLOCK,
        r"\d{1,4}\s?[年月日号点时](?:\d{1,2}\s?[月日号分]?|半)*|\d{1,2}:\d{2}|20\d{2}-\d{1,2}-\d{1,2}",
    ),
    (Slot.PART, r"(?:\d{1,2}|好?[一二两三四五六七八九十几])[遍轮稿次版](?![性权本面])"),
    (
        Slot.PART,
        r"(?:\d{1,2}|[半一二两三四五六七八九十几])个?(?:多|半)?(?:天|小时|上午|下午|晚上|夜|宿|星期|分钟)(?!内|前|后)",
    ),
    (Slot.PART, r"好?[几数]\s?[处篇条张段项则幅页字个](?!月|小时)"),
    (
        Slot.COUNT,
        r"(?:\d{1,3}|[一二两三四五六七八九十多]{1,2})\s?[处篇条张段件项则幅页字个](?!工作|小时)",
    ),
    (Slot.DETAIL, r"[a-z0-9][a-z0-9._/#\-]{0,40}\d[a-z0-9._/#\-]{0,40}|\d{1,40}"),
)
SLOTS = {f"form{place}": slot for place, (slot, _) in enumerate(FORMS)}
# One expression for all of them: the first that fits counts.
FORMED = re.compile("|".join(f"(?P<form{place}>{pattern})" for place, (_, pattern) in enumerate(FORMS)))


def slot_of(found: re.Match[str]) -> Slot:
    """Return the slot of what FORMED has found."""
    return SLOTS[found.lastgroup or ""]
