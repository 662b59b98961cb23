"""What the RM's work puts into the frame: navigation, panels, Today's sources, sentences."""

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import clock
from core.changes import appliers
from core.registries import (
    CustomerPanel,
    NavigationItem,
    WorkRow,
    WorkSource,
    customer_panels,
    navigation,
    work_sources,
)
from customers.models import Customer, Lead, WorkItem
from customers.operations import work_rules
from customers.queries.diary import list_birthdays, list_due_plans
from customers.queries.leads import list_unanswered
from customers.texts import register_text, register_words, render_text
from staff import rights
from staff.pages import visible_with
from staff.queries import get_access

_TEXTS = {
    "customers.contact_missed": _("Tried to reach: %(channel)s"),
    "customers.promise_made": _("Promised by %(at)s"),
    "customers.promise_kept": _("Promise kept: %(note)s"),
    "customers.promise_broken": _("Promise not kept: %(note)s"),
    "customers.promise_late": _("Promised by %(at)s and still open: %(note)s"),
    "customers.note.NOTE": _("Note"),
    "customers.note.FEEDBACK": _("Feedback of the customer"),
    "customers.mentioned": _("%(by)s mentions you: %(note)s"),
    "customers.need.BORROWER": _("Wants to borrow"),
    "customers.need.INVESTOR": _("Wants to invest"),
    "customers.opportunity.NEED": _("Opportunity: %(title)s"),
    "customers.opportunity.PROPOSED": _("Proposed: %(title)s"),
    "customers.opportunity.APPLYING": _("Applying: %(title)s"),
    "customers.opportunity.WON": _("Won: %(title)s"),
    "customers.opportunity.LOST": _("Lost: %(title)s"),
    "customers.lead_converted": _("Lead %(number)s became a customer: %(method)s"),
    "customers.lead_given": _("Lead %(number)s is yours now"),
    "customers.asked_online": _("Asked through the public form: %(role)s"),
    "customers.registration_stopped": _("Stopped registering before the step: %(step)s. Agreed to be called."),
    "customers.revisit_due": _(
        "%(value_tier)s, %(stage)s: every %(interval)s days, last contact %(since)s days ago, best %(weekday)s %(hours)s"
    ),
    "customers.revisit_first": _(
        "%(value_tier)s, %(stage)s: every %(interval)s days, no contact for %(since)s days, best %(weekday)s %(hours)s"
    ),
}
_ACTIONS = {
    "customers.acquisition_cost_recorded": _("Cost of winning customers recorded"),
    "customers.contact_planned": _("Contact planned"),
    "customers.cost_recorded": _("Cost recorded"),
    "customers.lead_assigned": _("Lead assigned"),
    "customers.lead_converted": _("Lead became a customer"),
    "customers.lead_lost": _("Lead lost"),
    "customers.lead_qualified": _("Lead qualified"),
    "customers.lead_taken_in": _("Lead taken in"),
    "customers.need_met": _("Need met"),
    "customers.need_recorded": _("Need recorded"),
    "customers.note_added": _("Note added"),
    "customers.note_pinned": _("Note pinned"),
    "customers.opportunity_moved": _("Opportunity moved"),
    "customers.opportunity_opened": _("Opportunity opened"),
    "customers.plan_dropped": _("Planned contact dropped"),
    "customers.promise_closed": _("Promise closed"),
    "customers.promise_made": _("Promise made"),
    "customers.partner_changed": _("Partner changed"),
    "customers.partner_defined": _("Partner defined"),
    "customers.revisit_rule_changed": _("Revisit rule changed"),
    "customers.revisit_rule_defined": _("Revisit rule defined"),
    "customers.research_added": _("Finding recorded"),
    "customers.unmasked.lead_phone": _("Phone number of a lead seen in plain text"),
}
_WEEKDAYS = {
    f"D{number}": day
    for number, day in enumerate((_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")))
}


_HEALTH = {
    "first_response": (_("First response"), _("His first response was late: call him and say who looks after him")),
    "contacts": (
        _("Contacts as planned"),
        _("Planned contacts were missed: make up for the latest, plan what you can keep"),
    ),
    "promises": (_("Promises kept"), _("Promises to him were broken: keep the oldest one today")),
    "cases": (_("Complaints"), _("His complaints are open with other departments: ask for an answer and tell him")),
    "overdue": (_("Paid in time"), _("He is overdue: ask what has happened and agree on a date")),
}


def register() -> None:
    """Register all of it."""
    for code, sentence in _TEXTS.items():
        register_text(code, sentence)
    for code, (label, reason) in _HEALTH.items():
        register_words("health_part", {code: label})
        register_text(f"customers.health.{code}", reason)
    register_words("action", _ACTIONS)
    register_words("weekday", _WEEKDAYS)
    register_words("value_tier", dict(Customer.ValueTier.choices))
    register_words("stage", dict(Customer.Stage.choices))
    register_words("method", dict(Lead._meta.get_field("method").flatchoices))
    register_words("role", {"BORROWER": _("Borrower"), "INVESTOR": _("Investor")})
    register_words("channel", {"CALL": _("call"), "WECHAT": _("WeChat"), "VISIT": _("visit")})
    register_words("step", {"IDENTITY": _("identity confirmed"), "CARD": _("card bound")})
    navigation.register(
        "leads", NavigationItem(_("Leads"), "customers:leads", "user-plus", 22, visible_with(rights.WORK_LEADS))
    )
    navigation.register(
        "opportunities",
        NavigationItem(
            _("Opportunities"), "customers:opportunities", "layout-kanban", 24, visible_with(rights.VIEW_CUSTOMERS)
        ),
    )
    navigation.register(
        "calendar",
        NavigationItem(_("Calendar"), "customers:calendar", "calendar", 12, visible_with(rights.VIEW_CUSTOMERS)),
    )
    customer_panels.register("needs", CustomerPanel(_("Needs & opportunities"), "customers:needs", order=12))
    customer_panels.register("diary", CustomerPanel(_("Contacts & promises"), "customers:diary", order=14))
    customer_panels.register("value", CustomerPanel(_("Customer value"), "customers:value", order=60))
    appliers.register("customers.revisitrule", work_rules.apply_revisit_rule)
    appliers.register("customers.partner", work_rules.apply_partner)
    work_sources.register("customers.plans", WorkSource(_("Planned contacts"), _list_plans))
    work_sources.register("customers.birthdays", WorkSource(_("birthdays"), _list_birthdays))
    work_sources.register("customers.leads", WorkSource(_("Leads to answer"), _list_leads))


def _list_plans(user: Any, business_date: date, limit: int) -> list[WorkRow]:
    access = get_access(user)
    if access is None:
        return []
    until = clock.at(business_date + timedelta(days=1), 0)
    rows = []
    for plan in list_due_plans(access, until=until, limit=limit):
        who = plan.customer or plan.lead
        assert who is not None
        reason = render_text(plan.reason["code"], plan.reason) if plan.is_by_rule else plan.purpose
        rows.append(
            WorkRow(
                group=WorkItem.Group.REVISIT,
                title=f"{who} · {plan.get_channel_display()}",
                reason=reason if not plan.is_by_rule else f"{reason} · {plan.purpose}",
                customer_id=plan.customer_id,
                url=f"/customers/{who.public_id}/?tab=diary" if plan.customer_id else f"/leads/{who.public_id}/",
                due_at=plan.planned_at,
                urgency=80,
            )
        )
    return rows


def _list_birthdays(user: Any, business_date: date, limit: int) -> list[WorkRow]:
    access = get_access(user)
    if access is None:
        return []
    return [
        WorkRow(
            group=WorkItem.Group.CARE,
            title=str(customer),
            reason=gettext("Birthday on %(day)s") % {"day": f"{day:%m-%d}"},
            customer_id=customer.pk,
            url=f"/customers/{customer.public_id}/",
            due_at=clock.at(day, 18),
            urgency=110,
        )
        for customer, day in list_birthdays(access.member_id, business_date, days=3, limit=limit)
    ]


def _list_leads(user: Any, business_date: date, limit: int) -> list[WorkRow]:
    access = get_access(user)
    if access is None or not access.has(rights.WORK_LEADS):
        return []
    rows = []
    for lead in list_unanswered(access, limit=limit):
        due = f"{lead.answer_due_at.astimezone(clock.SHANGHAI):%m-%d %H:%M}" if lead.answer_due_at else "–"
        rows.append(
            WorkRow(
                group=WorkItem.Group.LEADS,
                title=str(lead),
                reason=gettext("%(method)s, score %(score)s: first response by %(due)s")
                % {"method": lead.get_method_display(), "score": lead.score, "due": due},
                customer_id=None,
                url=f"/leads/{lead.public_id}/",
                due_at=lead.answer_due_at,
                urgency=40,
            )
        )
    return rows
