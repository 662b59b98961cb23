"""The demo world: every page of the workspace has something to show, twice the same, and the books are clean."""

from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from core import clock
from core.models import User
from core.registries import work_sources
from customers.models import (
    AcquisitionCost,
    Collaborator,
    Contact,
    ContactPlan,
    CorrectiveAction,
    Customer,
    DuplicatePair,
    Export,
    FieldClaim,
    Handover,
    ImportJob,
    Lead,
    LeaverWatch,
    Merge,
    Method,
    Need,
    Note,
    Notice,
    Opportunity,
    OwnerChange,
    Partner,
    PoolView,
    ProcessStep,
    Promise,
    QuarantinedRow,
    RegistrationStep,
    Relation,
    ResearchNote,
    SavedView,
    StepRun,
    WorkItem,
)
from customers.queries.work import list_work
from lending.models import Loan
from marketing.models import Coupon, CouponOffer, Reward
from risk.models import Incident, RiskEntry, StressRun
from segmentation.models import Membership
from service.models import CaseHop, DepartmentCase
from simulation.workspace.story import LEAVER, MANAGERS
from staff.models import StaffMember
from staff.queries import get_access
from tests.fixtures.sandbox import SandboxProcess

LAST_DAY = date(2026, 3, 13)


@pytest.fixture
def build(tmp_path: Path, settings: Any) -> Iterator[Any]:
    """Build the world anew, each time against a sandbox that has seen nobody, and return what the command says."""
    running: list[SandboxProcess] = []

    def run() -> str:
        call_command("flush", interactive=False, verbosity=0)
        home = tmp_path / f"sandbox{len(running)}"
        running.append(SandboxProcess(home))
        running[-1].start()
        running[-1].serve(settings)
        told = StringIO()
        call_command("build_demo", "--days", "45", "--customers", "24", "--until", str(LAST_DAY), stdout=told)
        return told.getvalue()

    yield run
    for process in running:
        process.stop()


def read_world() -> dict[str, list[tuple[Any, ...]]]:
    """Return what the world holds, without the numbers and ids that are drawn anew each time."""
    rows: dict[Any, tuple[str, ...]] = {
        Customer: (
            "name",
            "stage",
            "value_tier",
            "rm__user__username",
            "pool__name",
            "completeness",
            "latest_contact_at",
        ),
        Loan: ("borrower__name", "principal", "state"),
        Lead: ("name", "method", "state", "score", "lost_reason", "owner__user__username", "answered_at"),
        Opportunity: ("customer__name", "title", "stage", "stage_at"),
        Contact: ("customer__name", "lead__name", "channel", "result", "note", "at"),
        ContactPlan: ("customer__name", "lead__name", "state", "planned_at", "is_by_rule"),
        Promise: ("customer__name", "text", "due_at", "state", "is_late"),
        DepartmentCase: ("title", "state", "holder__user__username", "due_at"),
        WorkItem: ("customer__name", "assignee__user__username", "kind", "state", "due_at"),
        Relation: ("customer__name", "other__name", "kind", "amount"),
        OwnerChange: ("customer__name", "reason", "at"),
        FieldClaim: ("customer__name", "field", "source"),
    }
    return {model.__name__: sorted(model.objects.values_list(*columns), key=repr) for model, columns in rows.items()}


def count_today(member: StaffMember) -> dict[str, int]:
    """Return how many lines of which kind stand on somebody's list."""
    access = get_access(member.user)
    assert access is not None
    kinds = [row.kind for row in list_work(access, now=clock.at(LAST_DAY, 10))]
    for name, source in work_sources.items():
        kinds += [name] * len(source.rows(member.user, LAST_DAY, 50))
    return {kind: kinds.count(kind) for kind in kinds}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_desk_is_alive_and_two_runs_agree(build: Any) -> None:
    first = build()
    before = read_world()
    second = build()
    assert "the books are clean" in first
    assert "the books are clean" in second
    assert read_world() == before
    check_customers()
    check_work()
    check_departments()
    check_lists()
    check_process()
    check_watching()
    check_coupons()


def check_customers() -> None:
    """Look for leads, deals, records and owners in every state."""
    assert set(Lead.objects.values_list("method", flat=True)) == set(Method.values)
    assert set(Lead.objects.values_list("state", flat=True)) == set(Lead.State.values)
    assert Lead.objects.filter(state="CONVERTED", customer__user__isnull=False).exists()
    assert Lead.objects.filter(partner__isnull=False, score__gt=0).exists()
    assert Partner.objects.filter(is_active=True).count() == 2
    assert AcquisitionCost.objects.values("method").distinct().count() >= 5
    assert set(Opportunity.objects.values_list("stage", flat=True)) == set(Opportunity.Stage.values)
    assert Need.objects.filter(customer__isnull=False, met_at__isnull=False).exists()
    reached = dict.fromkeys(RegistrationStep.Step.values, 0)
    for step in RegistrationStep.objects.values_list("step", flat=True):
        reached[step] += 1
    assert reached["PHONE"] > reached["REGISTERED"] > reached["IDENTITY"] > reached["CARD"] > 0
    assert {"SPOUSE", "GUARANTOR", "INTRODUCER"} <= set(Relation.objects.values_list("kind", flat=True))
    assert Customer.objects.filter(household__isnull=False).count() >= 2
    assert Customer.objects.filter(custom__gift__isnull=False, custom__salon=True).exists()
    said = FieldClaim.objects.filter(field="employer").values_list("customer_id", "value_index").distinct()
    assert len(said) > len({customer for customer, _value in said}), "sources contradict each other"
    pooled = Customer.objects.filter(pool__isnull=False).count()
    assert pooled >= 2
    reasons = set(OwnerChange.objects.values_list("reason", flat=True))
    assert {"ASSIGNED", "RULE", "CLAIMED", "RELEASED", "RECYCLED", "HANDOVER", "BULK"} <= reasons
    assert PoolView.objects.exists()
    assert set(Collaborator.objects.values_list("level", flat=True)) == {"READ", "WRITE"}


def check_work() -> None:
    """Look at the desk of each RM: something of most kinds, and no more than a day can hold."""
    for name in MANAGERS:
        member = StaffMember.objects.select_related("user").get(user__username=name)
        today = count_today(member)
        assert 5 <= sum(today.values()) <= 40, (name, today)
        assert len(today) >= 4, (name, today)
        assert Contact.objects.filter(member=member).exists()
        assert Promise.objects.filter(member=member, state="OPEN").exists()
        assert Opportunity.objects.filter(customer__rm=member).exists()
        assert Customer.objects.filter(rm=member, documents__isnull=False).exists()
    assert set(count_today(StaffMember.objects.get(user__username="lijing"))) >= {
        "customers.plans",
        "customers.birthdays",
        "customers.leads",
        "customers.promise",
        "customers.promise_late",
        "customers.recycle_warning",
        "customers.registration_follow_up",
        "customers.reminder",
        "service.case",
    }
    assert set(ContactPlan.objects.values_list("state", "is_by_rule")) >= {("DONE", False), ("PLANNED", False)}
    assert ContactPlan.objects.filter(is_by_rule=True).exists()
    assert Contact.objects.filter(photo__isnull=False).exists()
    states = set(Promise.objects.values_list("state", flat=True))
    assert states == set(Promise.State.values)
    assert Note.objects.exclude(mentions=[]).count() >= 2
    assert Notice.objects.filter(kind="customers.mention").exists()


def check_departments() -> None:
    """Look at the leaver, the import, the doubles and the cases."""
    leaver = StaffMember.objects.get(user__username=LEAVER)
    assert not leaver.is_active
    assert not Customer.objects.filter(rm=leaver).exists()
    handover = Handover.objects.get(giver=leaver)
    assert handover.told == handover.moved == handover.total > 0
    assert LeaverWatch.objects.filter(alarmed_at__isnull=False).exists()
    assert Export.objects.filter(actor=leaver.user, reviewed_at__isnull=False).exists()
    assert Export.objects.exclude(actor=leaver.user).count() == 2
    job = ImportJob.objects.get()
    assert (job.state, job.quarantined) == ("DONE", 3)
    assert set(QuarantinedRow.objects.values_list("state", flat=True)) == {"OPEN", "MENDED"}
    assert set(DuplicatePair.objects.values_list("state", flat=True)) == set(DuplicatePair.State.values)
    assert Merge.objects.filter(undone_at__isnull=True).count() == 1
    assert set(DepartmentCase.objects.values_list("state", flat=True)) == set(DepartmentCase.State.values)
    assert set(CaseHop.objects.values_list("act", flat=True)) == set(CaseHop.Act.values)
    kinds = DepartmentCase.objects.values_list("home__kind", "department__kind")
    assert {kind for pair in kinds for kind in pair} == {"DATA", "RELATIONSHIP", "SERVICE", "RISK"}
    assert ResearchNote.objects.count() == 4
    assert set(SavedView.objects.values_list("audience", flat=True)) == set(SavedView.Audience.values)


def check_lists() -> None:
    """Open the saved views and the pages of the desk: what was saved can be read, and the leaver has no way in."""
    client = Client()
    client.force_login(User.objects.get(username="lijing"), backend="django.contrib.auth.backends.ModelBackend")
    for view in SavedView.objects.exclude(owner__user__username="xugang"):
        assert client.get(f"/customers/?{view.query}").status_code == 200
    for page in ("/", "/leads/", "/opportunities/", "/calendar/", "/pools/", "/cases/"):
        assert client.get(page, follow=True).status_code == 200, page
    assert not User.objects.get(username=LEAVER).is_active
    told = StringIO()
    call_command("demo_logins", stdout=told)
    assert "lijing" in told.getvalue()
    assert LEAVER not in told.getvalue()


def check_process() -> None:
    """Look for steps in time and late, left out and waiting, actions in each state that pages tell apart, a change."""
    assert {"OPEN", "DONE", "SKIPPED"} <= set(StepRun.objects.values_list("state", flat=True))
    done = StepRun.objects.filter(state="DONE")
    assert done.filter(is_late=True).exists() and done.filter(is_late=False).count() > done.filter(is_late=True).count()
    assert set(CorrectiveAction.objects.values_list("state", flat=True)) == {"OPEN", "DONE"}
    assert CorrectiveAction.objects.filter(alarmed_at__isnull=False).count() == 1
    assert ProcessStep.objects.get(code="needs", is_active=True).version == 2


def check_watching() -> None:
    """Look for segments with people in them, and for what risk people wrote down."""
    assert set(Membership.objects.filter(left_at__isnull=True).values_list("segment__name", flat=True)) >= {
        "常投出借人"
    }
    assert (RiskEntry.objects.count(), StressRun.objects.count()) == (2, 3)
    assert Incident.objects.get().is_closed


def check_coupons() -> None:
    """Look at offers in several states, coupons given by themselves and by people, and one that is in use."""
    assert set(CouponOffer.objects.values_list("state", flat=True)) == {"APPROVED", "DRAFT"}
    assert {"ISSUED", "RESERVED"} <= set(Coupon.objects.values_list("state", flat=True))
    assert Reward.objects.filter(occasion="IDENTITY", coupon__isnull=False).exists()
    assert Coupon.objects.filter(offer__occasion="YEARS_1").exists()
