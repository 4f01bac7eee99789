"""Reads what was typed without width, case, traditional forms and invisible characters; finds the way back to it."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Traditional characters of what offices say, each before its simplified form; a file of every one is not needed.
TRADITIONAL = (
    "乾干淨净簽签辦办結结單单為为爲为麼么麽么幫帮刪删處处詢询誤误報报轉转請请銷销綁绑經经時时過过關关閉闭務务樣样說说説说復复還还沒没審审發发佈布謝谢問问題题號号個个們们網网"
    "頁页錯错應应該该會会對对導导後后來来點点進进儘尽盡尽煩烦給给從从級级證证實实護护鏈链連连圖图閱阅覆复複复啟启條条檢检測测據据週周幾几兩两萬万準准確确認认調调換换"
    "註注訂订歸归屬属於于與与並并僅仅裡里裏里這这誰谁現现開开無无讓让負负責责讀读書书標标體体稱称檔档傳传載载輯辑動动員员長长間间際际專专業业車车馬马嗎吗劃划計计預预"
    "寫写隱隐視视頻频評评論论誌志鎖锁錄录鐘钟鍵键須须領领頭头顯显願愿補补訊讯訪访設设許许詳详語语談谈變变貼贴質质贊赞趕赶較较達达遲迟遠远適适遺遗邊边鄉乡醫医釋释鎮镇"
    "門门隨随雖虽離离難难電电響响頂顶順顺頓顿類类館馆驗验滿满濟济營营環环當当眾众禮礼種种積积穩稳範范筆笔節节糾纠約约紙纸統统絕绝維维緊紧緩缓編编線线練练縣县總总繼继"
    "續续纔才聯联聽听職职臨临舉举舊旧術术衛卫裝装規规親亲觀观記记訓训託托試试詞词誠诚貴贵費费賬账帳账軟软輕轻農农運运遞递遷迁選选錢钱隊队隻只雙双雜杂頒颁餘余黨党齊齐"
    "掛挂斷断暫暂極极權权歲岁歷历殘残決决減减滅灭熱热爭争狀状獲获產产畫画異异盤盘碼码礙碍簡简納纳細细終终組组絡络綜综緣缘縮缩義义習习聲声腦脑興兴製制見见覺觉觸触討讨"
    "話话課课諮咨議议譯译貨货資资跡迹輔辅辭辞違违醜丑採采項项額额顧顾風风養养駐驻騙骗驚惊鬧闹東东樓楼爾尔億亿傷伤價价優优償偿兒儿內内冊册別别則则剛刚創创劇剧勞劳勢势"
    "協协卻却參参啞哑喚唤嘗尝嚴严園园圍围執执場场塊块壓压壞坏夠够奪夺奮奋學学孫孙宮宫寧宁將将尋寻層层島岛師师幹干庫库廠厂廣广廳厅強强彈弹徑径徵征恆恒態态慣惯憂忧懷怀"
    "戰战戶户拋抛擔担擇择擬拟擴扩擊击攔拦敗败敵敌數数晉晋曆历棄弃機机檯台臺台欄栏歡欢殺杀氣气淚泪淺浅漢汉滯滞漲涨潛潜災灾煙烟爛烂牆墙獨独獻献瑣琐畢毕療疗監监盜盗矯矫"
    "碩硕祕秘窮穷竊窃紀纪紅红純纯紛纷紹绍絲丝綠绿綱纲罰罚羅罗聖圣聞闻膚肤臟脏艱艰蘭兰虧亏虛虚衝冲訴诉診诊詐诈誇夸誘诱諒谅謊谎講讲豐丰貢贡貪贪販贩賓宾賞赏賠赔賣卖購购"
    "贏赢軌轨轄辖迴回遊游郵邮醬酱鈕钮鋪铺鏡镜鐵铁閒闲閃闪陣阵陰阴陳陈陽阳雲云靈灵靜静韓韩顆颗飛飞飯饭飲饮駁驳鮮鲜鳥鸟麥麦黃黄龍龙齣出係系繫系湊凑喫吃牠它妳你"
)
# Brackets, which numbers carry in many shapes.
BRACKETS = "〔[〕]【[】]"
SIMPLIFIED = {
    ord(one): after for one, after in zip((TRADITIONAL + BRACKETS)[::2], (TRADITIONAL + BRACKETS)[1::2], strict=True)
}
# Joiners and selectors that belong to an emoji; they are kept in what is quoted.
OF_EMOJI = {"\u200d", "\ufe0f", "\u20e3"}
SPACES = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Folded:
    """A text as commands are looked for in it; each character knows where it came from."""

    text: str
    source: str
    origin: tuple[int, ...]

    def original(self, start: int, end: int) -> str:
        """Return what was typed between two places of the folded text, without invisible characters around it."""
        if start >= end:
            return ""
        return printable(self.source[self.origin[start] : self.origin[end - 1] + 1])

    def part(self, start: int, end: int | None = None) -> "Folded":
        """Return a piece of it, which still knows its way back."""
        return Folded(text=self.text[start:end], source=self.source, origin=self.origin[start:end])


def fold(text: str) -> Folded:
    """Fold a text character by character, so that every place can be traced back."""
    folded: list[str] = []
    origin: list[int] = []
    for place, character in enumerate(text):
        for one in _folded(character):
            folded.append(one)
            origin.append(place)
    return Folded(text="".join(folded), source=text, origin=tuple(origin))


def printable(text: str) -> str:
    """Return the text as it can be stored and shown: no control, half or zero-width characters, one space at a time."""
    kept = "".join(one for one in text if one == "\n" or one in OF_EMOJI or not _invisible(one))
    return "\n".join(SPACES.sub(" ", line).strip() for line in kept.strip().split("\n"))


def match_end(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Return where a pattern that stands at this place ends; the place itself when it does not stand there."""
    found = pattern.match(text, start)
    return found.end() if found else start


@lru_cache(maxsize=8192)
def _folded(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).translate(SIMPLIFIED).lower()
    kept = (_spaced(one) if one.isspace() else one for one in plain if one.isspace() or not _invisible(one))
    return "".join(one for one in kept if unicodedata.category(one) not in ("Mn", "Me"))


def _spaced(character: str) -> str:
    return character if character == "\n" else " "


def _invisible(character: str) -> bool:
    # Cc control, Cf format and zero-width, Cs half of a pair: none of them can be typed on purpose.
    return unicodedata.category(character) in ("Cc", "Cf", "Cs") and not character.isspace()
