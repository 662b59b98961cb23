"""Locks, always in the same order: customer, application, report or review."""

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
