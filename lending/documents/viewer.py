"""What one reader may see of a contract that others signed with him (个人信息保护法 5, 6: no more than needed)."""

from dataclasses import replace

from core.masking import mask_address, mask_card, mask_email, mask_identity, mask_name, mask_phone
from lending.documents.contract import ContractData, Lender, Party


def mask_for_viewer(data: ContractData, viewer_reference: str | None) -> ContractData:
    """Return the contract with every person masked but the viewer and the platform.

    `viewer_reference` is the party's business number; None masks everybody (a colleague who only needs the terms).
    Amounts stay: each party must be able to add them up. The borrower's custody account is shown to the borrower alone.
    """
    custody = data.custody
    borrower_sees_it = data.borrower is not None and data.borrower.reference == viewer_reference
    if custody and not borrower_sees_it:
        custody = replace(
            custody, account_name=mask_name(custody.account_name), account_number=mask_card(custody.account_number)
        )
    return replace(
        data,
        borrower=data.borrower and _mask_party(data.borrower, viewer_reference),
        lenders=tuple(replace(lender, party=_mask_party(lender.party, viewer_reference)) for lender in data.lenders),
        custody=custody,
    )


def find_lender(data: ContractData, reference: str | None) -> Lender | None:
    """Return the lender with this business number, if the contract has one."""
    return next((lender for lender in data.lenders if lender.party.reference == reference), None)


def _mask_party(party: Party, viewer_reference: str | None) -> Party:
    if party.reference == viewer_reference:
        return party
    return replace(
        party,
        # The number too: it is the same in every contract, so two of them would tell who else lends where.
        reference=f"{party.reference[:3]}****{party.reference[-2:]}",
        name=mask_name(party.name),
        identity_number=mask_identity(party.identity_number),
        phone=mask_phone(party.phone),
        address=mask_address(party.address),
        email=mask_email(party.email) if party.email else "",
    )
