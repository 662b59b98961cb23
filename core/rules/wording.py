"""Words that no listing, advertisement or message may use: promises (办法 art. 10(3)) and forbidden uses of money."""

import re
import unicodedata
from collections.abc import Collection
from typing import NamedTuple

PROMISES = frozenset(
    {
        "保本", "保息", "保收益", "保证收益", "保證收益", "本息保障", "本金保障", "本息保证", "本息保證", "保证本金",
        "保證本金", "无风险", "無風險", "零风险", "零風險", "刚性兑付", "剛性兌付", "刚兑", "剛兌", "稳赚", "穩賺",
        "只赚不赔", "只賺不賠", "包赚", "包賺", "绝对安全", "絕對安全", "稳赚不赔", "穩賺不賠", "旱涝保收", "旱澇保收",
    }
)  # fmt: skip
PURPOSE_WORDS = frozenset(
    {
        "炒股", "股票", "配资", "配資", "期货", "期貨", "打新", "结构化产品", "結構化產品", "金融衍生品", "衍生品",
        "炒币", "炒幣", "比特币", "比特幣", "虚拟货币", "虛擬貨幣", "赌博", "賭博", "赌债", "賭債", "转贷", "轉貸",
        "放贷", "放貸",
    }
)  # fmt: skip
_DENIALS = (
    "不", "非", "不是", "并非", "並非", "没有", "沒有", "不承诺", "不承諾", "未承诺", "未承諾", "不得承诺", "不得承諾",
    "不保证", "不保證", "不提供", "不构成", "不構成", "不存在", "不代表", "不等于", "不等於", "不含", "不会", "不會",
    "不作", "不做", "不予", "不涉及", "不参与", "不參與", "不用于", "不用於", "不得用于", "不得用於", "不得宣传",
    "不得宣傳", "禁止", "严禁", "嚴禁", "打破",
)  # fmt: skip
_CONNECTORS = frozenset("或和及与與")
_LETTER = re.compile(r"[^\W_]")
_SENTENCE_END = re.compile(r"[。！？；!?;\n]")


class Phrase(NamedTuple):
    """A phrase that was found, and where it begins in the text as given."""

    phrase: str
    position: int


def find_phrases(text: str, phrases: Collection[str]) -> list[Phrase]:
    """Return the phrases that a text affirms, the longest at each place, in order.

    Width, spaces and punctuation put between are seen through (`保 本`, `保·本`, `保*本`); a denial is no promise
    (`不保本`, `不承诺保本或保息`), unless a sentence ends between the two.
    """
    letters, positions = _list_letters(text)
    by_length = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    found = []
    at, denied_until = 0, -1
    while at < len(letters):
        phrase = next((candidate for candidate in by_length if letters.startswith(candidate, at)), None)
        if phrase is None:
            at += 1
            continue
        gap = text[positions[at - 1] + 1 : positions[at]] if at else ""
        if not _SENTENCE_END.search(gap) and _is_denied(letters[:at], denied_until):
            denied_until = at + len(phrase)
        else:
            found.append(Phrase(phrase, positions[at]))
        at += len(phrase)
    return found


def _list_letters(text: str) -> tuple[str, list[int]]:
    """Return the letters and digits of a text in one width and case, and where each stands."""
    letters, positions = [], []
    for position, character in enumerate(text):
        for letter in unicodedata.normalize("NFKC", character).casefold():
            if _LETTER.match(letter):
                letters.append(letter)
                positions.append(position)
    return "".join(letters), positions


def _is_denied(before: str, denied_until: int) -> bool:
    """Tell whether what stands before a phrase denies it, directly or as the next of a list of denied phrases."""
    if before.endswith(_DENIALS):
        return True
    start = len(before)
    while start and before[start - 1] in _CONNECTORS:
        start -= 1
    return start == denied_until
