"""The desks of suspicion: cases, matches with lists, lists; they are not there for anybody without the right."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from core import audit, clock
from core.errors import NotFound
from core.web.listing import take_page
from core.web.spreadsheets import answer_csv
from customers.queries.staff import access_customer
from risk.models import ListedPerson, ListMatch, SuspicionCase
from risk.operations import laundering as operations
from risk.queries import laundering as reads
from risk.web.indicators import MonitorPage
from staff import rights
from staff.pages import carry_out

_TONES = {"OPEN": "warn", "PROPOSED": "warn", "REPORTED": "late", "DISMISSED": "plain", "CONFIRMED": "late"}


class SuspicionPage(MonitorPage):
    """A page of the desk."""

    right = rights.WORK_AML
    section = "risk:suspicion"


class CaseListPage(SuspicionPage):
    """Open cases, the first to be reported first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the list; closed ones when asked for."""
        rows = reads.list_cases(request.user, with_closed=bool(request.GET.get("closed")))  # type: ignore[arg-type]
        page = take_page(rows, request.GET, sorts={"due": "due_date"}, default="due_date")
        return self.show(
            request,
            "risk/suspicion.html",
            page=page,
            rows=[(row, _TONES[row.state], reverse("risk:suspicion-case", args=[row.public_id])) for row in page.rows],
            matches=reads.list_matches(request.user).count(),  # type: ignore[arg-type]
        )


class CasePage(SuspicionPage):
    """One case: the evidence, the proposal, the decision. Each look at it is in the trail."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the page."""
        case = reads.get_case(request.user, public_id)  # type: ignore[arg-type]
        audit.record(
            actor=request.user,  # type: ignore[arg-type]
            action="risk.suspicion_read",
            target=case,
            now=clock.now(),
            is_sensitive_read=True,
        )
        refusal = "" if self.access.has(rights.DECIDE_AML) else _("Your role does not decide cases of suspicion.")
        if case.proposed_by_id == request.user.pk:
            refusal = _("You proposed this yourself, so another person has to decide.")
        is_over = case.state in {SuspicionCase.State.REPORTED, SuspicionCase.State.DISMISSED}
        return self.show(
            request,
            "risk/suspicion_case.html",
            case=case,
            tone=_TONES[case.state],
            is_over=is_over,
            refusal=refusal,
            proposals=SuspicionCase.Proposal.choices,
        )


class CaseAct(SuspicionPage):
    """Propose, agree, send back."""

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Do one of them."""
        case = reads.get_case(request.user, public_id)  # type: ignore[arg-type]
        given = request.POST
        common: dict[str, Any] = {"case_id": case.pk, "actor": request.user, "now": clock.now()}
        acts = {
            "propose": lambda: operations.propose_outcome(
                **common, proposal=given.get("proposal", ""), grounds=given.get("grounds", "")
            ),
            "agree": lambda: operations.decide_case(**common, is_agreed=True, note=given.get("note", "")),
            "return": lambda: operations.decide_case(**common, is_agreed=False, note=given.get("note", "")),
        }
        if act not in acts:
            raise NotFound
        return carry_out(request, reverse("risk:suspicion-case", args=[public_id]), acts[act], _("Kept."))


class CaseFile(SuspicionPage):
    """The report of a case as a file."""

    right = rights.DECIDE_AML

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the file; that somebody took it is in the trail."""
        case = reads.get_case(request.user, public_id)  # type: ignore[arg-type]
        if case.state != SuspicionCase.State.REPORTED:
            raise NotFound
        audit.record(
            actor=request.user,  # type: ignore[arg-type]
            action="risk.suspicion_filed",
            target=case,
            now=clock.now(),
            is_sensitive_read=True,
        )
        report = case.report
        rows = [(name, report.get(name, "")) for name in ("number", "customer", "kind", "amount", "grounds")]
        rows += [("evidence", "; ".join(f"{key}={value}" for key, value in one.items())) for one in report["evidence"]]
        return answer_csv([("field", "value"), *rows], case.number)  # type: ignore[return-value]


class NoteSuspicion(SuspicionPage):
    """Open a case about a customer by hand."""

    def post(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Open it."""
        customer = access_customer(self.access, public_id)
        return carry_out(
            request,
            reverse("risk:suspicion"),
            lambda: operations.note_suspicion(
                customer_id=customer.pk,
                text=request.POST.get("text", ""),
                actor=request.user,  # type: ignore[arg-type]
                business_date=clock.business_date(),
                now=clock.now(),
            ),
            _("A case is opened."),
        )


class MatchListPage(SuspicionPage):
    """Customers who may be on a list, and the lists."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the desk."""
        state = "" if request.GET.get("closed") else ListMatch.State.OPEN
        found = reads.list_matches(request.user, state=state)  # type: ignore[arg-type]
        page = take_page(found, request.GET, sorts={"score": "score"}, default="-score")
        words = _ground_words()
        active = ListedPerson.objects.filter(is_active=True).values_list("list_name")
        return self.show(
            request,
            "risk/matches.html",
            page=page,
            rows=[(row, _TONES[row.state], [words.get(code, code) for code in row.grounds]) for row in page.rows],
            lists=list(active.annotate(count=Count("pk")).order_by("list_name")),
            may_import=self.access.has(rights.DECIDE_AML),
        )


class MatchAct(SuspicionPage):
    """Say whether it is the same person."""

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Judge it."""
        if act not in {"same", "other"}:
            raise NotFound
        match = reads.get_match(request.user, public_id)  # type: ignore[arg-type]
        return carry_out(
            request,
            reverse("risk:matches"),
            lambda: operations.judge_match(
                match_id=match.pk,
                is_same=act == "same",
                note=request.POST.get("note", ""),
                actor=request.user,  # type: ignore[arg-type]
                business_date=clock.business_date(),
                now=clock.now(),
            ),
            _("Judged."),
        )


class ImportList(SuspicionPage):
    """Bring a list in."""

    right = rights.DECIDE_AML

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the file."""
        upload = request.FILES.get("file")
        return carry_out(
            request,
            reverse("risk:matches"),
            lambda: operations.import_list(
                list_name=request.POST.get("name", "").strip(),
                raw=upload.read() if upload else b"",
                actor=request.user,  # type: ignore[arg-type]
                business_date=clock.business_date(),
                now=clock.now(),
            ),
            _("The list is in force; all customers were compared."),
        )


def _ground_words() -> dict[str, str]:
    return {
        "IDENTITY": _("same identity number"),
        "NAME": _("same name"),
        "NAME_SOUND": _("name sounds alike"),
        "NAME_CLOSE": _("name is close"),
        "BIRTH_DATE": _("same birthday"),
        "OTHER_NAME": _("another name"),
        "OTHER_BIRTH_DATE": _("another birthday"),
    }
