"""Names: what can be one, how they sort and by which fragments they are found."""

import re

from pypinyin import Style, lazy_pinyin

_PLAUSIBLE = re.compile(r"[一-鿿㐀-䶿][一-鿿㐀-䶿·]{1,24}|[A-Za-z][A-Za-z .'-]{1,58}")


def is_plausible_name(name: str) -> bool:
    """Tell whether this can be the name on an identity document: 王小明, 阿卜杜拉·买买提, John Smith."""
    return bool(_PLAUSIBLE.fullmatch(name))


def spell(name: str) -> list[str]:
    """Return the pinyin syllables, the surname read as one: 单小明 is shan xiao ming."""
    first, *rest = name[:1], name[1:]
    surname = _SURNAME_READINGS.get(first)
    syllables = lazy_pinyin(name, style=Style.NORMAL, errors="default")
    return [surname, *lazy_pinyin(rest[0], style=Style.NORMAL)] if surname and rest[0] else syllables


_SURNAME_READINGS = {"单": "shan", "仇": "qiu", "解": "xie", "曾": "zeng", "任": "ren", "查": "zha", "朴": "piao", "区": "ou", "尉": "wei", "乐": "yue", "盖": "ge", "缪": "miao", "洗": "xian", "冼": "xian", "翟": "zhai", "覃": "qin", "员": "yun", "黑": "he", "重": "chong", "宓": "fu", "折": "she"}


def sort_key(name: str) -> str:
    """Return the key by which names sort: pinyin, then the characters themselves."""
    return f"{' '.join(spell(name)).lower()} {name}".strip()


def search_grams(name: str) -> list[str]:
    """Return what finds the name: its one- and two-character fragments, syllables, initials, the joined pinyin's prefixes.

    王小明 is found by 小, 小明, wang, xiaoming, wxm.
    """
    compact = name.replace(" ", "").replace("·", "").lower()
    syllables = [part.lower() for part in spell(name) if part.strip()]
    grams = set(compact) | {compact[i : i + 2] for i in range(len(compact) - 1)}
    grams |= set(syllables) | {"".join(syllables), "".join(part[0] for part in syllables)}
    grams |= {"".join(syllables[1:])} if len(syllables) > 1 else set()
    return sorted(gram[:40] for gram in grams if gram)
