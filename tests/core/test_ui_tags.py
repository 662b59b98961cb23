"""The tags that pages are composed of."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from core import clock

FACTORY = RequestFactory()


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def render(source: str, path: str = "/loans/", **context: Any) -> str:
    request = FACTORY.get(path)
    return Template("{% load ui %}" + source).render(Context({"request": request, **context})).strip()


@pytest.mark.parametrize(
    ("source", "value", "text"),
    [
        ("{{ x|money }}", Decimal("12345.67"), "¥12,345.67"),
        ("{{ x|money }}", None, "–"),
        ("{{ x|wan }}", Decimal("82345.67"), '<span title="¥82,345.67">¥82.35K</span>'),
        ("{{ x|rate }}", Decimal("0.12"), "12.00%"),
        ("{{ x|count }}", 12_000, "10,000+"),
        ("{{ x|day }}", date(2026, 11, 22), '<time datetime="2026-11-22">2026-11-22</time>'),
        ("{{ x|day }}", None, "–"),
        ('{{ x|mask:"phone" }}', "13812345678", "138****5678"),
        ('{{ x|mask:"name" }}', "王小明", "王**"),
    ],
)
def test_filters(source: str, value: Any, text: str) -> None:
    assert render(source, x=value) == text


def test_wan_speaks_chinese() -> None:
    with translation.override("zh-hans"):
        assert ">¥8.23万<" in render("{{ x|wan }}", x=Decimal("82345.67"))


def test_instants_read_in_shanghai() -> None:
    instant = datetime.fromisoformat("2026-11-22T20:30:00+00:00")
    assert ">2026-11-23 04:30<" in render("{{ x|moment }}", x=instant)
    assert ">04:30<" in render("{{ x|clock_time }}", x=instant)


@pytest.mark.parametrize(
    ("days", "words"), [(0, "today"), (1, "yesterday"), (3, "3 days ago"), (-1, "tomorrow"), (-9, "in 9 days")]
)
def test_age_of_dates_counts_from_the_lazy_business_date(days: int, words: str) -> None:
    today = date(2026, 11, 22)
    lazy = SimpleLazyObject(lambda: today)
    assert f">{words}<" in render("{% age x %}", x=today - timedelta(days=days), business_date=lazy)


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "just now"), (5, "5 minutes ago"), (-61, "in 1 hour"), (60 * 26, "yesterday")]
)
def test_age_of_instants_counts_from_the_clock(minutes: int, words: str) -> None:
    now = clock.at(date(2026, 11, 22), 14)
    with clock.use_clock(now):
        assert f">{words}<" in render("{% age x %}", x=now - timedelta(minutes=minutes))


def test_an_amount_never_rests_on_colour_alone() -> None:
    assert "−¥5.00" in render('{% amount x word="owed" tone="late" %}', x=Decimal(-5))
    assert ">owed</span>" in render('{% amount x word="owed" tone="late" %}', x=Decimal(-5))
    assert '<span class="sr-only">negative</span>' in render("{% amount x %}", x=Decimal(-5))
    assert "+¥5.00" in render("{% amount x signed=True %}", x=Decimal(5))


def test_values_are_escaped() -> None:
    evil = "<script>alert(1)</script>"
    for source in (
        "{% badge x %}",
        "{% fact x x %}",
        "{% page_header x %}{% endpage_header %}",
        '{% timeline_item "money" x meta=x %}{{ x }}{% endtimeline_item %}',
        "{% th x %}",
        "{% masked x reveal_url=x label=x %}",
        "{% action x url=x confirm=x %}",
        "{% empty_state x x url=x action=x %}",
        "{% stat x x url=x definition=x %}",
        "{% define x x reason=x %}",
        "{% row_link x %}",
    ):
        assert "<script" not in render(source, x=evil), source


@pytest.mark.parametrize(
    ("query", "url", "sort"),
    [
        ("", "?sort=balance", ""),
        ("?sort=balance&q=a&cursor=9", "?q=a&amp;sort=-balance", "ascending"),
        ("?sort=-balance", "?", "descending"),
    ],
)
def test_a_head_sorts_up_then_down_then_not(query: str, url: str, sort: str) -> None:
    html = render('{% th "Balance" "money" sort="balance" %}', path=f"/loans/{query}")
    assert f'href="{url}"' in html
    assert (f'aria-sort="{sort}"' in html) is bool(sort)


class LoanFilter(forms.Form):
    q = forms.CharField(required=False)
    state = forms.ChoiceField(choices=[("", "any"), ("late", "overdue")], required=False)
    purpose = forms.MultipleChoiceField(choices=[("a", "car"), ("b", "shop")], required=False)
    open = forms.BooleanField(required=False)


def test_filters_read_as_a_sentence_and_drop_one_by_one() -> None:
    path = "/loans/?state=late&purpose=a&purpose=b&q=wang&cursor=7&team=3"
    request = FACTORY.get(path)
    html = render("{% filter_chips form %}", path=path, form=LoanFilter(request.GET))
    assert '<span class="chip-value">overdue</span>' in html
    assert '<span class="chip-value">car、shop</span>' in html
    assert 'href="?purpose=a&amp;purpose=b&amp;q=wang&amp;team=3"' in html
    assert '<input type="hidden" name="team" value="3">' in html
    assert 'name="cursor"' not in html
    assert 'value="wang"' in html
    assert html.count('class="chip"') == 2


def test_paging_keeps_the_address() -> None:
    html = render("{% key_pages next_cursor=n shown=50 total=12000 %}", path="/loans/?q=a&cursor=1", n="x=")
    assert 'href="?q=a&amp;cursor=x%3D"' in html
    assert "50 of 10,000+ shown" in html
    assert 'rel="prev"' not in html


def test_an_action_that_cannot_be_done_says_why_and_sends_nothing() -> None:
    html = render('{% action "Extend" url="/extend/" reason="Only once." %}')
    assert "Only once." in html
    assert 'aria-disabled="true"' in html
    assert "<form" not in html


def test_an_action_posts_what_it_was_given() -> None:
    html = render('{% action "Pay out" url="/pay/" with_loan=7 confirm="Pay?" key="p" %}', csrf_token="tok")
    assert 'action="/pay/"' in html
    assert '<input type="hidden" name="loan" value="7">' in html
    assert 'value="tok"' in html
    assert 'data-confirm="Pay?"' in html
    assert 'data-key="p"' in html


def test_a_field_shows_its_error_and_says_so_to_machines() -> None:
    form = LoanFilter({"state": "nonsense"})
    form.is_valid()
    html = render("{% field form.state %}", form=form)
    assert 'aria-invalid="true"' in html
    assert 'class="field-error"' in html
    assert "form-select" in html


def test_a_masked_value_without_a_right_has_no_way_to_reveal() -> None:
    assert "<form" not in render('{% masked "138****5678" %}')
    assert 'action="/reveal/"' in render('{% masked "138****5678" reveal_url="/reveal/" label="Phone" %}')


def test_tiles_link_to_their_list() -> None:
    html = render("{% stat 'Overdue' x|wan url='/loans/?late=1' spark=spark %}", x=Decimal(82_000), spark=[1, 3, 2])
    assert 'href="/loans/?late=1"' in html
    assert "polyline" in html


def test_the_rail_shows_what_exists_and_is_allowed() -> None:
    from core.registries import NavigationItem, navigation

    kept = dict(navigation._items)
    navigation._items.clear()
    try:
        navigation.register("one", NavigationItem("Languages", "set_language", "home"))
        navigation.register("two", NavigationItem("Secret", "set_language", "home", visible=lambda user: False))
        navigation.register("three", NavigationItem("Missing", "no-such-address", "home"))
        html = render("{% rail %}", path="/i18n/setlang/")
    finally:
        navigation._items.clear()
        navigation._items.update(kept)
    assert "Languages" in html
    assert 'aria-current="page"' in html
    assert "Secret" not in html
    assert "Missing" not in html
