"""Contracts: drawn up, agreed to by every party, signed with certificates, kept with their hashes."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, NotFound
from core.ids import business_number
from core.models import User
from core.outbox import publish
from customers.operations import history
from lending.documents.rendering import TEMPLATE_VERSION, UnprintableContract, render_contract
from lending.events import ContractDrawn, ContractSigned, SigningAsked
from lending.models import Bid, Contract, ContractSignature, Loan
from lending.queries.bids import sum_by_investor
from lending.queries.contract_data import build_contract_data


class ContractNotOpen(BusinessError):
    """The contract does not wait for this signature."""

    code = "contract_not_open"
    message = _("This contract is not waiting for your signature.")


class ContractUnprintable(BusinessError):
    """A character of the contract has no glyph."""

    code = "contract_unprintable"
    message = _("The contract of loan %(number)s cannot be printed: %(detail)s")
    next_step = _("Correct the name, the address or the purpose it names, and draw the contract again.")


class ContractAltered(BusinessError):
    """The borrower declared his will for another text."""

    code = "contract_altered"
    message = _("The contract you read is not the one to be signed.")
    next_step = _("Open the contract again and confirm its hash.")


@transaction.atomic
def draw_contract(*, loan_id: int, now: datetime) -> Contract:
    """Print the contract of a loan and wait for the borrower; asked again it returns the same contract.

    The lenders declared their will with their bids. Raises what render_contract raises.
    """
    loan = (
        Loan.objects.select_for_update(no_key=True, of=("self",))
        .select_related("borrower__user", "listing__application", "product")
        .get(pk=loan_id)
    )
    existing = Contract.objects.filter(loan=loan).first()
    if existing is not None:
        return existing
    number = business_number("CT", loan.contract_date)
    pdf = render_contract(build_contract_data(loan, contract_number=number))
    contract = Contract.objects.create(
        loan=loan,
        number=number,
        template_version=TEMPLATE_VERSION,
        state=Contract.State.SIGNING,
        pdf=pdf,
        pdf_hash=hashlib.sha256(pdf).hexdigest(),
        made_at=now,
    )
    bids = list(Bid.objects.filter(listing=loan.listing_id, state=Bid.State.LIVE))
    authorised = {bid.investor_id: bid.signature_authorised_at for bid in bids}
    party = ContractSignature.Party
    ContractSignature.objects.bulk_create(
        [
            ContractSignature(contract=contract, party=party.BORROWER, customer_id=loan.borrower_id),
            *(
                ContractSignature(
                    contract=contract,
                    party=party.LENDER,
                    customer_id=investor_id,
                    intent_at=authorised[investor_id],
                    intent_evidence="bid authorisation",
                )
                for investor_id in sum_by_investor(bids)
            ),
            ContractSignature(
                contract=contract, party=party.PLATFORM, intent_at=now, intent_evidence="intermediary rule"
            ),
        ]
    )
    loan.state = Loan.State.SIGNING
    loan.save(update_fields=["state"])
    audit.record(
        actor=None, action="lending.contract_drawn", target=contract, data={"sha256": contract.pdf_hash}, now=now
    )
    _note(contract, loan, "lending.contract_drawn", now)
    publish(ContractDrawn(contract_id=contract.pk, loan_id=loan.pk, customer_id=loan.borrower_id), now=now)
    return contract


@transaction.atomic
def draw_contract_or_call_for_help(*, loan_id: int, now: datetime) -> Contract | None:
    """Draw the contract of a loan; one that cannot be printed becomes work for those who configure."""
    try:
        with transaction.atomic():
            return draw_contract(loan_id=loan_id, now=now)
    except UnprintableContract as error:
        loan = Loan.objects.get(pk=loan_id)
        detail = str(error)[:200]
        audit.record(actor=None, action="lending.contract_unprintable", target=loan, data={"detail": detail}, now=now)
        history.raise_work(
            group="RISK",
            kind="lending.contract_unprintable",
            reason_code="lending.contract_unprintable",
            params={"number": loan.number, "detail": detail},
            key=_unprintable_key(loan_id),
            now=now,
            customer_id=loan.borrower_id,
            right="operations.configure",
            urgency=10,
            url=f"/loans/{loan.public_id}/",
        )
        return None


@transaction.atomic
def draw_contract_again(*, loan_id: int, actor: User, now: datetime) -> Contract:
    """Draw a contract that could not be printed, after what stood in the way was corrected.

    Raises ContractNotOpen when the loan does not wait for its contract, ContractUnprintable.
    """
    loan = Loan.objects.select_for_update(no_key=True, of=("self",)).get(pk=loan_id)
    if loan.state != Loan.State.CONTRACTING:
        raise ContractNotOpen
    try:
        contract = draw_contract(loan_id=loan_id, now=now)
    except UnprintableContract as error:
        raise ContractUnprintable(number=loan.number, detail=str(error)[:200]) from error
    history.end_work(key=_unprintable_key(loan_id), now=now, actor=actor)
    audit.record(actor=actor, action="lending.contract_drawn_again", target=contract, now=now)
    return contract


def _unprintable_key(loan_id: int) -> str:
    return f"loan:{loan_id}:contract_unprintable"


@transaction.atomic
def declare_borrower_will(
    *, contract_id: int, customer_id: int, pdf_hash: str, evidence: str, now: datetime
) -> Contract:
    """Record that the borrower wants to sign exactly this text; the seals follow by themselves.

    Raises NotFound, ContractNotOpen, ContractAltered.
    """
    contract = (
        Contract.objects.select_for_update(no_key=True, of=("self",))
        .select_related("loan", "loan__borrower__user")
        .filter(pk=contract_id, loan__borrower_id=customer_id)
        .first()
    )
    if contract is None:
        raise NotFound
    if contract.state in {Contract.State.SEALING, Contract.State.SIGNED}:
        return contract
    if contract.state != Contract.State.SIGNING:
        raise ContractNotOpen
    if pdf_hash != contract.pdf_hash:
        raise ContractAltered
    ContractSignature.objects.filter(contract=contract, party=ContractSignature.Party.BORROWER).update(
        intent_at=now, intent_evidence=evidence
    )
    contract.state = Contract.State.SEALING
    contract.save(update_fields=["state"])
    audit.record(
        actor=contract.loan.borrower.user,
        action="lending.contract_agreed",
        target=contract,
        data={"sha256": pdf_hash},
        now=now,
    )
    publish(SigningAsked(contract_id=contract.pk, loan_id=contract.loan_id), now=now)
    return contract


@transaction.atomic
def record_signed(*, contract_id: int, signed_pdf: bytes, serials: Mapping[int | None, str], now: datetime) -> Contract:
    """Keep the signed file and each party's certificate serial (None is the platform); a repeat changes nothing."""
    contract = Contract.objects.select_for_update(no_key=True, of=("self",)).select_related("loan").get(pk=contract_id)
    if contract.state == Contract.State.SIGNED:
        return contract
    if contract.state != Contract.State.SEALING:
        raise ContractNotOpen
    contract.signed_pdf = signed_pdf
    contract.signed_hash = hashlib.sha256(signed_pdf).hexdigest()
    contract.state = Contract.State.SIGNED
    contract.signed_at = now
    contract.save(update_fields=["signed_pdf", "signed_hash", "state", "signed_at"])
    signatures = list(ContractSignature.objects.filter(contract=contract))
    for signature in signatures:
        signature.certificate_serial = serials[signature.customer_id]
        signature.signed_at = now
    ContractSignature.objects.bulk_update(signatures, ["certificate_serial", "signed_at"])
    audit.record(
        actor=None, action="lending.contract_signed", target=contract, data={"sha256": contract.signed_hash}, now=now
    )
    _note(contract, contract.loan, "lending.contract_signed", now)
    publish(ContractSigned(contract_id=contract.pk, loan_id=contract.loan_id), now=now)
    return contract


def _note(contract: Contract, loan: Loan, text_code: str, now: datetime) -> None:
    history.add_timeline(
        customer_id=loan.borrower_id,
        kind="change",
        text_code=text_code,
        params={"number": contract.number},
        at=now,
        key=f"{text_code}:{contract.pk}",
        url=f"/loans/{loan.public_id}/",
    )
