"""One record of every kind for a territory, each carrying its mark."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from core.models import User
from customers.models import (
    BankCard,
    Collaborator,
    Consent,
    Contact,
    Customer,
    CustomerCost,
    Document,
    DuplicatePair,
    Export,
    FieldChange,
    FieldClaim,
    FinancialProfile,
    Handover,
    ImportJob,
    InvestorAssessment,
    Lead,
    Merge,
    Opportunity,
    OpportunityStay,
    Partner,
    ProcessStep,
    QuarantinedRow,
    RegistrationStep,
    ReversibleAct,
    SavedView,
    StepRun,
    WorkItem,
)
from customers.operations import diary, documents, history, opportunities, relations
from customers.operations.leads import LeadIntake, take_in_lead
from customers.operations.needs import NeedFacts, record_need
from customers.operations.notices import notify
from ledger.models import CustodyAccount, PaymentOrder
from ledger.operations.accounts import open_accounts
from lending.models import Application, Bid, Contract, LenderShare, Loan, LoanState, Repayment
from messaging.models import Message, Template
from risk.models import (
    Alert,
    AssessmentPlan,
    DecisionTable,
    HumanReviewRequest,
    Reassessment,
    Review,
    Scorecard,
    WarningRule,
    WarningSignal,
)
from service.models import CollectionCase, CollectionContact, PromiseToPay
from service.operations.department_cases import open_department_case
from staff.models import StaffMember
from tests.fixtures.borrowers import LoanPlan, make_loan
from tests.scope.people import NOW, TODAY, Territory, World, make_customer

_NOTHING_CHANGED = '{"kept": {}, "merged": {}, "log_in": {}}'
_PDF = b"%%PDF-1.4 %s"


def furnish(world: World, one: Territory, author: StaffMember) -> None:
    """Write everything that may belong to customers; `author` is who wrote what somebody must have written."""
    number = list(world.territories).index(one.key) + 1
    _write_facts(one, author)
    _write_diary(one, author)
    _write_deals(one, author, number)
    _write_lending(world, one, number)
    _write_risk(one, author)
    _write_quality(world, one, author)
    _write_desk(world, one, author)


def _write_facts(one: Territory, author: StaffMember) -> None:
    who, now = one.borrower, NOW - timedelta(days=2)
    FinancialProfile.objects.create(
        customer=who,
        as_of_date=TODAY,
        source="RM",
        monthly_income=one.amount(1),
        assets=Decimal(one.amount(2)),
        liabilities=Decimal(one.amount(3)),
        employer=one.text("employer"),
        occupation=one.text("occupation"),
    )
    for source, value in (("RM", one.text("likes")), ("SURVEY", one.text("claim"))):
        FieldClaim.objects.create(
            customer=who, field="likes", source=source, value=value, value_index=f"{one.key}-{source}", as_of=now
        )
    FieldChange.objects.create(
        customer=who, field="likes", old=one.text("old"), new=one.text("new"), source="RM", actor=author.user, at=now
    )
    paper = documents.upload_document(
        customer_id=who.pk,
        kind=Document.Kind.INCOME,
        title=one.text("document"),
        content=_PDF % one.text("paper").encode(),
        valid_until_date=None,
        actor=author.user,
        now=now,
    )
    tie = relations.add_relation(
        customer_id=who.pk,
        other_id=one.investor.pk,
        kind="GUARANTOR",
        amount=Decimal(one.amount(4)),
        note=one.text("relation"),
        source="RM",
        actor=author.user,
        now=now,
    )
    relations.form_household(
        name=one.text("household"), customer_ids=[who.pk, one.investor.pk], actor=author.user, now=now
    )
    BankCard.objects.create(
        customer=who,
        number=f"62170012{one.digits}0011",
        number_index=f"card-{one.key}",
        tail="0011",
        bank_name=one.text("bank"),
        reserved_phone=who.phone,
        state="BOUND",
        asked_at=now,
        bound_at=now,
    )
    for purpose in (Consent.Purpose.CREDIT_QUERY, Consent.Purpose.MARKETING):
        Consent.objects.create(
            customer=who, purpose=purpose, notice_version="1", channel="app", given_at=now, evidence_hash="h"
        )
    InvestorAssessment.objects.create(
        customer=one.investor,
        answers={},
        score=10,
        tier="C3",
        questionnaire_version="1",
        assessed_at=now,
        valid_until_date=TODAY,
    )
    for step in ("PHONE", "REGISTERED"):
        RegistrationStep.objects.create(
            phone_index=who.phone_index, customer=who, step=step, channel="app", at=now - timedelta(days=5)
        )
    card = BankCard.objects.get(customer=who).number
    one.records |= {"document": paper.public_id, "relation": tie.public_id, "_card": card}


def _write_diary(one: Territory, author: StaffMember) -> None:
    who, actor, then = one.borrower, author.user, NOW - timedelta(days=2)
    common: dict[str, Any] = {"customer_id": who.pk, "actor": actor}
    diary.record_contact(
        channel="VISIT", note=one.text("contact"), place=one.text("place"), promised_at=NOW + timedelta(days=1),
        photo=_png(one.text("photo")), now=then, **common,
    )  # fmt: skip
    note = diary.add_note(text=one.text("note"), now=then, **common)
    diary.add_note(text=one.text("feedback"), kind="FEEDBACK", now=then, **common)
    promise = diary.make_promise(text=one.text("promise"), due_at=NOW + timedelta(hours=4), now=then, **common)
    plan = diary.plan_contact(
        channel="CALL", purpose=one.text("plan"), planned_at=NOW + timedelta(hours=3), now=then, **common
    )
    diary.set_reminder(
        customer_id=who.pk, text=one.text("task"), due_at=NOW + timedelta(hours=2), assignee_id=author.pk,
        actor=actor, now=then,
    )  # fmt: skip
    history.add_timeline(
        customer_id=who.pk,
        kind="contact",
        text_code="customers.contact.CALL",
        params={"note": one.text("timeline")},
        at=then,
        key=f"timeline:{one.key}",
        actor=actor,
    )
    CustomerCost.objects.create(
        customer=who, kind=one.text("cost"), amount=Decimal(one.amount(5)), at=then, key=one.key
    )
    step = ProcessStep.objects.get(code="first-call")
    run = StepRun.objects.create(
        customer=who, step=step, code=step.code, member=one.owner, begun_at=then, opens_date=TODAY - timedelta(days=9),
        due_date=TODAY - timedelta(days=5), state="SKIPPED", done_at=then, reason=one.text("step"),
    )  # fmt: skip
    one.records |= {
        "step": run.public_id,
        "note": note.public_id,
        "promise": promise.public_id,
        "plan": plan.public_id,
        "contact": Contact.objects.get(customer=who, channel="VISIT").public_id,
    }


def _png(text: str) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + text.encode()


def _write_deals(one: Territory, author: StaffMember, number: int) -> None:
    then = NOW - timedelta(days=1)
    partner, _new = Partner.objects.get_or_create(code="partner", name="partner")
    lead = take_in_lead(
        intake=LeadIntake(
            method="CONSULTATION",
            role="BORROWER",
            name=one.text("lead"),
            phone=f"137{one.digits}{number:04d}",
            company=one.text("company"),
            origin={"enquiry": one.text("origin")},
            need=NeedFacts(amount=Decimal(one.amount(6)), purpose=one.text("lead-need")),
        ),
        owner_id=author.pk,
        actor=author.user,
        now=then,
    )
    Lead.objects.filter(pk=lead.pk).update(introducer=one.investor, partner=partner, customer=one.borrower)
    if author != one.owner:
        # He kept the leads that were his own; this one went along with the customer.
        Lead.objects.filter(pk=lead.pk).update(owner=one.owner)
    need = record_need(
        customer_id=one.borrower.pk,
        role="BORROWER",
        need=NeedFacts(amount=Decimal(one.amount(7)), purpose=one.text("need"), text=one.text("wish")),
        actor=author.user,
        now=then,
    )
    deal = opportunities.open_opportunity(
        customer_id=one.borrower.pk,
        need_id=need.pk,
        role="BORROWER",
        title=one.text("opportunity"),
        amount=Decimal(one.amount(8)),
        expected_date=TODAY + timedelta(days=20),
        actor=author.user,
        now=then,
    )
    won = Opportunity.objects.create(
        customer=one.borrower, role="BORROWER", title=one.text("won"), amount=Decimal(one.amount(9)), stage="WON",
        stage_at=then, created_at=NOW - timedelta(days=9), closed_at=then,
    )  # fmt: skip
    OpportunityStay.objects.create(opportunity=won, stage="NEED", from_at=NOW - timedelta(days=9), until_at=then)
    one.records |= {
        "_lead_phone": lead.phone,
        "lead": lead.public_id,
        "need": need.public_id,
        "opportunity": deal.public_id,
    }


def _write_lending(world: World, one: Territory, number: int) -> None:
    plan = LoanPlan(
        start_date=TODAY - timedelta(days=40),
        first_due_date=TODAY - timedelta(days=9),
        principal=Decimal(one.amount(10)) * 3,
        periods=3,
        interest=Decimal(one.amount(11)),
        method="equal_instalment",
        dpd=9,
        bucket="M1",
    )
    loan = make_loan(one.borrower, plan, now=NOW, number=9000 + number)
    Loan.objects.filter(pk=loan.pk).update(number=f"LN-{one.digits}")
    LoanState.objects.filter(loan=loan).update(
        overdue_amount=Decimal(one.amount(12)), oldest_unpaid_due_date=plan.first_due_date, next_due_date=TODAY,
        next_due_amount=Decimal(one.amount(13)),
    )  # fmt: skip
    listing, first = loan.listing, loan.listing.application
    type(listing).objects.filter(pk=listing.pk).update(title=one.text("listing"), number=f"LI-{one.digits}")
    Application.objects.filter(pk=first.pk).update(number=f"AP-{one.digits}0", purpose_text=one.text("purpose"))
    LenderShare.objects.create(loan=loan, investor=one.investor, principal=plan.principal)
    Bid.objects.create(
        listing=listing, investor=one.investor, amount=plan.principal, state="WON", placed_at=NOW,
        risk_notice_version="1", idempotency_key=f"bid-{one.key}",
    )  # fmt: skip
    paid = Decimal(one.amount(14))
    Repayment.objects.create(
        loan=loan, kind="REPAYMENT", amount=paid, fee=0, penalty=0, interest=0, principal=paid, business_date=TODAY,
        received_at=NOW, transfer_id=number, idempotency_key=f"repayment-{one.key}",
    )  # fmt: skip
    Contract.objects.create(
        loan=loan, number=f"CT-{one.digits}", template_version="1", state="SIGNED", pdf=_PDF % b"draft", pdf_hash="h",
        signed_pdf=_PDF % one.text("contract").encode(), signed_hash="s", made_at=NOW, signed_at=NOW,
    )  # fmt: skip
    referred = Application.objects.create(
        number=f"AP-{one.digits}1",
        customer=one.borrower,
        product=loan.product,
        amount=Decimal(one.amount(15)),
        periods=6,
        method="equal_instalment",
        purpose="CONSUMPTION",
        purpose_text=one.text("application"),
        declared_at=NOW,
        project_hash=f"referred-{one.key}",
        state="REFERRED",
        submitted_at=NOW,
        business_date=TODAY,
        grade="C",
    )
    for who in (one.borrower, one.investor):
        CustodyAccount.objects.create(
            customer=who, status="OPEN", number=f"62{who.pk:014d}", asked_at=NOW, opened_at=NOW
        )
    open_accounts(customer_ids=[one.borrower.pk, one.investor.pk], now=NOW)
    order = PaymentOrder.objects.create(
        number=f"PO-{one.digits}", kind="DEPOSIT", customer=one.investor, amount=Decimal(one.amount(16)),
        gateway="wechat", purpose="DEPOSIT", authorisation="a", idempotency_key=one.key, business_date=TODAY,
        created_at=NOW,
    )  # fmt: skip
    message = Message.objects.create(
        customer=one.borrower,
        template=Template.objects.filter(kind="NOTICE").earliest("pk"),
        channel="SMS",
        kind="NOTICE",
        address=one.borrower.phone,
        subject=one.text("subject"),
        text=one.text("message"),
        dedup_key=f"message-{one.key}",
        created_at=NOW,
        send_after=NOW,
    )
    one.records |= {
        "loan": loan.public_id,
        "listing": listing.public_id,
        "application": referred.public_id,
        "deposit": order.public_id,
        "message": message.public_id,
        "_application": referred.pk,
        "_loan": loan.pk,
    }


def _write_warning(one: Territory, loan_id: int, who: Customer) -> None:
    rule, _is_new = WarningRule.objects.get_or_create(
        name="late", defaults={"pattern": "late", "points": 40, "horizon_days": 60}
    )
    WarningSignal.objects.create(
        rule=rule, loan_id=loan_id, customer=who, figures={"number": one.text("warning"), "dpd": 9, "amount": one.amount(19)},
        points=40, raised_date=TODAY, raised_at=NOW, judge_date=TODAY + timedelta(days=60),
    )  # fmt: skip


def _write_risk(one: Territory, author: StaffMember) -> None:
    loan_id, who = one.records["_loan"], one.borrower
    alert = Alert.objects.create(
        kind=Alert.Kind.LOAN, key=f"loan:{one.key}", loan_id=loan_id, customer=who, severity="HIGH",
        reason_code="risk.loan_in_bucket",
        params={"number": one.text("alert"), "dpd": 9, "bucket": "M1", "amount": one.amount(17)}, raised_at=NOW,
        business_date=TODAY, action_taken=one.text("action"),
    )  # fmt: skip
    _write_warning(one, loan_id, who)
    _write_assessment(loan_id, who)
    review = Review.objects.create(
        application_id=one.records["_application"], outcome="DECLINE", note=one.text("review"),
        maker=User.objects.get(username="risk"), proposed_at=NOW,
    )  # fmt: skip
    asked = HumanReviewRequest.objects.create(
        application_id=one.records["_application"], text=one.text("human-review"), asked_at=NOW, due_date=TODAY
    )
    case = CollectionCase.objects.create(
        loan_id=loan_id, customer=who, stage=CollectionCase.Stage.REMIND, bucket="M1", dpd=9,
        overdue_amount=Decimal(one.amount(18)), assignee=one.owner, hold_reason=one.text("hold"), is_on_hold=True,
        opened_at=NOW, opened_date=TODAY,
    )  # fmt: skip
    CollectionContact.objects.create(
        case=case, customer=who, channel="CALL", outcome="REACHED", note=one.text("call"), at=NOW, local_date=TODAY,
        number_of_day=1, staff_user=author.user,
    )  # fmt: skip
    PromiseToPay.objects.create(
        case=case, amount=Decimal(one.amount(19)), promised_date=TODAY, made_at=NOW, made_date=TODAY,
        taken_by=author.user,
    )  # fmt: skip
    one.records |= {"alert": alert.public_id, "review": review.public_id, "collection": case.public_id}
    one.records |= {"human_review": asked.public_id}


def _write_assessment(loan_id: int, who: Customer) -> None:
    AssessmentPlan.objects.create(customer=who, loan_id=loan_id, grade="C", assessed_date=TODAY, due_date=TODAY)
    Reassessment.objects.create(
        customer=who, scorecard=Scorecard.objects.get(), table=DecisionTable.objects.get(), inputs="{}",
        facts_date=TODAY, grade_before="A", grade="C", score=600, movement="WORSE", reason_codes=["SCORE_C"],
        assessed_at=NOW, business_date=TODAY, next_date=TODAY + timedelta(days=90),
    )  # fmt: skip


def _write_quality(world: World, one: Territory, author: StaffMember) -> None:
    pair = DuplicatePair.objects.create(
        first=one.borrower, second=one.investor, score=90, reasons=["phone"], found_at=NOW
    )
    merged = make_customer(one, f"{one.surname}并", 90)
    Customer.objects.filter(pk=merged.pk).update(merged_into=one.investor)
    merge = Merge.objects.create(
        kept=one.investor, merged=merged, moved={}, before=_NOTHING_CHANGED, actor=world.staff["data"].user, at=NOW
    )
    job = ImportJob.objects.create(
        source="IMPORT", file_name=one.text("file.csv"), columns=[one.text("column")], owner=author.user,
        state="DONE", total=1, quarantined=1, created_at=NOW, finished_at=NOW, mapping={},
    )  # fmt: skip
    row = QuarantinedRow.objects.create(job=job, line=2, row="{}", faults={"phone": "not_a_phone"})
    one.records |= {
        "pair": pair.public_id,
        "merge": merge.public_id,
        "merged": merged.public_id,
        "import": job.public_id,
        "quarantine": row.public_id,
    }


def _write_desk(world: World, one: Territory, author: StaffMember) -> None:
    leader = world.staff["lead-south"]
    # A handover is open to whoever assigns the giver's customers. What lies in a pool was given by somebody whom only
    # the whole house reaches; what the former colleague had, by a leaver of the team that has it now.
    giver = one.owner if author != world.staff["former"] else world.staff["leaver-south"]
    handover = Handover.objects.create(
        giver=giver or world.staff["manager"], is_leaving=True, plan={}, note=one.text("handover"),
        actor=leader.user, started_at=NOW, finished_at=NOW, state="DONE",
    )  # fmt: skip
    export = Export.objects.create(
        actor=handover.giver.user, filters={"q": one.text("export")}, columns=["name"], count=1,
        watermark=f"mark-{one.key}", at=NOW - timedelta(days=1),
    )  # fmt: skip
    # What he typed himself stays his own; these views are of somebody who still has the customers.
    keeper = world.staff["rm-south"] if author == world.staff["former"] else one.owner or author
    view = SavedView.objects.create(
        entity="customers",
        name=one.text("view"),
        owner=keeper,
        query=f"q={one.text('query')}",
        created_at=NOW,
    )
    for member in (author, one.owner):
        if member is not None:
            notify(
                member_ids=[member.pk], kind="customers.mention", text_code="customers.mentioned",
                params={"by": "x", "note": one.text("notice")}, key=f"notice:{one.key}", now=NOW,
                customer_id=one.borrower.pk, url=f"/customers/{one.borrower.public_id}/",
            )  # fmt: skip
    act = ReversibleAct.objects.create(
        kind="customers.tasks_raised_for_many", actor=author.user, at=NOW, until=NOW + timedelta(minutes=9), payload={}
    )
    work = WorkItem.objects.create(
        customer=one.borrower, group="RISK", kind="risk.overdue", reason_code="risk.loan_overdue",
        params={"number": one.text("work"), "amount": one.amount(20)}, right="customers.view", raised_at=NOW,
        key=f"work:{one.key}", urgency=1,
    )  # fmt: skip
    Collaborator.objects.bulk_create(
        [
            Collaborator(customer=one.borrower, member=reader, title=one.text("title"), added_at=NOW)
            for reader in one.readers
        ]
    )
    if one.readers:
        ids = [reader.pk for reader in one.readers]
        Customer.objects.filter(pk__in=[one.borrower.pk, one.investor.pk]).update(reader_ids=ids)
    one.records |= {
        "handover": handover.public_id,
        "export": export.public_id,
        "view": view.public_id,
        "undo": act.public_id,
        "work": work.public_id,
    }


def open_cases(world: World) -> None:
    """A case of each department, about a customer of its own, with the data department."""
    for key in ("north", "south"):
        one = world.territories[key]
        assert one.owner is not None
        case = open_department_case(
            title=f"asked-by-{key}", text=f"hop-by-{key}", department_id=world.departments["data"].pk,
            customer_id=one.borrower.pk, is_urgent=False, actor=one.owner.user, now=NOW,
        )  # fmt: skip
        one.records["case"] = case.public_id
