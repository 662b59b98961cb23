"""Who received what of a repayment."""

from core.money import ZERO
from customers.operations.history import TimelineRow
from lending.models import Distribution, Repayment


def list_receipt_rows(repayment: Repayment) -> list[TimelineRow]:
    """Return the timeline entries of one repayment: the borrower's and each lender's."""
    loan = repayment.loan
    url = f"/loans/{loan.public_id}/"
    code = {
        Repayment.Kind.REPAYMENT: "lending.repayment",
        Repayment.Kind.AUTO_DEBIT: "lending.repayment_auto",
        Repayment.Kind.SETTLEMENT: "lending.repayment_settlement",
    }[Repayment.Kind(repayment.kind)]
    params = {"number": loan.number}
    rows = [
        TimelineRow(
            loan.borrower_id,
            "money",
            code,
            repayment.received_at,
            f"repayment:{repayment.pk}",
            params,
            -repayment.amount,
            url,
        )
    ]
    received = Distribution.objects.filter(repayment=repayment).values_list(
        "share_id", "share__investor_id", "principal", "interest", "penalty"
    )
    for share_id, investor_id, principal, interest, penalty in received:
        amount = sum((principal, interest, penalty), ZERO)
        key = f"receipt:{repayment.pk}:{share_id}"
        rows.append(
            TimelineRow(investor_id, "money", "lending.receipt", repayment.received_at, key, params, amount, url)
        )
    return rows
