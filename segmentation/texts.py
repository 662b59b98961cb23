"""Segments in words: conditions as sentences, faults with what to do about them, values as people read them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core import clock
from core.filtering import words as condition_words
from core.registries import acts
from core.rules.conditions import Field, Type, say
from core.sentences import join_words
from segmentation.rules.segments import Did, Fact, Fault, Group, InSegment, Join, Leaf, RuleInvalid


def say_fault(error: RuleInvalid) -> str:
    """Return what is wrong with a rule, for who writes it."""
    return {
        Fault.UNREADABLE: _("This part of the rule cannot be read: “%(part)s”."),
        Fault.EMPTY_GROUP: _("A group needs at least one condition."),
        Fault.TOO_DEEP: _("Groups stand at most four deep in each other."),
        Fault.TOO_MANY: _("A rule has at most 50 conditions."),
        Fault.UNKNOWN_FACT: _("There is no fact “%(part)s” about customers."),
        Fault.UNKNOWN_OPERATOR: _("The comparison “%(part)s” does not go with this fact."),
        Fault.WRONG_COUNT: _("A value is missing, or there is one too many."),
        Fault.WRONG_VALUE: _("“%(part)s” is not a value of this fact."),
        Fault.UNKNOWN_ACT: _("“%(part)s” is nothing that is counted."),
        Fault.WRONG_TIMES: _("“%(part)s” is not a number of times from 1 to 10,000."),
        Fault.WRONG_DAYS: _("“%(part)s” is not a number of days from 1 to 3,660."),
        Fault.WRONG_AMOUNT: _("“%(part)s” is not an amount in yuan."),
        Fault.UNKNOWN_SEGMENT: _("There is no segment “%(part)s” in use."),
        Fault.WRONG_SHARE: _("A random share needs a name and goes from 0–99 up to 1–100: “%(part)s”."),
        Fault.CYCLE: _("Segments would use each other in a circle."),
    }[error.fault] % {"part": error.part}


def say_leaf(leaf: Leaf, facts: Mapping[str, Field], segments: Mapping[str, str]) -> str:
    """Return a condition as a sentence; `segments` are names by public id."""
    if isinstance(leaf, Fact):
        return say(leaf.condition, facts, condition_words())
    if isinstance(leaf, Did):
        act = str(acts.get(leaf.act).label) if leaf.act in acts else leaf.act
        given = {"act": act, "times": leaf.times, "days": leaf.days, "amount": leaf.amount}
        if leaf.days is None:
            text = _("%(act)s at least %(times)s times ever") % given
        else:
            text = _("%(act)s at least %(times)s times in the last %(days)s days") % given
        return text if leaf.amount is None else _("%(text)s, ¥%(amount)s or more each") % {**given, "text": text}
    if isinstance(leaf, InSegment):
        return _("in the segment %(name)s") % {"name": segments.get(leaf.segment, leaf.segment)}
    return _("random share %(from)s–%(to)s%% of “%(seed)s”") % {"from": leaf.low, "to": leaf.high, "seed": leaf.seed}


def say_join(join: Join) -> str:
    """Return how the parts of a group are joined."""
    return {
        Join.ALL: _("all of these hold"),
        Join.ANY: _("at least one of these holds"),
        Join.NONE: _("none of these holds"),
    }[join]


def say_rule(node: Leaf | Group, facts: Mapping[str, Field], segments: Mapping[str, str]) -> str:
    """Return a whole rule as one sentence, groups in brackets."""
    if not isinstance(node, Group):
        return say_leaf(node, facts, segments)
    between = _(" and ") if node.join is Join.ALL else _(" or ")
    inside = between.join(
        f"({say_rule(part, facts, segments)})" if isinstance(part, Group) else say_leaf(part, facts, segments)
        for part in node.parts
    )
    return _("none of: %(parts)s") % {"parts": inside} if node.join is Join.NONE else inside


def say_value(leaf: Leaf, value: Any, facts: Mapping[str, Field]) -> str:
    """Return what a customer has, beside a condition on it."""
    if isinstance(leaf, Did):
        return _("%(times)s times") % {"times": value or 0}
    if not isinstance(leaf, Fact):
        return ""
    field = facts.get(leaf.condition.field)
    if field is not None and field.type is Type.YES_NO:
        return _("yes") if value else _("no")
    if value is None:
        return _("none") if field is not None and field.type in {Type.NUMBER, Type.MONEY} else _("not known")
    if isinstance(value, list):
        return join_words(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal) and field is not None and field.type is Type.MONEY:
        return f"¥{value:,.2f}"
    labels = {key: str(label) for key, label in field.choices} if field is not None else {}
    return labels.get(str(value), str(value))
