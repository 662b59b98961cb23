"""What an investor can bear."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput
from customers.models import Customer, InvestorAssessment
from customers.operations import history, process
from customers.operations.cards import NotIdentified
from customers.operations.facts import refresh_completeness
from customers.operations.touching import touch_customers
from customers.rules import assessment

VALID_FOR = timedelta(days=365)


class AnswersIncomplete(InvalidInput):
    """A question has no valid answer."""

    code = "answers_incomplete"
    message = _("Every question needs one of the answers a, b, c or d.")


@transaction.atomic
def assess_investor(
    *, customer_id: int, answers: Mapping[str, str], now: datetime, business_date: date
) -> InvestorAssessment:
    """Score a questionnaire and set the investor's tier for a year. Raises NotIdentified, AnswersIncomplete."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    if customer.status != Customer.Status.IDENTIFIED:
        raise NotIdentified
    try:
        score, tier = assessment.score_answers(answers)
    except assessment.IncompleteAnswers as error:
        raise AnswersIncomplete(fields={f"answers.{error.question}": [AnswersIncomplete.message]}) from error
    row = InvestorAssessment.objects.create(
        customer=customer,
        answers=dict(answers),
        score=score,
        tier=tier,
        questionnaire_version=assessment.QUESTIONNAIRE_VERSION,
        assessed_at=now,
        valid_until_date=business_date + VALID_FOR,
    )
    customer.investor_type = tier
    customer.investor_type_expires_date = row.valid_until_date
    customer.save(update_fields=["investor_type", "investor_type_expires_date"])
    refresh_completeness([customer.pk])
    audit.record(actor=customer.user, action="customers.assessed", target=row, data={"tier": tier}, now=now)
    history.add_timeline(
        customer_id=customer.pk,
        kind="change",
        text_code="customers.assessed",
        params={"tier": tier},
        at=now,
        key=f"assessment:{row.pk}",
    )
    process.prove_steps(customer_ids=[customer_id], now=now)
    touch_customers([customer.pk], now=now)
    return row
