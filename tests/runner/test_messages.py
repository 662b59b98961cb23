"""Every string that a person sees has a translation, and the machine finds the ones that lack it."""

from pathlib import Path

import polib
import pytest

from p2pcrm.runner import messages
from p2pcrm.runner.messages import Message, list_python_messages, list_template_messages

PYTHON = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext_lazy
title = _("Loans " "and more")
count = ngettext("%(n)s loan", "%(n)s loans", 3) % {"n": 3}
month = pgettext_lazy("month", "May")
variable = _(title)
for _, value in []:
    print("not a string to translate")
"""
TEMPLATE = """{% load i18n %}<a title="{% trans "Don't" %}">{% trans "May" context "month" %}</a>
{% blocktrans with a=b trimmed %}
  Hi {{ a }}, it's
  fine
{% endblocktrans %}{% blocktrans count n=x %}one{% plural %}{{ n }} many{% endblocktrans %}
{{ _("Filter")|upper }}{# _("not this") #}"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny project with one catalogue."""
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    (tmp_path / "app" / "templates").mkdir(parents=True)
    (tmp_path / "app" / "web.py").write_text('_("Loans")\n_("Paid %(amount)s")\n')
    (tmp_path / "app" / "templates" / "page.html").write_text('{% load i18n %}{% trans "Close" %}')
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_web.py").write_text('_("Only in a test")\n')
    folder = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    catalogue.append(polib.POEntry(msgid="Loans", msgstr="借款"))
    catalogue.append(polib.POEntry(msgid="Gone", msgstr="没了"))
    catalogue.save(str(folder / "django.po"))
    return folder


def test_python_strings_are_found() -> None:
    assert set(list_python_messages(PYTHON, "a.py")) == {
        Message("Loans and more", None, None, "a.py:3"),
        Message("%(n)s loan", "%(n)s loans", None, "a.py:4"),
        Message("May", None, "month", "a.py:5"),
    }


def test_template_strings_are_found_as_django_looks_them_up() -> None:
    found = {(message.text, message.plural, message.context) for message in list_template_messages(TEMPLATE, "a.html")}
    assert found == {
        ("Don't", None, None),
        ("May", None, "month"),
        ("Hi %(a)s, it's fine", None, None),
        ("one", "%(n)s many", None),
        ("Filter", None, None),
    }


def test_missing_untranslated_and_broken_strings_are_named(house: Path) -> None:
    assert messages.list_problems() == [
        "app/templates/page.html: not in locale/zh_Hans/LC_MESSAGES/django.po: 'Close'",
        "app/web.py:2: not in locale/zh_Hans/LC_MESSAGES/django.po: 'Paid %(amount)s'",
        "locale/zh_Hans/LC_MESSAGES/django.po:8: not used: 'Gone'",
    ]
    messages.collect_messages()
    assert [problem.split(": ", 1)[1] for problem in messages.list_problems()] == [
        "not translated: 'Close'",
        "not translated: 'Paid %(amount)s'",
    ]
    catalogue = polib.pofile(str(house / "django.po"))
    assert [(entry.msgid, entry.msgstr) for entry in catalogue] == [
        ("Close", ""),
        ("Loans", "借款"),
        ("Paid %(amount)s", ""),
    ]
    catalogue.find("Close").msgstr = "关闭"
    catalogue.find("Paid %(amount)s").msgstr = "已付 %(sum)s"
    catalogue.find("Loans").flags.append("fuzzy")
    catalogue.save()
    assert [problem.split(": ", 1)[1] for problem in messages.list_problems()] == [
        "not translated: 'Loans'",
        "other placeholders than: 'Paid %(amount)s'",
    ]


def test_compiled_catalogues_are_what_django_reads(house: Path) -> None:
    messages.compile_messages()
    compiled = polib.mofile(str(house / "django.mo"))
    assert compiled.find("Loans").msgstr == "借款"


def test_a_project_without_a_catalogue_does_not_pass(house: Path) -> None:
    (house / "django.po").unlink()
    assert messages.list_problems() == ["locale/ holds no catalogue"]
