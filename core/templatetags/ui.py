"""The components that pages are composed of: `{% load ui %}`; docs/ui.md lists them with their parameters.

Filters format text, tags write markup; a tag's markup is `templates/ui/<tag>.html`.
"""

from django import template

from core.templatetags.ui_parts import charts, lists, page, pieces, record, text

register = template.Library()

for _library in (text, pieces, page, lists, record, charts):
    register.filters.update(_library.register.filters)
    register.tags.update(_library.register.tags)
