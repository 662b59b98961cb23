"""The Chinese catalogue is whole, speaks with the glossary's words, and reaches the reader."""

import re
from collections import Counter
from pathlib import Path

import polib
import pytest
from django.utils import translation

from p2pcrm.runner import messages
from p2pcrm.settings import base

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
# What docs/glossary.md decided against, and the word that stands for it.
AVOIDED = {
    "业务日": "营业日期",
    "贷款": "借款",
    "报价": "要约 or 试算",
    "移交": "交接",
    "投资人": "出借人",
    "投资者": "出借人",
    "逾期分段": "逾期区间",
    "逾期档位": "逾期区间",
    "托管": "存管",
    "滞纳金": "罚息",
    "流拍": "流标",
}
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff”][,:;?!](?=[\u4e00-\u9fff%“]|$)|[\u4e00-\u9fff]\(|\)[\u4e00-\u9fff]")
# Written alike in both languages.
ALIKE = {"PDF", "A + B + C − D − E"}


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def _texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) or [entry.msgstr]


def test_no_string_is_missing_fuzzy_unused_or_without_its_places() -> None:
    assert messages.list_problems() == []


def test_no_string_stands_twice(catalogue: polib.POFile) -> None:
    times = Counter((entry.msgctxt, entry.msgid) for entry in catalogue)
    assert [key for key, count in times.items() if count > 1] == []


def test_no_translation_is_the_english_again(catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue if entry.msgid in _texts(entry) and entry.msgid not in ALIKE] == []


def test_chinese_has_its_own_punctuation(catalogue: polib.POFile) -> None:
    """A comma of the Latin half-width between Chinese words looks like a slip."""
    assert [text for entry in catalogue for text in _texts(entry) if HALF_WIDTH.search(text)] == []


def test_one_word_a_concept(catalogue: polib.POFile) -> None:
    found = [
        f"{entry.msgid!r}: {wrong}, say {right}"
        for entry in catalogue
        for wrong, right in AVOIDED.items()
        if any(wrong in text for text in _texts(entry))
    ]
    assert found == []


def test_a_plural_has_one_form(catalogue: polib.POFile) -> None:
    assert catalogue.metadata["Plural-Forms"] == "nplurals=1; plural=0;"
    assert all(list(entry.msgstr_plural) == [0] for entry in catalogue if entry.msgid_plural)


def test_readers_without_a_choice_get_chinese() -> None:
    assert base.LANGUAGE_CODE == "zh-hans"
    messages.compile_messages()
    with translation.override("zh-hans"):
        assert translation.gettext("Pay out") == "放款"
        assert translation.ngettext("%(n)s month", "%(n)s months", 3) % {"n": 3} == "3 个月"
        assert translation.pgettext("listing", "failed") == "流标"
    with translation.override("en"):
        assert translation.gettext("Pay out") == "Pay out"
