"""Addresses of the webhooks, below `/api/v1/webhooks/`."""

from django.urls import path

from integrations.web.views import PaymentWebhook, SmsWebhook

app_name = "integrations"
urlpatterns = [
    path("payments/<slug:gateway>/", PaymentWebhook.as_view(), name="payment-webhook"),
    path("messages/sms/", SmsWebhook.as_view(), name="sms-webhook"),
]
