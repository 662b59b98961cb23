"""Addresses of the message pages."""

from django.urls import path

from messaging.web import views

app_name = "messaging"

urlpatterns = [
    path("messages/", views.MessageListPage.as_view(), name="list"),
    path("messages/<str:public_id>/", views.MessagePage.as_view(), name="message"),
    path("customers/<str:public_id>/messages/", views.CustomerMessages.as_view(), name="customer"),
]
