"""The page of one customer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import NotFound
from core.models import User
from core.money import ZERO
from core.registries import customer_panels, tenure_notes, timeline_kinds
from core.rules.formats import money_text
from core.sentences import join_parts, say_value
from core.web.reading import read_day
from customers.models import BankCard, Customer, TimelineEntry
from customers.operations.desk import note_visit
from customers.queries.attributes import read_attributes
from customers.queries.health import read_health
from customers.queries.own import get_latest_profile, list_cards
from customers.queries.staff import access_customer, list_open_work, list_timeline
from customers.rules.identity import age_on
from customers.rules.timeline import count_kinds, fold_edits, split_noisy
from customers.texts import name_code, read_flow, render_text
from customers.web.forms import ContactForm, ReminderForm
from customers.web.forms_work import NoteForm, PromiseForm
from customers.web.header import describe_header
from staff import rights
from staff.pages import StaffPage
from staff.queries import Access

_FIGURES = ("overdue", "days_past_due", "outstanding", "invested", "next_due_date", "first_deal_date")
_PAGE = 30
_NEWS = 8
_TONES = {"LOW": "good", "MIDDLE": "plain", "HIGH": "late", "UNKNOWN": "plain", "LOST": "warn", "FROZEN": "late"}


@dataclass(frozen=True)
class Label:
    """A label of the strip and where it comes from."""

    title: Any
    text: str
    tone: str
    entry: dict[str, Any]


class CustomerPage(StaffPage):
    """The record: strip, tabs, timeline, what to do."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page, or one tab of it."""
        customer = access_customer(self.access, public_id)
        looked_at = note_visit(member_id=self.access.member_id, customer_id=customer.pk, now=clock.now())
        tab = request.GET.get("tab", "")
        tabs = _list_tabs(self.access, customer, tab)
        panel = next((item for item in tabs if item["is_current"]), tabs[0])
        profile, cards = get_latest_profile(customer), list(list_cards(customer.pk))
        figures = read_attributes([customer.pk], _FIGURES)[customer.pk]
        since = figures.get("first_deal_date")
        context = {
            "customer": customer,
            "figures": figures,
            "tenure": age_on(since, clock.business_date()) if since else None,
            "tenure_notes": _list_tenure_notes(self.access, customer.pk) if since else [],
            "labels": _list_labels(customer),
            "profile": profile,
            "cards": cards,
            **describe_header(customer, profile, has_card=any(card["state"] == BankCard.State.BOUND for card in cards)),
            "work": [_show_work(item) for item in list_open_work(customer.pk)[:20]],
            "tabs": tabs,
            "panel": panel,
            "can_unmask": self.access.has(rights.UNMASK),
            "can_edit": self.access.has(rights.EDIT_CUSTOMERS),
            "contact_form": ContactForm(auto_id="contact_%s"),
            "reminder_form": ReminderForm(auto_id="reminder_%s", initial={"due_at": _tomorrow()}),
            "note_form": NoteForm(auto_id="quick_note_%s"),
            "promise_form": PromiseForm(auto_id="quick_promise_%s", initial={"due_at": _tomorrow()}),
        }
        if not panel["panel_url"]:
            context |= self.overview(request, customer, looked_at)
        return render(request, "customers/page.html", context)

    def overview(self, request: HttpRequest, customer: Customer, looked_at: datetime | None) -> dict[str, Any]:
        """Return what the first tab shows."""
        return {
            "timeline": read_timeline(request, customer, looked_at),
            "news": list_news(customer.pk, self.access.user_id, looked_at),
            "looked_at": looked_at,
            "health": describe_health(customer.pk),
            "shapes": [(key, kind.label) for key, kind in timeline_kinds.items()],
        }


def _list_tenure_notes(access: Access, customer_id: int) -> list[tuple[Any, str]]:
    return [note for _key, find in tenure_notes.items() for note in find(access, customer_id)]


def describe_health(customer_id: int) -> dict[str, Any]:
    """Return the score and its parts in words."""
    score, parts = read_health(customer_id)
    return {"score": score, "parts": [(name_code("health_part", part.code), part) for part in parts]}


class CustomerTimeline(StaffPage):
    """A stretch of the timeline."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the entries as list items."""
        customer = access_customer(self.access, public_id)
        context = {"customer": customer, "timeline": read_timeline(request, customer)}
        return render(request, "customers/timeline.html", context)


def list_news(customer_id: int, user_id: int, since: datetime | None) -> list[dict[str, Any]]:
    """Return what others have done or what has happened since somebody looked last."""
    if since is None:
        return []
    rows = list_timeline(customer_id).filter(at__gt=since).exclude(actor_id=user_id)
    return [_show_entry(group, since) for group in fold_edits(list(rows[: _NEWS * 3]))][:_NEWS]


def read_timeline(request: HttpRequest, customer: Customer, since: datetime | None = None) -> dict[str, Any]:
    """Return a stretch of the timeline as `?shape=`, `?until=` and `?after=` ask."""
    shape = request.GET.get("shape", "")
    if shape not in timeline_kinds:
        shape = ""
    until = read_day(request.GET.get("until", ""))
    rows = list_timeline(
        customer.pk,
        shape=shape,
        until=clock.at(until + timedelta(days=1), 0) if until else None,
        after=_read_place(request.GET.get("after", "")),
    )
    found = list(rows[: _PAGE + 1])
    more = f"{found[_PAGE - 1].at.isoformat()}~{found[_PAGE - 1].pk}" if len(found) > _PAGE else ""
    return {"days": _by_day(found[:_PAGE], since), "shape": shape, "until": until, "more": more}


def _by_day(entries: list[TimelineEntry], since: datetime | None) -> list[dict[str, Any]]:
    days: list[dict[str, Any]] = []
    for day, rows in groupby(entries, key=lambda entry: entry.at.astimezone(clock.SHANGHAI).date()):
        shown, hidden = split_noisy(fold_edits(list(rows)))
        summary = [
            (timeline_kinds.get(kind).label, number) for kind, number in count_kinds(hidden) if kind in timeline_kinds
        ]
        days.append(
            {
                "day": day,
                "entries": [_show_entry(group, since) for group in shown],
                "more": [_show_entry(group, since) for group in hidden],
                "summary": summary,
            }
        )
    return days


def _by_staff(entry: TimelineEntry) -> str:
    return str(entry.actor) if entry.actor and entry.actor.kind == User.Kind.STAFF else ""


def _show_entry(group: list[TimelineEntry], since: datetime | None) -> dict[str, Any]:
    """Return one line; edits made in one go name their number and stand behind it."""
    entry = group[0]
    # What failed, was set aside or only wished for is named, not counted as received or paid.
    named = entry.amount if entry.amount is not None else ZERO
    flow = read_flow(entry.text_code, named) if entry.kind == "money" else ZERO
    notes = [money_text(abs(named)) if named and not flow else "", _by_staff(entry)]
    title = render_text(entry.text_code, entry.params)
    return {
        "shape": entry.kind if entry.kind in timeline_kinds else "change",
        "title": title if len(group) == 1 else gettext("%(n)s changes in one go") % {"n": len(group)},
        "folded": [render_text(one.text_code, one.params) for one in group] if len(group) > 1 else [],
        "note": entry.params.get("note", ""),
        "at": entry.at,
        "amount": flow or None,
        "tone": "good" if flow > ZERO else "",
        "url": entry.url,
        "meta": " · ".join(filter(None, notes)),
        "is_new": since is not None and entry.at > since,
    }


def _read_place(text: str) -> tuple[datetime, int] | None:
    moment, _separator, pk = text.partition("~")
    try:
        return datetime.fromisoformat(moment), int(pk)
    except ValueError:
        return None


def _tomorrow() -> datetime:
    return clock.at(clock.now().date() + timedelta(days=1), 10)


def _list_tabs(access: Access, customer: Customer, current: str) -> list[dict[str, Any]]:
    here = reverse("customers:page", args=[customer.public_id])
    tabs = [{"key": "", "label": _("Overview"), "url": here, "panel_url": "", "is_current": not current}]
    for key, panel in sorted(customer_panels.items(), key=lambda pair: pair[1].order):
        if panel.right and not access.has(panel.right):
            continue
        try:
            panel_url = reverse(panel.url_name, args=[customer.public_id])
        except NoReverseMatch:
            continue
        url = f"{here}?tab={key}"
        tabs.append(
            {"key": key, "label": panel.title, "url": url, "panel_url": panel_url, "is_current": key == current}
        )
    if not any(tab["is_current"] for tab in tabs):
        raise NotFound
    return tabs


def _list_labels(customer: Customer) -> list[Label]:
    labels = []
    for name, title, text, value in (
        ("value_tier", _("Value tier"), customer.get_value_tier_display(), customer.value_tier),
        ("stage", _("Stage"), customer.get_stage_display(), customer.stage),
        ("risk_tier", _("Risk tier"), customer.get_risk_tier_display(), customer.risk_tier),
    ):
        labels.append(Label(title, text, _TONES.get(value, "plain"), _explain(customer.labels.get(name, {}))))
    if customer.investor_type:
        entry = {"at": customer.investor_type_expires_date}
        labels.append(Label(_("Risk tolerance, valid until"), customer.investor_type, "plain", entry))
    return labels


def _explain(entry: dict[str, Any]) -> dict[str, Any]:
    reason = entry.get("reason", "")
    if isinstance(reason, dict):
        code = reason.get("code", "")
        reason = (
            render_text(code, reason) if code else join_parts(say_value(key, value) for key, value in reason.items())
        )
    rule = render_text(entry.get("rule", ""), {})
    return {**entry, "rule": rule, "reason": reason, "at": str(entry.get("at", ""))[:10]}


def _show_work(item: Any) -> dict[str, Any]:
    return {
        "item": item,
        "text": render_text(item.reason_code, item.params),
        "is_late": item.due_at is not None and item.due_at < clock.now(),
    }
