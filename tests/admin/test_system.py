"""Calendar, events and audit in the admin."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from core import audit, calendar
from core.models import AuditEntry, BusinessDay, EventDelivery, OutboxEvent

pytestmark = pytest.mark.django_db
NOTICE = "date,kind,name\n2027-01-01,holiday,元旦\n2027-02-06,workday,春节\n2027-02-08,holiday,春节\n"


def upload(client: Client, text: str, **more: str):
    data = {"file": SimpleUploadedFile("n.csv", text.encode()), "source": "国办发明电〔2026〕7号", **more}
    return client.post(reverse("admin:core_businessday_import"), data)


def test_a_notice_is_looked_at_and_then_written(enter: Callable[..., Client]) -> None:
    client = enter("operations")
    page = upload(client, NOTICE)
    assert page.status_code == 200 and "春节" in page.content.decode()
    assert not BusinessDay.objects.filter(date__year=2027).exists()
    text = page.context["form"].data["text"]
    client.post(
        reverse("admin:core_businessday_import"), {"text": text, "source": "国办发明电〔2026〕7号", "confirm": "1"}
    )
    assert BusinessDay.objects.filter(date__year=2027, final=True).count() == 365
    work = calendar.WorkCalendar()
    assert not work.is_workday(date(2027, 1, 1)) and work.is_workday(date(2027, 2, 6))
    assert work.is_workday(date(2027, 3, 1)) and work.is_final(2027)
    assert AuditEntry.objects.get(action="core.calendar_imported").data == {"year": 2027, "named": 3, "written": 365}


@pytest.mark.parametrize("text", [
    "2026-03-02,holiday,x\n", "2027-13-01,holiday,x\n", "2027-01-01,feast,x\n", "2027-01-01\n", "",
    "2027-01-01,holiday,x\n2028-01-01,holiday,x\n", "2027-01-01,holiday,x\n2027-01-01,workday,x\n", "\x00\x01",
])  # fmt: skip
def test_a_wrong_notice_is_refused_and_nothing_written(enter: Callable[..., Client], text: str) -> None:
    page = upload(enter("operations"), text, confirm="1")
    assert page.status_code == 200
    assert not BusinessDay.objects.filter(date__year__gte=2027).exists()
    assert not AuditEntry.objects.filter(action="core.calendar_imported").exists()


def test_only_who_configures_imports(enter: Callable[..., Client]) -> None:
    assert upload(enter("auditor"), NOTICE, confirm="1").status_code == 403


def test_a_failed_delivery_is_tried_at_once(enter: Callable[..., Client], house: datetime) -> None:
    event = OutboxEvent.objects.create(name="x", payload={}, occurred_at=house)
    later = house.replace(year=2027)
    row = EventDelivery.objects.create(event=event, handler="x", next_attempt_at=later, attempts=3)
    done = EventDelivery.objects.create(event=event, handler="y", next_attempt_at=later, state="DONE")
    address = reverse("admin:core_eventdelivery_changelist")
    for role in ("auditor", "operations"):
        enter(role).post(address, {"action": "try_now", "_selected_action": [row.pk, done.pk]})
        row.refresh_from_db()
        assert (row.next_attempt_at == house) == (role == "operations")
    done.refresh_from_db()
    assert done.next_attempt_at == later


def test_the_trail_is_exported_with_a_trace_and_without_formulas(enter: Callable[..., Client], house: datetime) -> None:
    entry = audit.record(actor=None, action="core.test", reason="=1+1", now=house)
    address = reverse("admin:core_auditentry_changelist")
    data = {"action": "export_selected", "_selected_action": [entry.pk]}
    answer = enter("auditor").post(address, data)
    text = b"".join(answer.streaming_content).decode()
    assert "core.test" in text and "'=1+1" in text
    assert AuditEntry.objects.get(action="core.audit_exported").data == {"entries": 1}
    assert enter("operations").get(address).status_code == 403
