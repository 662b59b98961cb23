"""The rule builder: a form without a script's help that holds a nested rule, read into the rule's JSON and shown again.

Each part stands at a path, `r.0.1`: `kind:r.0.1` says what it is, `fact:r.0.1`, `is:r.0.1`, `v:r.0.1` … what it holds. The
form may hold what is no rule yet; `segmentation.rules.segments.parse` says what is wrong and where.
"""

from collections.abc import Iterator
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from core.filtering import operator_label
from core.registries import acts, attributes
from core.rules.conditions import Field, Operator, Type, count_inputs
from segmentation.rules.segments import MAX_CONDITIONS, MAX_DEPTH, Join, Vocabulary
from segmentation.texts import say_join

ROOT = "r"
_MOST_PARTS = 50
# More than a rule may hold, so that it is refused; each is shown again with all that can be chosen.
_MOST_NODES = 2 * MAX_CONDITIONS
_DAYS = {Operator.LAST, Operator.NEXT, Operator.NOT_LAST}
_INPUTS = {Type.NUMBER: "number", Type.MONEY: "number", Type.DATE: "date", Type.MOMENT: "date"}
NEW_RULE: dict[str, Any] = {"all": [{"fact": "stage", "is": "in", "values": []}]}
_NEW: dict[str, dict[str, Any]] = {
    "fact": {"fact": "stage", "is": "in", "values": []},
    "did": {"did": "deposit", "times": 1, "days": 90},
    "segment": {"segment": ""},
    "share": {"share": {"seed": "", "from": 0, "to": 10}},
    "group": {"any": [{"fact": "stage", "is": "in", "values": []}]},
}


def read_rule(given: QueryDict) -> dict[str, Any]:
    """Return the JSON of what the form holds, after what its button asked for: a new part, or one less."""
    rule = _read(given, ROOT, 1, iter(range(_MOST_NODES)))
    act, _mark, path = given.get("do", "").partition(":")
    if act and path.startswith(ROOT):
        places = [_number(place) for place in path.split(".")[1:]]
        if all(isinstance(place, int) for place in places):
            _change(rule, places, act)
    return rule


def show(rule: dict[str, Any], words: Vocabulary, names: dict[str, str], faults: dict[str, str]) -> dict[str, Any]:
    """Return a rule as the template shows it; `faults` are sentences by the rule's own paths."""
    return _show(rule, ROOT, words, names, faults, 1)


def _read(given: QueryDict, path: str, depth: int, rest: Iterator[int]) -> dict[str, Any]:
    kind = given.get(f"kind:{path}", "")
    if kind in set(Join):
        parts = [
            _read(given, f"{path}.{place}", depth + 1, rest)
            for place in range(_MOST_PARTS)
            if f"kind:{path}.{place}" in given and depth <= MAX_DEPTH and next(rest, None) is not None
        ]
        return {kind: parts}
    if kind == "did":
        found: dict[str, Any] = {"did": given.get(f"did:{path}", ""), "times": _number(given.get(f"times:{path}", ""))}
        for name in ("days", "amount"):
            text = given.get(f"{name}:{path}", "").strip()
            if text:
                found[name] = _number(text) if name == "days" else text
        return found
    if kind == "segment":
        return {"segment": given.get(f"segment:{path}", "")}
    if kind == "share":
        low, high = (_number(given.get(f"{name}:{path}", "")) for name in ("from", "to"))
        return {"share": {"seed": given.get(f"seed:{path}", ""), "from": low, "to": high}}
    if kind == "fact":
        values = [value for value in given.getlist(f"v:{path}") if value.strip()]
        return {"fact": given.get(f"fact:{path}", ""), "is": given.get(f"is:{path}", ""), "values": values}
    return {"all": []}


def _number(text: str) -> Any:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _change(rule: dict[str, Any], path: list[int], act: str) -> None:
    """Add to the group at a path, or drop what stands there; a path that leads nowhere changes nothing."""
    parts = _parts_of(rule)
    for place in path[:-1] if act == "drop" else path:
        if parts is None or not 0 <= place < len(parts):
            return
        parts = _parts_of(parts[place])
    if parts is None:
        return
    if act in _NEW and len(parts) < _MOST_PARTS:
        parts.append({**_NEW[act]})
    elif act == "drop" and path and 0 <= path[-1] < len(parts):
        del parts[path[-1]]


def _parts_of(node: dict[str, Any]) -> list[dict[str, Any]] | None:
    for join in Join:
        if join.value in node:
            parts: list[dict[str, Any]] = node[join.value]
            return parts
    return None


def _show(
    node: dict[str, Any], path: str, words: Vocabulary, names: dict[str, str], faults: dict[str, str], depth: int
) -> dict[str, Any]:
    shown: dict[str, Any] = {"path": path, "fault": faults.get(path.removeprefix(ROOT).removeprefix("."), "")}
    parts = _parts_of(node)
    if parts is not None:
        join = next(key for key in node if key in set(Join))
        return {
            **shown,
            "is_group": True,
            "can_nest": depth < MAX_DEPTH,
            "is_root": path == ROOT,
            "joins": [(item.value, say_join(item), item.value == join) for item in Join],
            "parts": [
                _show(part, f"{path}.{place}", words, names, faults, depth + 1) for place, part in enumerate(parts)
            ],
        }
    if "did" in node:
        listed = [(key, act.label, key == node["did"]) for key, act in acts.items()]
        return {**shown, "kind": "did", "acts": listed, **{key: node.get(key) for key in ("times", "days", "amount")}}
    if "segment" in node:
        return {**shown, "kind": "segment", "segments": [(k, v, k == node["segment"]) for k, v in names.items()]}
    if "share" in node:
        share = node["share"]
        return {**shown, "kind": "share", "seed": share["seed"], "low": share["from"], "high": share["to"]}
    return {**shown, "kind": "fact", **_show_fact(node, words.facts)}


def _show_fact(node: dict[str, Any], facts: Any) -> dict[str, Any]:
    field: Field | None = facts.get(node.get("fact"))
    groups: dict[str, list[tuple[str, Any, bool]]] = {}
    for key, item in facts.items():
        group = str(attributes.get(key).group)
        groups.setdefault(group, []).append((key, item.label, field is not None and key == field.key))
    shown: dict[str, Any] = {"groups": list(groups.items())}
    if field is None:
        return shown
    operator = node.get("is") if node.get("is") in field.operators else field.operators[0].value
    chosen = Operator(str(operator))
    values = list(node.get("values", []))
    count = count_inputs(chosen)
    shown["operators"] = [(item.value, operator_label(item), item == chosen) for item in field.operators]
    shown["label"] = field.label
    choices: list[tuple[str, Any]] = list(field.choices)
    if field.type is Type.YES_NO:
        choices = [("yes", _("yes")), ("no", _("no"))]
    if count and choices and chosen not in _DAYS:
        shown["choices"] = [(key, label, key in values) for key, label in choices]
        shown["is_single"] = chosen is Operator.IS
    elif count:
        shown["input_type"] = "number" if chosen in _DAYS else _INPUTS.get(field.type, "text")
        shown["step"] = "1" if chosen in _DAYS else "any" if shown["input_type"] == "number" else ""
        shown["inputs"] = (values + [""] * count)[:count]
    return shown
