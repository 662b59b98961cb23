"""What a name is sorted and found by.

A Chinese name has two or three characters, so a trigram index cannot find it by a fragment. Its grams are stored
instead: one- and two-character pieces, and what somebody types in letters (pinyin from any syllable on, initials, a
full surname with initials). A search asks for rows that contain all grams of the query.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

# Characters read differently as a surname; pinyin with the tone as a digit.
_SURNAME_READINGS = {
    "单": "shan4", "仇": "qiu2", "解": "xie4", "曾": "zeng1", "查": "zha1", "区": "ou1", "任": "ren2",
    "盖": "ge3", "缪": "miao4", "朴": "piao2", "翟": "zhai2", "冼": "xian3", "洗": "xian3", "乐": "yue4",
    "员": "yun4", "覃": "qin2", "折": "she2", "秘": "bi4", "种": "chong2", "召": "shao4", "华": "hua4",
    "那": "na1", "燕": "yan1", "应": "ying1", "尉": "wei4", "繁": "po2", "郇": "xun2", "谌": "chen2",
    "仉": "zhang3", "佴": "nai4", "能": "nai4", "隗": "wei3", "过": "guo1", "句": "gou1", "祭": "zhai4",
    "逄": "pang2", "车": "che1", "柏": "bai3", "薄": "bo2", "葛": "ge3", "纪": "ji3", "晟": "cheng2",
    "撒": "sa4", "都": "du1", "强": "qiang2", "占": "zhan1", "牟": "mou2", "宿": "su4", "藏": "zang1",
    "臧": "zang1", "阚": "kan4", "幺": "yao1", "单于": "chan2 yu2", "尉迟": "yu4 chi2", "万俟": "mo4 qi2",
    "长孙": "zhang3 sun1", "澹台": "tan2 tai2", "令狐": "ling2 hu2", "皇甫": "huang2 fu3", "宰父": "zai3 fu3",
    "單": "shan4", "區": "ou1", "蓋": "ge3", "繆": "miao4", "樂": "yue4", "員": "yun4", "種": "chong2",
    "華": "hua4", "應": "ying1", "諶": "chen2", "過": "guo1", "車": "che1", "紀": "ji3", "單于": "chan2 yu2",
    "尉遲": "yu4 chi2", "長孫": "zhang3 sun1", "澹臺": "tan2 tai2",
}  # fmt: skip
_HAN = "〇\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_HAN}]+|[^\\W_{_HAN}]+")
_HAN_RUN = re.compile(f"[{_HAN}]+")
_READING = re.compile(r"[a-z]+[1-5]?")
_SORT_KEY_LENGTH = 200
_GRAM_LENGTH = 24
_SHORTEST_TYPED = 2
_SYLLABLES_TYPED = 4
_READINGS = 2


@dataclass(frozen=True, slots=True)
class NameKeys:
    """The stored forms of a name."""

    sort_key: str
    syllables: tuple[str, ...]
    initials: str
    grams: tuple[str, ...]


def build_name_keys(name: str, *, is_person: bool = True) -> NameKeys:
    """Return the keys of a person's or firm's name; only a person's first character is read as a surname.

    单小明 sorts as `shan4单 xiao3小 ming2明` and is found by 小明, shan, danxiao, xiaom, sxm or shanxm.
    """
    sort_parts: list[str] = []
    syllables: list[str] = []
    grams: set[str] = set()
    for run in _RUN.findall(_fold(name)):
        if not _HAN_RUN.fullmatch(run):
            sort_parts.append(run)
            syllables.append(run)
            grams.update(_prefixes(run))
            continue
        readings = _read_run(run, is_surname_first=is_person and not sort_parts)
        sort_parts.extend(options[0] + character for options, character in zip(readings, run, strict=True))
        letters = [tuple(dict.fromkeys(_typed_forms(options))) for options in readings]
        syllables.extend(options[0] for options in letters if options[0])
        grams.update(run)
        grams.update(run[i : i + 2] for i in range(len(run) - 1))
        grams.update(_typed_grams(letters))
    initials = "".join(syllable[0] for syllable in syllables)
    return NameKeys(" ".join(sort_parts)[:_SORT_KEY_LENGTH], tuple(syllables), initials, tuple(sorted(grams)))


@lru_cache(maxsize=500)
def spell(label: str) -> str:
    """Return what somebody may type for a label instead of it: its initials and its pinyin, 逾期金额 is `yqje yuqijine`."""
    keys = build_name_keys(label, is_person=False)
    return f"{keys.initials} {''.join(keys.syllables)}"


def build_search_grams(query: str) -> tuple[str, ...]:
    """Return the grams that a name must all contain to match what somebody typed; none for nothing to search by.

    张小明 asks for 张小 and 小明, `zhang 明` for zhang and 明. A single letter asks for nothing: it would name a third
    of all people; browse by the sort key instead.
    """
    grams = []
    for run in _RUN.findall(_fold(query).replace("'", "")):
        if _HAN_RUN.fullmatch(run):
            grams.extend([run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)])
        elif len(run) >= _SHORTEST_TYPED:
            grams.append(run[:_GRAM_LENGTH])
    return tuple(dict.fromkeys(grams))


def _fold(text: str) -> str:
    """Return a text in one width and case; ü is typed as v."""
    return unicodedata.normalize("NFKC", text).casefold().replace("ü", "v")


def _read_run(run: str, *, is_surname_first: bool) -> list[tuple[str, ...]]:
    """Return the readings of each character with tones, the best one first and an empty one for none known."""
    # Half a second of dictionaries that most processes never need.
    from pypinyin import Style, pinyin

    in_context: list[str] = []
    for found, *_others in pinyin(run, style=Style.TONE3, neutral_tone_with_five=True):
        # Characters in a row for which there is no reading come back as they are, in one piece.
        in_context += found if found in run else [found]
    # Only the bearer knows whether 乐 in his name is le or yue: both find him.
    alone = [_read_alone(character) for character in run]
    readings = [[best, *others[:_READINGS]] for best, others in zip(in_context, alone, strict=True)]
    if is_surname_first:
        surname = next((run[:size] for size in (2, 1) if run[:size] in _SURNAME_READINGS), "")
        for place, reading in enumerate(_SURNAME_READINGS.get(surname, "").split()):
            readings[place].insert(0, reading)
    return [
        tuple(dict.fromkeys(option for option in options if _READING.fullmatch(option))) or ("",)
        for options in readings
    ]


@lru_cache(maxsize=8192)
def _read_alone(character: str) -> tuple[str, ...]:
    """Return all readings of a character; names are written with a few thousand of them."""
    from pypinyin import Style, pinyin

    return tuple(pinyin([character], style=Style.TONE3, neutral_tone_with_five=True, heteronym=True)[0])


def _typed_forms(options: tuple[str, ...]) -> Iterator[str]:
    """Yield readings as people type them: without tone, and lv also as lu and, from passports, lyu."""
    for option in options:
        letters = option.rstrip("12345")
        yield letters
        if "v" in letters:
            yield letters.replace("v", "u")
            yield letters.replace("v", "yu")


def _typed_grams(letters: list[tuple[str, ...]]) -> Iterator[str]:
    """Yield every beginning of what somebody may type from any character on."""
    for start in range(len(letters)):
        tail = letters[start : start + _SYLLABLES_TYPED]
        for reading in product(*tail):
            yield from _prefixes("".join(reading))
            initials = [syllable[:1] for syllable in reading]
            yield from _prefixes("".join(initials))
            yield from _prefixes(reading[0] + "".join(initials[1:]))


def _prefixes(word: str) -> Iterator[str]:
    """Yield the beginnings that are long enough to search by."""
    return (word[:length] for length in range(_SHORTEST_TYPED, min(len(word), _GRAM_LENGTH) + 1))
