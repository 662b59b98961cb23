"""Rates by grade against what the grades lose and against the legal cap, and who changed them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from lending.models import Application, Product
from lending.operations.offers import get_cap_rate
from lending.queries.terms import quote_application
from lending.rules.limits import judge_price
from risk.queries.losses import get_basis, get_loss_share, get_observed
from risk.rules.losses import judge_grades
from risk.rules.tables import GRADES
from staff.models import Approval


@dataclass(frozen=True)
class Breach:
    """A grade that would break the legal cap on some of the product's terms; `is_everywhere` where on all of them."""

    grade: str
    periods: tuple[int, ...]
    all_in: Decimal
    cap: Decimal
    is_everywhere: bool


@dataclass(frozen=True)
class GradePrice:
    """One grade of one product: what it pays, what it is expected to lose, what is left."""

    grade: str
    annual_rate: Decimal | None
    loans: int
    defaults: int
    pd: Decimal
    lgd: Decimal
    expected_loss: Decimal

    @property
    def percent(self) -> str:
        """Return the rate as people write it: 0.0720 is 7.2."""
        return "" if self.annual_rate is None else f"{(self.annual_rate * 100).normalize():f}"

    @property
    def margin(self) -> Decimal | None:
        """Return what the rate leaves after the expected loss."""
        return None if self.annual_rate is None else self.annual_rate - self.expected_loss


def list_grade_prices(product: Product, *, on: date) -> list[GradePrice]:
    """Return the grades of a product with what its own seasoned loans have shown."""
    observed = [row for row in get_observed()[1] if row.product == product.code]
    basis = get_basis(on)
    lgd = get_loss_share(on).value
    losses = judge_grades(observed, GRADES, base_pd=basis.base_pd, lgd=float(lgd))
    return [
        GradePrice(
            grade=grade,
            annual_rate=Decimal(product.rate_by_grade[grade]) if grade in product.rate_by_grade else None,
            loans=loss.loans,
            defaults=loss.defaults,
            pd=Decimal(f"{loss.pd:.6f}"),
            lgd=lgd,
            expected_loss=Decimal(f"{loss.expected_loss_rate:.6f}"),
        )
        for grade, loss in losses.items()
    ]


def find_cap_breaches(product: Product, rates: Mapping[str, str], *, on: date) -> list[Breach]:
    """Return the grades whose all-in cost passes the cap on a day, judged as for an offer, the dearest first.

    Where the dearest grade keeps the cap on every term, all do.
    """
    cap = get_cap_rate(Application(product=product), on=on)
    found = []
    for grade, rate in sorted(rates.items(), key=lambda pair: Decimal(pair[1]), reverse=True):
        stops = {term: _find_stop(product, Decimal(rate), term, on, cap) for term in product.periods_allowed}
        broken = {term: stop for term, stop in stops.items() if stop is not None}
        if not broken:
            break
        found.append(Breach(grade, tuple(sorted(broken)), max(broken.values()), cap, len(broken) == len(stops)))
    return found


def _find_stop(product: Product, rate: Decimal, periods: int, on: date, cap: Decimal) -> Decimal | None:
    """Return the highest all-in rate of a term that stops an offer, over the product's methods and amounts."""
    stops = []
    for method in product.methods:
        # Fixed fees weigh most on the least amount.
        for amount in {product.amount_min, product.amount_max}:
            asked = Application(
                product=product, method=method, periods=periods, approved_amount=amount, annual_rate=rate
            )
            quote = quote_application(asked, disbursed_on=on)
            if judge_price(quote.apr_nominal, quote.apr_effective, cap).stop is not None:
                stops.append(quote.apr_nominal)
    return max(stops, default=None)


def list_price_changes(product: Product, kind: str) -> QuerySet[Approval]:
    """Return who asked for other rates and who decided, the newest first; changes made as configuration included."""
    return (
        Approval.objects.filter(
            Q(kind=kind) | Q(payload__has_key="rate_by_grade"),
            target_type=product._meta.label_lower,
            target_id=str(product.pk),
        )
        .select_related("maker", "checker")
        .order_by("-id")
    )
