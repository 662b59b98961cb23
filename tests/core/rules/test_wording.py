import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.wording import PROMISES, PURPOSE_WORDS, find_phrases


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("本项目保本保息", ["保本", "保息"]),
        ("保 本 保_息", ["保本", "保息"]),
        ("保·本，零-风险！", ["保本", "零风险"]),
        ("稳赚不赔", ["稳赚不赔"]),
        ("無風險，剛性兌付", ["無風險", "剛性兌付"]),
        ("不保本保息", []),
        ("本平台不承诺保本、保息", []),
        ("不承诺保本或保息,也不是零风险", []),
        ("打破刚性兑付", []),
        ("您是不是想要？保本保息", ["保本", "保息"]),
        ("要不。保本", ["保本"]),
        ("不保本。零风险", ["零风险"]),
        ("历史年化利率 10.8%", []),
        ("", []),
    ],
)
def test_promises(text, phrases):
    assert [found.phrase for found in find_phrases(text, PROMISES)] == phrases


@pytest.mark.parametrize(
    ("text", "phrases"),
    [("用于炒股和期货", ["炒股", "期货"]), ("进货，不用于炒股", []), ("装修婚房", []), ("场外配资", ["配资"])],
)
def test_purposes(text, phrases):
    assert [found.phrase for found in find_phrases(text, PURPOSE_WORDS)] == phrases


def test_position_is_that_of_the_text_as_given():
    assert find_phrases("放心：保 本", PROMISES)[0].position == 3


@given(st.text(max_size=60))
def test_any_text_is_read(text):
    for found in find_phrases(text, PROMISES):
        assert 0 <= found.position < len(text)


@given(st.sampled_from(sorted(PROMISES)), st.sampled_from(["", " ", "·", "*", "-", "，"]))
def test_no_filler_hides_a_promise(phrase, filler):
    assert [found.phrase for found in find_phrases(filler.join(phrase), PROMISES)] == [phrase]
