"""What a customer says about his finances and how to reach him."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput
from core.money import InexactAmount, yuan
from customers.models import ChannelPreference, Customer, FinancialProfile
from customers.operations import facts, history
from customers.queries.facts import take_stamps
from customers.rules.sources import band_income

CHANNELS = ("SMS", "MAIL")


class ProfileMissing(BusinessError):
    """Address and finances are not known."""

    code = "profile_missing"
    message = _("Your address and finances are needed first.")
    next_step = _("Send your profile, then apply.")


class InvalidIncome(InvalidInput):
    """The income is no amount."""

    code = "invalid_income"
    message = _("Enter the monthly income in yuan, for example 8000.00.")


@transaction.atomic
def update_profile(
    *,
    customer_id: int,
    address: str,
    email: str,
    monthly_income: str,
    monthly_debt_payment: Decimal,
    assets: Decimal,
    liabilities: Decimal,
    other_platform_balance: Decimal,
    occupation: str,
    employer: str,
    is_student: bool,
    employment_years: int,
    housing: str,
    source: str,
    now: datetime,
    business_date: date,
) -> FinancialProfile:
    """Keep a new dated profile beside the older ones, with its source. Raises InvalidIncome."""
    try:
        income = yuan(monthly_income)
    except InexactAmount as error:
        raise InvalidIncome(fields={"monthly_income": [InvalidIncome.message]}) from error
    if income < 0:
        raise InvalidIncome(fields={"monthly_income": [InvalidIncome.message]})
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    stated: dict[str, Any] = {
        "monthly_income": income,
        "monthly_debt_payment": monthly_debt_payment,
        "assets": assets,
        "liabilities": liabilities,
        "other_platform_balance": other_platform_balance,
        "occupation": occupation,
        "employer": employer,
        "is_student": is_student,
        "employment_years": employment_years,
        "housing": housing,
    }
    reached = {name: value for name, value in (("address", address), ("email", email)) if value}
    # The customer changes what he sees of himself, so that he replaces it whoever said it before.
    result = facts.set_facts(
        customer_id=customer_id,
        values={**stated, **reached},
        source=source,
        actor=customer.user,
        now=now,
        expected=take_stamps(customer, [*stated, *reached]),
        as_of_date=business_date,
    )
    return result.profile or _confirm(customer, stated, source, now, business_date)


def _confirm(
    customer: Customer, stated: dict[str, Any], source: str, now: datetime, business_date: date
) -> FinancialProfile:
    """Date the same finances anew: that nothing has changed is news too."""
    income = str(stated["monthly_income"])
    profile = FinancialProfile.objects.create(
        customer=customer,
        as_of_date=business_date,
        source=source,
        income_band=band_income(income),
        **{**stated, "monthly_income": income},
    )
    facts.refresh_completeness([customer.pk])
    audit.record(actor=customer.user, action="customers.profile_updated", target=customer, now=now)
    history.add_timeline(
        customer_id=customer.pk,
        kind="change",
        text_code="customers.profile_updated",
        params={"source": source},
        at=now,
        key=f"profile:{profile.pk}",
    )
    return profile


@transaction.atomic
def set_preference(*, customer_id: int, channels: list[str], language: str, now: datetime) -> ChannelPreference:
    """Set the channels in the order wanted and the language of messages. Raises InvalidInput."""
    if not channels or len(set(channels)) != len(channels) or not set(channels) <= set(CHANNELS):
        raise InvalidInput(fields={"channels": [_("Name each of SMS and MAIL at most once.")]})
    if language not in {"zh-hans", "en"}:
        raise InvalidInput(fields={"language": [_("zh-hans or en.")]})
    preference, _created = ChannelPreference.objects.update_or_create(
        customer_id=customer_id, defaults={"channels": channels, "language": language}
    )
    audit.record(actor=None, action="customers.preference_set", target=preference, data={"channels": channels}, now=now)
    return preference
