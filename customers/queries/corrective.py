"""Corrective actions and changes of steps, and what the figures were before and after them."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound, Text
from customers.models import CorrectiveAction, ProcessStep
from customers.queries.process import Figures, Narrowed, Response, count_steps, measure_response
from customers.rules.process import Stretch, difference, is_small, surround
from staff import rights
from staff.queries import Access, scope_condition

# What a version of a step may change.
SHOWN: Final = (
    "name",
    "phase",
    "role",
    "begins_with",
    "due_workdays",
    "open_workdays",
    "doer",
    "proof",
    "text",
    "message_code",
)


def list_actions(access: Access) -> QuerySet[CorrectiveAction]:
    """Return what a reader sees to, has opened, or steers because it is in the hands of his people."""
    seen = Q(owner_id=access.member_id) | Q(created_by_id=access.user_id)
    if access.has(rights.STEER_PROCESS):
        # `pk` keeps the condition of somebody who sees all from vanishing in the "or".
        seen |= Q(pk__isnull=False) & scope_condition(access, rights.STEER_PROCESS, "owner")
    return CorrectiveAction.objects.filter(seen).select_related("owner__user", "member__user", "created_by")


def access_action(access: Access, public_id: str) -> CorrectiveAction:
    """Return an action that the reader may see. Raises NotFound."""
    action = list_actions(access).filter(public_id=public_id).first()
    if action is None:
        raise NotFound
    return action


def list_changes() -> QuerySet[ProcessStep]:
    """Return the versions that replaced an earlier one, the newest first."""
    return ProcessStep.objects.filter(version__gt=1).order_by("-valid_from_at", "-pk")


def access_change(public_id: str) -> ProcessStep:
    """Return a version that replaced an earlier one. Raises NotFound."""
    step = list_changes().filter(public_id=public_id).first()
    if step is None:
        raise NotFound
    return step


def list_differences(step: ProcessStep) -> list[tuple[Text, Any, Any]]:
    """Return what a version changed: label of the field, before, after."""
    before = ProcessStep.objects.filter(code=step.code, version=step.version - 1).first()
    if before is None:
        return []
    found = []
    for name in SHOWN:
        field: Any = ProcessStep._meta.get_field(name)
        was, now = getattr(before, name), getattr(step, name)
        if was != now:
            words = dict(field.flatchoices)
            found.append((field.verbose_name, words.get(was, was), words.get(now, now)))
    if not step.is_active and step.valid_until_at is None:
        # A version that is in force no more has been replaced; the latest one has been taken out of force.
        found.append((_("active"), _("yes"), _("no")))
    return found


@dataclass(frozen=True)
class Side:
    """The figures on one side of a change."""

    stretch: Stretch
    steps: Figures
    response: Response | None


@dataclass(frozen=True)
class Comparison:
    """The figures before a change and from it on."""

    on: date
    before: Side
    after: Side

    @property
    def share_moved(self) -> float | None:
        """The share on time after less that before."""
        return difference(self.before.steps.all.share, self.after.steps.all.share)

    @property
    def hours_moved(self) -> float | None:
        """The hours to the first response after less those before."""
        was, now = self.before.response, self.after.response
        return difference(was.hours if was else None, now.hours if now else None)

    @property
    def is_small(self) -> bool:
        """Too few steps on one side to tell it from chance."""
        return is_small(self.before.steps.all.judged, self.after.steps.all.judged)


def compare(
    access: Access, *, on: date, days: int, today: date, code: str = "", member_id: int | None = None
) -> Comparison:
    """Return the steps due, and the leads that came in, within so many days before a date and from it on."""
    sides = []
    for stretch in surround(on, days, today):
        sides.append(
            Side(
                stretch,
                count_steps(access, Narrowed(stretch, code, member_id), today=today),
                measure_response(access, stretch, member_id=member_id),
            )
        )
    return Comparison(on, *sides)
