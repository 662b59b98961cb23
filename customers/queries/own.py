"""What a customer sees of himself."""

from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from core.errors import NotFound
from core.fields import blind_index
from core.models import User
from customers.models import (
    BankCard,
    ChannelPreference,
    Consent,
    Customer,
    FinancialProfile,
    IdentityCheck,
    InvestorAssessment,
)


def get_own_customer(user: Any) -> Customer:
    """Return the customer behind a log-in. Raises NotFound."""
    customer = Customer.objects.filter(user_id=user.pk).first()
    if customer is None:
        raise NotFound
    return customer


def get_own_customer_id(user: Any) -> int:
    """Return the id of the customer behind a log-in without reading the record. Raises NotFound."""
    # Written out: every request of a customer asks this, and building the query costs more than answering it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM customers_customer WHERE user_id = %s", [user.pk])
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    return int(row[0])


def lock_own_customer(user: Any) -> Customer:
    """Lock the customer behind a log-in until the end of the transaction. Raises NotFound."""
    customer = Customer.objects.select_for_update(no_key=True).filter(user_id=user.pk).first()
    if customer is None:
        raise NotFound
    return customer


def find_user_by_phone(phone: str) -> User | None:
    """Return the log-in that belongs to a phone number in its normal form, also to one of a record merged since."""
    customer = Customer.objects.select_related("user").filter(phone_index=blind_index(phone, "phone")).first()
    if customer is None or not phone:
        return None
    return follow_merges(customer).user


def follow_merges(customer: Customer) -> Customer:
    """Return the record into which one has gone, itself where it has not."""
    while customer.merged_into is not None:
        customer = customer.merged_into
    return customer


def get_latest_profile(customer: Customer) -> FinancialProfile | None:
    """Return the newest statement of a customer's finances."""
    return FinancialProfile.objects.filter(customer=customer).order_by("-as_of_date", "-id").first()


def get_preference(customer: Customer) -> ChannelPreference | None:
    """Return how a customer wants to be reached."""
    return ChannelPreference.objects.filter(customer=customer).first()


def get_latest_identity_check(customer_id: int) -> IdentityCheck | None:
    """Return the newest check of a customer's identity."""
    return IdentityCheck.objects.filter(customer_id=customer_id).order_by("-id").first()


def get_latest_assessment(customer_id: int) -> InvestorAssessment | None:
    """Return the newest answered questionnaire."""
    return InvestorAssessment.objects.filter(customer_id=customer_id).order_by("-id").first()


def list_live_consents(customer_id: int) -> QuerySet[Any, Any]:
    """Return what a customer consents to at present."""
    return (
        Consent.objects.filter(customer_id=customer_id, withdrawn_at__isnull=True)
        .order_by("purpose", "id")
        .values("purpose", "recipient", "notice_version", "given_at", "evidence_hash")
    )


def list_cards(customer_id: int) -> QuerySet[Any, Any]:
    """Return a customer's cards, unbound ones left out, by their last four digits."""
    return (
        BankCard.objects.filter(customer_id=customer_id)
        .exclude(state=BankCard.State.UNBOUND)
        .values("id", "tail", "bank_name", "state", "asked_at", "bound_at", "public_id")
    )


def get_own_card_id(customer_id: int, public_id: str) -> int:
    """Return the id of a customer's own card. Raises NotFound."""
    pk = BankCard.objects.filter(customer_id=customer_id, public_id=public_id).values_list("pk", flat=True).first()
    if pk is None:
        raise NotFound
    return pk


def list_customers_in(condition: Any) -> QuerySet[Any, Any]:
    """Return the rows of the staff list of customers that a scope allows, without those merged into others."""
    return Customer.objects.filter(condition, merged_into__isnull=True).values(
        "id",
        "number",
        "kind",
        "status",
        "name",
        "is_borrower",
        "is_investor",
        "stage",
        "risk_tier",
        "value_tier",
        "investor_type",
        "registered_at",
        "latest_contact_at",
        "public_id",
        rm_name=F("rm__user__display_name"),
    )
