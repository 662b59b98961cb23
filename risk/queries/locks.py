"""Locks, always in the same order: customer, application, report or review."""

from collections.abc import Collection

from customers.models import Customer
from lending.models import Application
from risk.models import Alert, BureauReport, Review


def lock_application(application_id: int) -> Application:
    """Lock an application and its borrower, the borrower first, as lending does."""
    customer_id = Application.objects.values_list("customer_id", flat=True).get(pk=application_id)
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    application = (
        Application.objects.select_for_update(no_key=True, of=("self",))
        .select_related("product")
        .get(pk=application_id)
    )
    application.customer = customer
    return application


def lock_applications(application_ids: Collection[int]) -> list[Application]:
    """Lock applications and their borrowers, all borrowers first; the applications come back by key."""
    wanted = Application.objects.filter(pk__in=application_ids)
    borrowers = Customer.objects.filter(pk__in=wanted.values("customer_id")).order_by("pk")
    # Evaluated for its locks alone.
    list(borrowers.select_for_update(no_key=True).values_list("pk", flat=True))
    return list(wanted.select_for_update(no_key=True, of=("self",)).select_related("product").order_by("pk"))


def lock_report(report_id: int) -> BureauReport:
    """Lock a bureau report."""
    return (
        BureauReport.objects.select_for_update(no_key=True, of=("self",))
        .select_related("application")
        .get(pk=report_id)
    )


def lock_review(review_id: int) -> Review:
    """Lock a review."""
    return Review.objects.select_for_update(no_key=True).get(pk=review_id)


def lock_alert(alert_id: int) -> Alert:
    """Lock an alert."""
    return Alert.objects.select_for_update(no_key=True, of=("self",)).select_related("product", "loan").get(pk=alert_id)
