"""The market: published rates and policies, and whom they concern here."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import NotFound
from core.rules.charts import Chart, Series, Tone, Unit
from core.rules.formats import rate_text
from core.sentences import join_words
from core.web.listing import take_page
from lending.models import Application
from risk.models import MarketRate
from risk.operations import market as operations
from risk.queries import figures
from risk.queries import market as reads
from risk.web.indicators import MonitorPage
from staff import rights
from staff.pages import carry_out


class MarketPage(MonitorPage):
    """Rates with their course, policies that wait for an assessment."""

    section = "risk:market"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        rates = list(reads.list_rates(request.user)[:200])  # type: ignore[arg-type]
        policies = list(reads.list_policies(request.user)[:100])  # type: ignore[arg-type]
        return self.show(
            request,
            "risk/market.html",
            rates=[
                (rate, reverse("risk:rate", args=[rate.code, rate.published_date.isoformat()])) for rate in rates[:30]
            ],
            policies=[(notice, reverse("risk:policy", args=[notice.public_id])) for notice in policies],
            chart=_draw(rates),
        )


class RatePage(MonitorPage):
    """One publication of a rate: what moved, and whom it concerns."""

    section = "risk:market"

    def get(self, request: HttpRequest, code: str, day: str) -> HttpResponse:
        """Show the page."""
        try:
            published = date.fromisoformat(day)
        except ValueError as error:
            raise NotFound from error
        move = reads.get_move(request.user, code, published)  # type: ignore[arg-type]
        context: dict[str, Any] = {"move": move}
        if move.cap is not None:
            concerned = reads.concern_by_cap(self.access, move.cap)
            names = figures.name_dimensions([product for product, _grade, _rate in reads.list_dear_offers(move.cap)])
            context |= {
                "concerned": concerned,
                "page": take_page(concerned.rows, request.GET, sorts={}, total=concerned.loans),
                "offers": [
                    (names.get(product, product), grade, rate)
                    for product, grade, rate in reads.list_dear_offers(move.cap)
                ],
                "applications": reads.count_dear_applications(move.cap),
            }
        return self.show(request, "risk/rate.html", **context)


class PolicyPage(MonitorPage):
    """One policy: what it says, whom it concerns, what we make of it."""

    section = "risk:market"

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        notice = reads.get_policy(request.user, public_id)  # type: ignore[arg-type]
        concerned = reads.concern_by_policy(self.access, notice)
        purposes = dict(Application.Purpose.choices)
        scope = notice.scope or {}
        refusal = "" if self.access.has(rights.MANAGE_RISK) else _("Your role does not assess policies.")
        return self.show(
            request,
            "risk/policy.html",
            notice=notice,
            concerned=concerned,
            page=take_page(concerned.rows, request.GET, sorts={}, total=concerned.loans),
            purposes=join_words(purposes.get(code, code) for code in scope.get("purposes", [])),
            provinces=join_words(scope.get("provinces", [])),
            products=join_words(figures.name_dimensions(scope.get("products", [])).values()),
            refusal=refusal,
        )


class AssessPolicy(MonitorPage):
    """Write down what a policy means."""

    right = rights.MANAGE_RISK

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Keep the assessment."""
        notice = reads.get_policy(request.user, public_id)  # type: ignore[arg-type]
        return carry_out(
            request,
            reverse("risk:policy", args=[public_id]),
            lambda: operations.assess_policy(
                notice_id=notice.pk,
                text=request.POST.get("text", ""),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("Kept."),
        )


def _draw(rates: list[MarketRate]) -> Chart | None:
    days = sorted({rate.published_date for rate in rates})
    if not days:
        return None
    series = []
    for code, label in MarketRate.Code.choices:
        known = {rate.published_date: Decimal(rate.value) for rate in rates if rate.code == code}
        if not known:
            continue
        values: list[Decimal | None] = []
        for day in days:
            values.append(known.get(day, values[-1] if values else None))
        tone = Tone.ACCENT if code == MarketRate.Code.LPR_1Y else Tone.PLAIN
        series.append(Series(str(label), values, tone=tone))
    newest = rates[0]
    return Chart(
        _("Published rates"),
        [day.isoformat() for day in days],
        series,
        unit=Unit.RATIO,
        sentence=_("%(rate)s has stood at %(value)s since %(day)s.")
        % {"rate": newest.get_code_display(), "value": rate_text(newest.value), "day": newest.published_date},
    )
