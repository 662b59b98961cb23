"""Typed events: past-tense frozen dataclasses of ids, dates and amounts, with a wire form of their own."""

import dataclasses
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar, get_type_hints

E = TypeVar("E", bound=type)
_TYPES: dict[str, type] = {}
_NAMES: dict[type, str] = {}


def event_type(name: str) -> Callable[[E], E]:
    """Register a frozen dataclass under a dotted wire name, `app.what_happened`."""

    def register(cls: E) -> E:
        assert dataclasses.is_dataclass(cls), f"{cls} must be a dataclass"
        assert _TYPES.get(name, cls) is cls, f"two events are called {name}"
        _TYPES[name] = cls
        _NAMES[cls] = name
        return cls

    return register


def name_of(event_or_type: Any) -> str:
    """Return the wire name of an event or of its class."""
    return _NAMES[event_or_type if isinstance(event_or_type, type) else type(event_or_type)]


def type_of(name: str) -> type:
    """Return the class of a wire name."""
    return _TYPES[name]


def encode(event: Any) -> dict[str, Any]:
    """Return the JSON form: decimals and dates as strings."""
    return {field.name: _encode_value(getattr(event, field.name)) for field in dataclasses.fields(event)}


def _encode_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_encode_value(item) for item in value]
    return value


def decode(name: str, payload: dict[str, Any]) -> Any:
    """Rebuild an event; fields that the payload lacks take their defaults, so that old rows stay readable."""
    cls = _TYPES[name]
    hints = get_type_hints(cls)
    known = {field.name for field in dataclasses.fields(cls)}
    return cls(**{key: _decode_value(hints[key], value) for key, value in payload.items() if key in known})


def _decode_value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    text = str(hint)
    if "Decimal" in text:
        return Decimal(value)
    if "datetime.datetime" in text:
        return datetime.fromisoformat(value)
    if "datetime.date" in text:
        return date.fromisoformat(value)
    if text.startswith("tuple"):
        return tuple(value)
    return value
