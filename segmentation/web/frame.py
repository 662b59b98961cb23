"""What segmentation puts into the frame, onto the customer page and into the acts on many."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.models import User
from core.registries import CustomerPanel, NavigationItem, customer_panels, navigation
from customers.models import ReversibleAct
from customers.operations.undo import remember_act
from customers.web.bulk import BulkAct, bulk_acts
from segmentation.models import Segment
from segmentation.operations import segments as operations
from segmentation.operations.undo import LIST_FILLED
from staff import rights
from staff.pages import visible_with
from staff.queries import Access


def _list_form(_access: Access) -> type[forms.Form]:
    class ListForm(forms.Form):
        segment = forms.ModelChoiceField(
            label=_("Onto the list"),
            queryset=Segment.objects.filter(state=Segment.State.ACTIVE, kind=Segment.Kind.STATIC).order_by("name"),
            to_field_name="public_id",
        )

    return ListForm


def _fill(
    *, access: Access, customer_ids: list[int], given: dict[str, Any], actor: User, now: datetime
) -> tuple[int, ReversibleAct | None]:
    segment = given["segment"]
    added = operations.add_members(segment_id=segment.pk, customer_ids=customer_ids, actor=actor, now=now)
    if not added:
        return 0, None
    payload = {"segment": segment.pk, "at": now.isoformat(), "customers": customer_ids}
    return added, remember_act(kind=LIST_FILLED, payload=payload, count=added, actor=actor, now=now)


def register() -> None:
    """Register the rail's entry, the panel and the act."""
    navigation.register(
        "segments",
        NavigationItem(_("Segments"), "segmentation:list", "target", 25, visible_with(rights.VIEW_SEGMENTS)),
    )
    customer_panels.register(
        "labels", CustomerPanel(_("Labels"), "segmentation:customer-labels", order=58, right=rights.VIEW_SEGMENTS)
    )
    customer_panels.register(
        "segments", CustomerPanel(_("Segments"), "segmentation:customer", order=60, right=rights.VIEW_SEGMENTS)
    )
    customer_panels.register(
        "recommendations",
        CustomerPanel(
            _("Recommendations"), "segmentation:customer-recommendations", order=62, right=rights.VIEW_SEGMENTS
        ),
    )
    bulk_acts.register(
        "segment", BulkAct(_("Put onto a list"), rights.EDIT_SEGMENTS, _list_form, _fill, icon="target", order=70)
    )
