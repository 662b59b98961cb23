"""The score of a lead and the clock of its first response."""

from dataclasses import asdict
from datetime import datetime

from core import clock, parameters
from core.calendar import WorkCalendar
from customers.models import Lead
from customers.queries.attributes import read_attributes
from customers.queries.leads import conversion_share, latest_need
from customers.rules import leads as rules

OPENS, CLOSES = 9, 18


def answer_due(created_at: datetime) -> datetime:
    """Return until when a lead that came in at an instant is to be answered, in working hours."""
    minutes = parameters.get_int("leads.answer_minutes", on=created_at.date())
    return rules.add_working_minutes(
        created_at.astimezone(clock.SHANGHAI), minutes, opens=OPENS, closes=CLOSES, is_workday=WorkCalendar().is_workday
    )


def rate(lead: Lead, *, now: datetime) -> None:
    """Set the score of a lead and what makes it up; the caller saves."""
    need = latest_need(lead.pk)
    introducer_deals, introducer_share = 0, None
    if lead.introducer_id is not None:
        found = read_attributes([lead.introducer_id], ["deal_count"])[lead.introducer_id]
        introducer_deals = int(found.get("deal_count", 0))
        introducer_share = conversion_share(introducer_id=lead.introducer_id, now=now, at_least=1)
    minutes = None
    if lead.answered_at is not None:
        minutes = rules.count_working_minutes(
            lead.created_at.astimezone(clock.SHANGHAI),
            lead.answered_at.astimezone(clock.SHANGHAI),
            opens=OPENS,
            closes=CLOSES,
            is_workday=WorkCalendar().is_workday,
        )
    parts = rules.score_lead(
        rules.LeadFacts(
            has_phone=bool(lead.phone_index),
            has_consent=lead.has_marketing_consent,
            has_name=bool(lead.name),
            has_need=need is not None,
            amount=need.amount if need is not None else None,
            method_share=conversion_share(method=lead.method, now=now, at_least=10),
            introducer_deals=introducer_deals,
            introducer_share=introducer_share,
            minutes_to_answer=minutes,
            minutes_allowed=parameters.get_int("leads.answer_minutes", on=lead.created_at.date()),
        )
    )
    lead.score = sum(part.points for part in parts)
    lead.score_reasons = [asdict(part) for part in parts]
