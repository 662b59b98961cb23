"""Labels: what each means and how many have it, whom a number stands for, and the labels of one customer."""

from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.errors import InvalidInput, NotFound
from core.sentences import join_parts, join_words, say_value
from core.web.listing import take_page
from core.web.reading import read_number
from customers.models import Customer
from customers.queries.staff import access_customer
from segmentation.models import Decline, LabelStay
from segmentation.models.vocabulary import Sign
from segmentation.operations import choices, declines
from segmentation.queries import lifecycle as reads
from segmentation.queries.labelling import REASONS
from segmentation.queries.labels import get_rule
from segmentation.rules.labels import KEYS
from segmentation.web.words import LABELS, explain, name_label, name_value, say_means, say_reason, show_both
from staff import rights
from staff.pages import StaffPage, carry_out

_MOVES_DAYS: Final = 90
_ROLES: Final = {"stage_borrower", "stage_investor", "sensitivity"}


def list_tabs(current: str) -> list[dict[str, Any]]:
    """Return the pages that stand beside each other under segments."""
    pages = [
        ("segmentation:list", _("Segments")),
        ("segmentation:labels", _("Labels")),
        ("segmentation:lifecycle", _("Lifecycle")),
        ("segmentation:declines", _("Declines")),
        ("segmentation:service", _("Service packages")),
        ("segmentation:playbooks", _("Playbooks")),
        ("segmentation:clusters", _("Clusters")),
        ("segmentation:needs", _("Next needs")),
        ("segmentation:recommendations", _("Recommendation")),
    ]
    return [{"label": label, "url": reverse(name), "is_current": name == current} for name, label in pages]


def people_url(label: str, value: str, **more: str) -> str:
    """Return the address of the customers behind a number."""
    extra = "".join(f"&{key}={text}" for key, text in more.items())
    return f"{reverse('segmentation:people')}?label={label}&value={value}{extra}"


def together_url(year: int, years: int) -> str:
    """Return the address of those who began in a year and stayed at least so many full years."""
    return f"{reverse('segmentation:people')}?year={year}&together={years}"


class LabelsPage(StaffPage):
    """Every label with its rule and the reader's customers by value."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        counts, flagged = reads.count_values(self.access), reads.count_flagged(self.access)
        rule = get_rule(clock.business_date())
        rows = [
            {
                "key": key,
                "title": name_label(key),
                "text": explain(key, rule) if rule else "",
                "values": [
                    {"label": label, "count": counts[key].get(value, 0), "url": people_url(key, value)}
                    for value, label in LABELS[key]
                ],
                "flags": [
                    {
                        "label": name_label(flag),
                        "count": flagged[flag],
                        "url": f"{reverse('segmentation:people')}?flag={flag}",
                    }
                    for flag in reads.FLAGS
                    if key == "preference"
                ],
            }
            for key in KEYS
        ]
        context = {"rows": rows, "rule": rule, "tabs": list_tabs("segmentation:labels")}
        return render(request, "segmentation/labels.html", context)


class PeoplePage(StaffPage):
    """The customers behind a number: who has a value, or who moved to it lately."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list."""
        if "year" in request.GET:
            return self.show_together(request)
        if "flag" in request.GET:
            return self.show_flagged(request, request.GET["flag"])
        label, value = request.GET.get("label", ""), request.GET.get("value", "")
        before = request.GET.get("before", "")
        if label not in KEYS or value not in dict(LABELS[label]) or (before and before not in dict(LABELS[label])):
            raise NotFound
        if before:
            rows = reads.list_moved(self.access, label, before, value, clock.now() - timedelta(days=_MOVES_DAYS))
            title = _("%(label)s: from %(before)s to %(value)s") % {
                "label": name_label(label),
                "before": name_value(label, before),
                "value": name_value(label, value),
            }
        elif label == "prime":
            return self.show_prime(request, value)
        else:
            rows = reads.list_holders(self.access, label, value)
            title = say_value(name_label(label), name_value(label, value))
        page = take_page(rows.select_related("rm__user").defer("search_grams", "labels"), request.GET, sorts={})
        since = dict(
            LabelStay.objects.filter(
                label=label, until_at=None, customer_id__in=[customer.pk for customer in page.rows]
            ).values_list("customer_id", "from_date")
        )
        context = {
            "title": title,
            "page": page,
            "rows": [{"customer": customer, "since": since.get(customer.pk)} for customer in page.rows],
            "back": reverse("segmentation:lifecycle" if before else "segmentation:labels"),
        }
        return render(request, "segmentation/people.html", context)

    def show_flagged(self, request: HttpRequest, flag: str) -> HttpResponse:
        """Show whom a flag beside a label stands for."""
        rows = reads.list_flagged(self.access, flag).select_related("rm__user").defer("search_grams", "labels")
        page = take_page(rows, request.GET, sorts={})
        context = {
            "title": name_label(flag),
            "page": page,
            "rows": [{"customer": customer, "since": None} for customer in page.rows],
            "back": reverse("segmentation:labels"),
        }
        return render(request, "segmentation/people.html", context)

    def show_prime(self, request: HttpRequest, value: str) -> HttpResponse:
        """Show who has so many points of a prime customer, the most first, with their parts."""
        rows = reads.list_by_prime(self.access, value).select_related("rm__user").defer("search_grams", "labels")
        page = take_page(rows, request.GET, sorts={"score": "score"}, default="-score", is_few=True)
        found = reads.read_prime([customer.pk for customer in page.rows])
        context = {
            "title": say_value(name_label("prime"), name_value("prime", value)),
            "page": page,
            "rows": [{"customer": customer, "parts": list_parts(found.get(customer.pk))} for customer in page.rows],
            "parts": [name for name, _points in list_parts(found[page.rows[0].pk])] if page.rows else [],
            "back": reverse("segmentation:labels"),
        }
        return render(request, "segmentation/prime.html", context)

    def show_together(self, request: HttpRequest) -> HttpResponse:
        """Show who began in a year and stayed so long."""
        year, years = (read_number(request.GET.get(name, "")) for name in ("year", "together"))
        if year is None or years is None or not 1900 < year < 2200 or years > reads.MOST_YEARS:
            raise NotFound
        rows = reads.list_together(self.access, year, years)
        page = take_page(rows.select_related("rm__user").defer("search_grams", "labels"), request.GET, sorts={})
        since = reads.read_first_deals([customer.pk for customer in page.rows])
        title = ngettext(
            "First deal in %(year)s, with us for at least %(n)s year",
            "First deal in %(year)s, with us for at least %(n)s years",
            years,
        )
        context = {
            "title": (title if years else _("First deal in %(year)s")) % {"year": year, "n": years},
            "page": page,
            "rows": [{"customer": customer, "since": since.get(customer.pk)} for customer in page.rows],
            "back": reverse("segmentation:lifecycle"),
        }
        return render(request, "segmentation/people.html", context)


class CustomerLabels(StaffPage):
    """The labels of one customer on his page: value, rule, time, reason, and what each brings."""

    right = rights.VIEW_SEGMENTS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment."""
        customer = access_customer(self.access, public_id)
        found, stays = reads.read_labels(customer.pk), reads.list_stays(customer.pk)
        limits = get_rule(clock.business_date())
        rows = [
            {
                "title": name_label(key),
                "value": name_value(key, stays[key].value),
                "both": show_both(stays[key].value) if key.startswith("stage") else "",
                "stay": stays[key],
                "reason": say_reason(
                    key, {name: reason[name] for name in REASONS[key] if name in (reason := stays[key].reason)}
                ),
                "rule": explain(key, limits) if limits else "",
                **self.show_means(customer, key, stays[key].value),
                "days": (clock.business_date() - stays[key].from_date).days,
            }
            for key in KEYS
            if key in stays
        ]
        past = [
            {"title": name_label(stay.label), "value": name_value(stay.label, stay.value), "stay": stay}
            for stay in reads.list_past_stays(customer.pk)
        ]
        context = {
            "customer": customer,
            "found": found,
            "rows": rows,
            "past": past,
            "signs": join_words(Sign(sign).label for sign in (found.churn_signs or [])) if found else "",
            "parts": list_parts(found),
            "declines": reads.list_declines_of(customer.pk),
            "causes": Decline.Cause.choices,
            "choices": [(row, name_value(row.label, row.value)) for row in reads.list_choices(customer.pk)],
            "settable": [(key, name_label(key), LABELS[key]) for key in sorted(_ROLES)],
            "can_edit": self.access.has(rights.EDIT_CUSTOMERS),
        }
        return render(request, "segmentation/customer_labels.html", context)

    def show_means(self, customer: Customer, key: str, value: str) -> dict[str, Any]:
        """Return what a label brings, and where to go on from it."""
        means, more = say_means(key, value), {}
        if (key, value) == ("sensitivity", "SAFETY") and self.access.has(rights.VIEW_LOANS):
            more = {"url": reverse("segmentation:safety", args=[customer.public_id]), "link": _("Facts sheet")}
        elif (key, value) == ("sensitivity", "SERVICE"):
            means = join_parts([means, say_value(_("RM"), customer.rm or _("nobody yet"))])
        elif (key, value) == ("risk_tier", "HIGH") and self.access.has(rights.VIEW_LOANS):
            more = {"url": f"{reverse('risk:warnings')}?of=high", "link": _("Monitoring queue")}
        elif key == "non_customer" and self.access.has(rights.VIEW_APPLICATIONS):
            means = " ".join([means, *reads.list_decline_reasons(customer.pk)])
        return {"means": means, **more}


def list_parts(found: Any) -> list[tuple[str, int]]:
    """Return the five parts of the prime score with their names."""
    if found is None or found.prime_score is None:
        return []
    return [
        (_("a demand and amounts"), found.prime_demand),
        (_("b fees and payment"), found.prime_payment),
        (_("c cost of service"), found.prime_service),
        (_("d risk and funds"), found.prime_risk),
        (_("e loyalty"), found.prime_loyalty),
    ]


class _CustomerAct(StaffPage):
    """An act on the labels of a customer whom one may edit."""

    right = rights.EDIT_CUSTOMERS

    def back(self, public_id: str) -> str:
        """Return where to go on."""
        return f"{reverse('customers:page', args=[public_id])}?tab=labels"


class ChooseLabel(_CustomerAct):
    """Set a label by hand."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it."""
        customer = access_customer(self.access, public_id, rights.EDIT_CUSTOMERS)
        text = request.POST.get("until", "")
        try:
            until = date.fromisoformat(text) if text else None
        except ValueError:
            raise InvalidInput(fields={"until": [_("Write the date as 2026-12-31.")]}) from None
        label, _separator, value = request.POST.get("choice", "").partition(":")

        def act() -> None:
            choices.choose_label(
                customer_id=customer.pk,
                label=label,
                value=value,
                reason=request.POST.get("reason", ""),
                until_date=until,
                business_date=clock.business_date(),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )

        return carry_out(request, self.back(public_id), act, _("Set. The labels follow in a moment."))


class ReleaseLabel(_CustomerAct):
    """Let the rule tell a label again."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it."""
        customer = access_customer(self.access, public_id, rights.EDIT_CUSTOMERS)

        def act() -> None:
            choices.end_choice(
                customer_id=customer.pk,
                label=request.POST.get("label", ""),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )

        return carry_out(request, self.back(public_id), act, _("The rule decides again."))


class NameCause(_CustomerAct):
    """Keep why a customer stays away."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Do it."""
        customer = access_customer(self.access, public_id, rights.EDIT_CUSTOMERS)
        row = reads.access_decline(self.access, request.POST.get("decline", ""), rights.EDIT_CUSTOMERS)
        if row.customer_id != customer.pk:
            raise NotFound

        def act() -> None:
            declines.name_cause(
                decline_id=row.pk,
                cause=request.POST.get("cause", ""),
                note=request.POST.get("note", ""),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            )

        return carry_out(request, self.back(public_id), act, _("Cause kept."))
