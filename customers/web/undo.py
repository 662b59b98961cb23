"""Saying what was done together with the way back."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from customers.models import ReversibleAct


def tell(request: HttpRequest, text: str, act: ReversibleAct | None, back: str) -> HttpResponse:
    """Say what was done, with undo where the act remembers what it replaced."""
    return say_done(request, text, reverse("customers:undo", args=[act.public_id]) if act is not None else "", back)


def say_done(request: HttpRequest, text: str, undo_url: str, back: str) -> HttpResponse:
    """Answer a toast, with undo where there is an address for it: at once to htmx, on the page `back` to a form."""
    if request.headers.get("HX-Request"):
        news: dict[str, Any] = {"text": text, "tone": "good"}
        if undo_url:
            news["undo"] = undo_url
        return HttpResponse(headers={"HX-Trigger": json.dumps({"toast": news, "changed": {}})})
    messages.success(request, text, extra_tags=f"undo={undo_url}" if undo_url else "")
    return redirect(back)
