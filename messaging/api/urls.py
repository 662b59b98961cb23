"""Addresses below `/api/v1/`."""

from django.urls import path

import core.api.paths  # noqa: F401 - registers the converters
from messaging.api import views

urlpatterns = [
    path("me/messages/", views.MessagesView.as_view()),
    path("me/messages/<public_id:public_id>/read/", views.MessageReadView.as_view()),
]
