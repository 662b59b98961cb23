"""The contract on the screen: the masked copy, and whether the signed file is what its parties signed."""

import base64

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core import clock
from integrations import connect
from integrations.ports.errors import PortError
from lending.documents.rendering import render_viewer_copy, render_viewer_pages
from lending.documents.verification import VerificationReport, verify_pdf
from lending.models import Contract, Loan
from lending.queries import own
from lending.queries.contract_data import build_contract_data
from lending.queries.staff import access_loan
from staff import rights
from staff.pages import StaffPage


class ContractPage(StaffPage):
    """Read the contract; every person in it is masked."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Show the pages and, with `?check=1`, the report on the signatures."""
        loan = access_loan(self.access, public_id)
        contract = own.get_contract(loan.pk)
        pages = render_viewer_pages(
            build_contract_data(loan, contract_number=contract.number),
            viewer_reference=None,
            original_sha256=contract.signed_hash or contract.pdf_hash,
        )
        context = {
            "loan": loan,
            "contract": contract,
            "signatures": contract.signatures.select_related("customer").order_by("pk"),
            "pages": [base64.b64encode(page).decode() for page in pages],
            "is_checked": "check" in request.GET,
            "report": _verify(contract) if "check" in request.GET else None,
        }
        return render(request, "lending/contract.html", context)


class ContractFile(StaffPage):
    """The masked copy as a file."""

    right = rights.VIEW_LOANS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the PDF."""
        loan: Loan = access_loan(self.access, public_id)
        contract = own.get_contract(loan.pk)
        pdf = render_viewer_copy(
            build_contract_data(loan, contract_number=contract.number),
            viewer_reference=None,
            original_sha256=contract.signed_hash or contract.pdf_hash,
        )
        headers = {
            "Content-Disposition": f'inline; filename="{contract.number}-{clock.business_date():%Y%m%d}.pdf"',
            "Cache-Control": "private, no-store",
        }
        return HttpResponse(pdf, content_type="application/pdf", headers=headers)


def _verify(contract: Contract) -> VerificationReport | None:
    """Check the stored file against the authority's root; None while the authority cannot be reached."""
    try:
        root = connect.certificate_authority().fetch_trust_anchor()
    except PortError:
        return None
    return verify_pdf(own.read_contract_file(contract.pk), trust_anchors=[root])
