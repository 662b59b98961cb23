"""Saying what was done together with the way back."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from customers.models import ReversibleAct


def tell(request: HttpRequest, text: str, act: ReversibleAct | None, back: str) -> HttpResponse:
    """Answer a toast with undo: at once to htmx, on the page `back` to a plain form."""
    url = reverse("customers:undo", args=[act.public_id]) if act is not None else ""
    if request.headers.get("HX-Request"):
        news: dict[str, Any] = {"text": text, "tone": "good"}
        if url:
            news["undo"] = url
        return HttpResponse(headers={"HX-Trigger": json.dumps({"toast": news, "changed": {}})})
    messages.success(request, text, extra_tags=f"undo={url}" if url else "")
    return redirect(back)
