"""Telling operations what does not work."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput
from core.ids import public_id
from core.models import User
from customers.models import WorkItem
from customers.operations import history
from staff import rights

_LONGEST: Final = 500
_URGENCY: Final = 50


class ReportInvalid(InvalidInput):
    """A report that says nothing."""

    code = "report_invalid"


@transaction.atomic
def report_problem(*, text: str, page: str, actor: User, now: datetime) -> None:
    """Put a problem on the list of operations, with the page it was met on. Raises ReportInvalid."""
    said = text.strip().replace("\x00", "")
    if not said or len(said) > _LONGEST:
        raise ReportInvalid(fields={"text": [_("Say in at most 500 characters what went wrong.")]})
    path = page if page.startswith("/") and not page.startswith("//") else "/"
    history.raise_work(
        group=WorkItem.Group.APPROVAL,
        kind="customers.problem_reported",
        reason_code="customers.problem_reported",
        params={"text": said, "page": path[:120], "by": str(actor)},
        key=f"customers.problem:{public_id()}",
        now=now,
        right=rights.CONFIGURE,
        urgency=_URGENCY,
        url=path[:200],
    )
    audit.record(actor=actor, action="customers.problem_reported", data={"page": path[:200]}, now=now)
