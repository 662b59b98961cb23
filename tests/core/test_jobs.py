"""Every run of a job leaves a row; whoever configures starts it again."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from core import clock, jobs, seeding, tasks
from core.models import AuditEntry, JobRun, User
from p2pcrm.celery import app
from tests.admin.conftest import enter, house

__all__ = ["enter", "house"]
pytestmark = pytest.mark.django_db
STATE = JobRun.State


def test_a_run_is_recorded_with_what_it_did(now: datetime, frozen_clock: datetime) -> None:
    with jobs.record_run("x") as outcome:
        assert JobRun.objects.get().state == STATE.RUNNING
        outcome.result = [date(2026, 3, 2)]
    run = JobRun.objects.get()
    assert (run.name, run.state, run.started_at, run.finished_at) == ("x", STATE.DONE, now, now)
    assert run.detail == {"result": ["2026-03-02"], "idle": False} and run.started_by is None


def test_a_failed_run_keeps_its_error_and_raises(frozen_clock: datetime) -> None:
    with pytest.raises(ZeroDivisionError), jobs.record_run("x"):
        _nothing = 1 / 0
    run = JobRun.objects.get()
    assert run.state == STATE.FAILED and run.error == "ZeroDivisionError: division by zero" and run.finished_at


def test_idle_runs_share_a_row(now: datetime) -> None:
    for minutes, result in enumerate((0, 0, 3, 0, 0)):
        with clock.use_clock(now + timedelta(minutes=minutes)), jobs.record_run("x") as outcome:
            outcome.result = result
    rows = list(JobRun.objects.order_by("id").values_list("started_at", "detail__result"))
    assert rows == [(now + timedelta(minutes=2), 3), (now + timedelta(minutes=4), 0)]
    with jobs.record_run("x", started_by=User.objects.create(username="u").pk):
        pass
    assert JobRun.objects.count() == 3


def test_a_task_records_who_started_it(frozen_clock: datetime) -> None:
    user = User.objects.create(username="u")
    assert tasks.seal_audit(started_by=user.pk) == 0
    run = JobRun.objects.get()
    assert (run.name, run.started_by, run.state) == ("core.tasks.seal_audit", user, STATE.DONE)


def test_every_scheduled_task_is_a_recorded_job() -> None:
    app.loader.import_default_modules()
    for name in jobs.list_names():
        assert app.tasks[name].run.__qualname__.startswith("job."), name


def test_runs_that_died_are_failed_and_old_ones_forgotten(now: datetime) -> None:
    JobRun.objects.create(name="dead", started_at=now - timedelta(hours=13))
    JobRun.objects.create(name="alive", started_at=now - timedelta(hours=1))
    JobRun.objects.create(name="old", started_at=now - timedelta(days=31), state=STATE.DONE)
    JobRun.objects.create(name="old failure", started_at=now - timedelta(days=31), state=STATE.FAILED)
    assert jobs.tidy_runs(now=now) == 2
    assert dict(JobRun.objects.values_list("name", "state")) == {
        "dead": STATE.FAILED,
        "alive": STATE.RUNNING,
        "old failure": STATE.FAILED,
    }


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, int]]]:
    """Collect what is handed to the workers."""
    found: list[tuple[str, dict[str, int]]] = []
    monkeypatch.setattr(
        "staff.admin.system.current_app.send_task", lambda name, kwargs, **_o: found.append((name, kwargs))
    )
    return found


def test_a_run_is_started_again_by_post_with_permission_and_trace(
    enter: Callable[..., Client], now: datetime, sent: list[tuple[str, dict[str, int]]]
) -> None:
    failed = JobRun.objects.create(name="core.tasks.seal_audit", started_at=now, state=STATE.FAILED, error="E: x")
    strange = JobRun.objects.create(name="os.system", started_at=now, state=STATE.FAILED)
    address = reverse("admin:core_jobrun_changelist")
    data = {"action": "start_again", "_selected_action": [failed.pk, strange.pk]}
    enter("auditor").post(address, data)
    assert not sent
    client = enter("operations")
    page = client.get(address)
    assert page.status_code == 200 and "E: x" in page.content.decode() and not sent
    client.post(address, data)
    user_id = client.user.pk  # type: ignore[attr-defined]
    assert sent == [("core.tasks.seal_audit", {"started_by": user_id})]
    entry = AuditEntry.objects.get(action="core.job_started")
    assert (entry.actor_id, entry.data) == (user_id, {"job": "core.tasks.seal_audit"})


def test_the_close_is_started_by_post_only(
    enter: Callable[..., Client], sent: list[tuple[str, dict[str, int]]]
) -> None:
    address = reverse("admin:core_closerun_run")
    assert enter("auditor").post(address).status_code == 403
    client = enter("operations")
    assert client.get(address).status_code == 200 and not sent
    client.post(address)
    assert [name for name, _kwargs in sent] == ["core.tasks.close_day"]


def test_a_close_by_hand_stands_on_the_job_page(now: datetime) -> None:
    seeding.run_seeds(business_date=now.date(), now=now)
    with clock.use_clock(now):
        call_command("close_day", "--through", now.date().isoformat(), stdout=StringIO())
    run = JobRun.objects.get(name="core.tasks.close_day")
    assert (run.state, run.detail["result"]) == (JobRun.State.DONE, [now.date().isoformat()])
