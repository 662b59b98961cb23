"""Inputs of forms that every page shares."""

from typing import Any

from django import forms


class DayInput(forms.DateInput):
    """A day in the browser's own picker, which reads nothing but `2026-11-22`, whatever the language writes."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """A moment in the browser's own picker; with `data-past` there are no buttons for moments to come."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")
