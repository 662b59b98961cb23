"""Prices of risk: the rate of each grade of a product, changed by two people and never above the legal cap."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput, Text
from core.models import User
from core.rules.formats import rate_text
from lending.models import Product
from lending.operations.products import apply_product
from risk.queries.pricing import Breach, find_cap_breaches
from risk.rules.tables import GRADES
from staff import rights
from staff.models import Approval
from staff.operations import ask_approval, decide_approval
from staff.queries import access_right

PRICE: Final = "risk.change_prices"
_STEP: Final = Decimal("0.000001")


class PricesInvalid(InvalidInput):
    """The rates cannot be offered."""

    code = "prices_invalid"
    message = _("These rates cannot be offered.")


@transaction.atomic
def ask_prices(
    *, product_id: int, rate_by_grade: Mapping[str, str], reason: str, actor: User, now: datetime, business_date: date
) -> Approval:
    """Ask a second person for new rates; running loans and open offers keep theirs.

    Raises Refused, PricesInvalid, AlreadyAsked.
    """
    access_right(actor, rights.EDIT_RULES)
    product = Product.objects.select_for_update(no_key=True).get(pk=product_id)
    if not reason.strip():
        raise PricesInvalid(fields={"reason": [_("Say why.")]})
    rates, breaches = _check(product, rate_by_grade, business_date)
    # On some terms the fees may be too much for a grade: such an offer is refused when it is made.
    above_cap = {breach.grade: list(breach.periods) for breach in breaches}
    payload = {"rate_by_grade": rates, "before": product.rate_by_grade, "above_cap": above_cap}
    return ask_approval(kind=PRICE, target=product, payload=payload, reason=reason[:300], actor=actor, now=now)


@transaction.atomic
def decide_prices(*, approval_id: int, is_approved: bool, note: str, actor: User, now: datetime) -> Approval:
    """Decide as the second person; the rates hold for decisions from now on.

    Raises Refused, AlreadyDecided, OwnApproval, PricesInvalid when the cap fell meanwhile.
    """
    access_right(actor, rights.APPROVE_CONFIGURATION)
    approval = decide_approval(approval_id=approval_id, is_approved=is_approved, note=note, actor=actor, now=now)
    if is_approved:
        product = Product.objects.select_for_update(no_key=True).get(pk=approval.target_id)
        rates, _breaches = _check(product, approval.payload["rate_by_grade"], localdate(now))
        apply_product(target_id=str(product.pk), values={"rate_by_grade": rates}, actor=actor, now=now)
    return approval


def _check(product: Product, given: Mapping[str, str], on: date) -> tuple[dict[str, str], list[Breach]]:
    """Return the rates as they are stored and what of them the cap stops; a better grade never pays more.

    Raises PricesInvalid, also for a grade that the cap leaves no term.
    """
    rates: dict[str, str] = {}
    last = Decimal(0)
    for grade in GRADES:
        if not (text := given.get(grade, "").strip()):
            continue
        try:
            rate = Decimal(text)
            is_rate = rate.is_finite() and 0 < rate < 1 and rate == rate.quantize(_STEP)
        except InvalidOperation:
            is_rate = False
        if not is_rate:
            raise PricesInvalid(fields={grade: [_("A rate between 0 and 1 with at most six places.")]})
        if rate < last:
            raise PricesInvalid(fields={grade: [_("A worse grade cannot pay less than a better one.")]})
        rates[grade], last = str(rate), rate
    if not rates:
        raise PricesInvalid(fields={GRADES[0]: [_("At least one grade needs a rate.")]})
    breaches = find_cap_breaches(product, rates, on=on)
    sentence = _("With all fees %(rate)s a year, above the legal cap of %(cap)s.")
    told: dict[str, list[Text]] = {
        breach.grade: [sentence % {"rate": rate_text(breach.all_in), "cap": rate_text(breach.cap)}]
        for breach in breaches
        if breach.is_everywhere
    }
    if told:
        raise PricesInvalid(fields=told)
    return rates, breaches
