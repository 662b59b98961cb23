"""Say by hand that a step is done, or leave it out; both with a reason."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.errors import BusinessError, InvalidInput
from core.models import User
from customers.models import Customer, StepRun, WorkItem
from customers.operations import history
from customers.operations.process.running import work_key

_LONGEST: Final = 200


class StepEnded(BusinessError):
    """The step is no longer open."""

    code = "step_ended"
    message = _("This step has been dealt with already.")


class StepReasonMissing(InvalidInput):
    """What is settled by hand needs a reason."""

    code = "step_reason_missing"
    message = _("Say in at most 200 characters why.")


@transaction.atomic
def settle_step(*, run_id: int, is_done: bool, reason: str, actor: User, now: datetime) -> StepRun:
    """End an open step by hand, as done or left out. Raises StepReasonMissing, StepEnded."""
    why = " ".join(reason.split())
    if not why or len(why) > _LONGEST:
        raise StepReasonMissing(fields={"reason": [StepReasonMissing.message]})
    # The customer is locked before his steps, as everywhere.
    customer_id = StepRun.objects.values_list("customer_id", flat=True).get(pk=run_id)
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    run = StepRun.objects.select_for_update(no_key=True, of=("self",)).select_related("step").get(pk=run_id)
    if run.state != StepRun.State.OPEN:
        raise StepEnded
    run.state = StepRun.State.DONE if is_done else StepRun.State.SKIPPED
    run.done_at, run.done_by, run.reason = now, actor, why
    run.is_late = is_done and clock.day_of(now) > run.due_date
    run.save(update_fields=["state", "done_at", "done_by", "reason", "is_late"])
    history.end_work(
        key=work_key(run.pk),
        now=now,
        actor=actor,
        state=WorkItem.State.DONE if is_done else WorkItem.State.DROPPED,
    )
    history.add_timeline(
        customer_id=customer.pk,
        kind="change",
        text_code="customers.step_settled" if is_done else "customers.step_skipped",
        params={"step_name": run.step.name, "why": why},
        at=now,
        key=f"{work_key(run.pk)}:done",
        actor=actor,
    )
    action = "customers.step_settled" if is_done else "customers.step_skipped"
    audit.record(actor=actor, action=action, target=customer, data={"step": run.code}, reason=why, now=now)
    return run
