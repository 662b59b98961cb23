"""What a person sets instead of the rule: the stage in a role, what a customer is sensitive to. Labels follow within seconds."""

from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput, NotFound
from core.models import User
from customers.models import Customer
from customers.operations.touching import touch_customers
from segmentation.models import LabelChoice
from segmentation.models.vocabulary import Sensitivity

VALUES: Final = {
    LabelChoice.Label.STAGE_BORROWER: Customer.Stage.values,
    LabelChoice.Label.STAGE_INVESTOR: Customer.Stage.values,
    LabelChoice.Label.SENSITIVITY: Sensitivity.values,
}


class ChoiceInvalid(InvalidInput):
    """The label, its value, the reason or the date does not hold."""

    code = "label_choice_invalid"
    message = _("This label cannot be set so.")


@transaction.atomic
def choose_label(
    *,
    customer_id: int,
    label: str,
    value: str,
    reason: str,
    until_date: date | None,
    business_date: date,
    actor: User,
    now: datetime,
) -> LabelChoice:
    """Set a label of a customer by hand, with a reason and until a date if any. Raises ChoiceInvalid."""
    # One person after the other: a customer has one choice a label.
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    faults: dict[str, list[object]] = {}
    if value not in VALUES.get(label, []):  # type: ignore[call-overload]
        faults["value"] = [_("Choose one of the values.")]
    if not reason.strip() or len(reason) > 200:
        faults["reason"] = [_("Give a reason of at most 200 characters.")]
    if until_date is not None and until_date < business_date:
        faults["until_date"] = [_("The date has passed.")]
    if faults:
        raise ChoiceInvalid(fields=faults)  # type: ignore[arg-type]
    LabelChoice.objects.filter(customer_id=customer_id, label=label, ended_at=None).update(ended_at=now, ended_by=actor)
    row = LabelChoice.objects.create(
        customer_id=customer_id,
        label=label,
        value=value,
        reason=reason.strip(),
        until_date=until_date,
        made_at=now,
        made_by=actor,
    )
    audit.record(
        actor=actor,
        action="segmentation.label_chosen",
        target=row,
        data={"customer": customer_id, "label": label, "value": value, "until": until_date},
        reason=row.reason,
        now=now,
    )
    touch_customers([customer_id], now=now)
    return row


@transaction.atomic
def end_choice(*, customer_id: int, label: str, actor: User, now: datetime) -> None:
    """Let the rule tell the label again. Raises NotFound."""
    row = (
        LabelChoice.objects.select_for_update(no_key=True)
        .filter(customer_id=customer_id, label=label, ended_at=None)
        .first()
    )
    if row is None:
        raise NotFound
    row.ended_at, row.ended_by = now, actor
    row.save(update_fields=["ended_at", "ended_by"])
    audit.record(actor=actor, action="segmentation.label_choice_ended", target=row, data={"label": label}, now=now)
    touch_customers([customer_id], now=now)
