"""What a replayed book has come to: counted from the tables, not from what the replay believes it did."""

from collections import Counter, defaultdict
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from core.money import ZERO
from integrations import connect
from ledger.queries import check_invariants
from lending.documents.verification import verify_pdf
from lending.models import Application, Contract, Instalment, Listing
from lending.rules.cost import quote
from lending.rules.limits import judge_price
from lending.rules.terms import Method, PaymentRounding, ScheduleTerms
from risk.models import DecisionRecord, Review
from simulation.lendingclub import BookLoan
from simulation.replay import PARAMETER_SET, Case, Replay, get_legal_cap

_FEN = Decimal("0.01")
_NEVER_LATE = "Current"
_MINE = "JOIN lending_product p ON p.id = l.product_id AND p.parameter_set = %(set)s"
_LOANS = f"""
SELECT count(*), count(*) FILTER (WHERE l.state = 'ACTIVE'), count(*) FILTER (WHERE l.state = 'SETTLED'),
       coalesce(sum(l.principal), 0),
       coalesce(sum(s.principal_outstanding) FILTER (WHERE l.state = 'ACTIVE'), 0),
       count(*) FILTER (WHERE l.state = 'ACTIVE' AND s.dpd > 0),
       coalesce(sum(s.overdue_amount), 0), coalesce(sum(s.penalty_outstanding), 0)
FROM lending_loan l {_MINE} JOIN lending_loanstate s ON s.loan_id = l.id
"""  # noqa: S608 - put together from constants
_BUCKETS = f"""
SELECT s.bucket, count(*) FROM lending_loan l {_MINE} JOIN lending_loanstate s ON s.loan_id = l.id
WHERE l.state = 'ACTIVE' GROUP BY s.bucket ORDER BY s.bucket
"""  # noqa: S608
_REPAID = f"""
SELECT count(*), coalesce(sum(r.amount), 0), coalesce(sum(r.principal), 0), coalesce(sum(r.interest), 0),
       coalesce(sum(r.penalty), 0), count(*) FILTER (WHERE r.kind = 'SETTLEMENT')
FROM lending_repayment r JOIN lending_loan l ON l.id = r.loan_id {_MINE}
"""  # noqa: S608
# Every part of every payment that reached no lender, or reached one twice.
_SPLIT_FAULTS = f"""
SELECT count(*) FROM (
    SELECT r.id FROM lending_repayment r JOIN lending_loan l ON l.id = r.loan_id {_MINE}
    LEFT JOIN lending_distribution d ON d.repayment_id = r.id
    GROUP BY r.id, r.amount, r.fee, r.principal, r.interest, r.penalty
    HAVING coalesce(sum(d.principal), 0) <> r.principal OR coalesce(sum(d.interest), 0) <> r.interest
        OR coalesce(sum(d.penalty), 0) <> r.penalty OR r.fee + r.penalty + r.interest + r.principal <> r.amount
) faults
"""  # noqa: S608
_SHARE_FAULTS = f"""
SELECT count(*) FROM (
    SELECT l.id FROM lending_loan l {_MINE} JOIN lending_loanstate s ON s.loan_id = l.id
    JOIN lending_lendershare h ON h.loan_id = l.id
    GROUP BY l.id, l.principal, l.state, s.principal_outstanding
    HAVING sum(h.principal) <> l.principal OR sum(h.principal - h.principal_received) <> s.principal_outstanding
) faults
"""  # noqa: S608
_LENDERS = f"""
SELECT coalesce(round(avg(lenders), 2), 0), coalesce(max(lenders), 0) FROM (
    SELECT count(*) AS lenders FROM lending_lendershare h JOIN lending_loan l ON l.id = h.loan_id {_MINE} GROUP BY l.id
) counted
"""  # noqa: S608


def build_report(replay: Replay, *, first_day: date, last_day: date, verified_most: int) -> dict[str, Any]:
    """Return the whole report as JSON-able values, amounts as strings."""
    cases = replay.cases
    return {
        "book": {
            "loans": len(cases),
            "amount": str(sum((case.book.amount for case in cases), ZERO)),
            "from": first_day.isoformat(),
            "through": last_day.isoformat(),
            "investors": len(replay.investors),
        },
        "refused_before_decision": dict(replay.refusals),
        "decisions": _decisions(cases),
        "funding": _funding(),
        "contracts": _contracts(verified_most),
        "loans": _loans(),
        "repaid": _repaid(),
        "checks": {
            "payments_not_split_to_the_fen": _one(_SPLIT_FAULTS),
            "loans_whose_shares_do_not_sum": _one(_SHARE_FAULTS),
            **_compare_with_book(cases),
        },
        "legal_cap": judge_book([case.book for case in cases], on=first_day),
        "check_ledger": [asdict(finding) | {"holds": finding.holds} for finding in check_invariants()],
    }


def _row(sql: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"set": PARAMETER_SET})
        row: tuple[Any, ...] = cursor.fetchone()
    return row


def _one(sql: str) -> int:
    return int(_row(sql)[0])


def _decisions(cases: list[Case]) -> dict[str, Any]:
    """Set the rules' outcome beside the book's own grade."""
    grades = {case.application_id: case.book.grade for case in cases if case.application_id}
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    scores: dict[str, list[int]] = defaultdict(list)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    ours: dict[str, Counter[str]] = defaultdict(Counter)
    for record in DecisionRecord.objects.filter(application__in=grades).order_by("pk"):
        grade = grades[record.application_id]
        outcomes[grade][record.outcome] += 1
        scores[grade] += [record.score] if record.score is not None else []
        ours[grade][record.grade or "-"] += 1
        reasons[record.outcome].update(record.reason_codes)
    return {
        "by_book_grade": {
            grade: {
                **{outcome: outcomes[grade][outcome] for outcome in ("APPROVE", "REFER", "DECLINE")},
                "mean_score": round(sum(scores[grade]) / len(scores[grade])) if scores[grade] else None,
                "our_grades": dict(sorted(ours[grade].items())),
            }
            for grade in sorted(outcomes)
        },
        "reasons": {outcome: dict(counted.most_common()) for outcome, counted in sorted(reasons.items())},
        "reviews": dict(
            Counter(Review.objects.filter(application__in=grades, state="CONFIRMED").values_list("outcome", flat=True))
        ),
        "in_the_end": dict(Counter(Application.objects.filter(pk__in=grades).values_list("state", flat=True))),
    }


def _funding() -> dict[str, Any]:
    listings = list(Listing.objects.filter(product__parameter_set=PARAMETER_SET).values_list("state", "amount"))
    listed = sum((amount for _state, amount in listings), ZERO)
    funded = sum((amount for state, amount in listings if state in {"FILLED", "PAID_OUT"}), ZERO)
    average, most = _row(_LENDERS)
    return {
        "listings": dict(Counter(state for state, _amount in listings)),
        "listed": str(listed),
        "funded": str(funded),
        "funded_share": _share(funded, listed),
        "lenders_a_loan": str(average),
        "lenders_most": most,
    }


def _contracts(verified_most: int) -> dict[str, Any]:
    """Count the contracts, and check the signatures of as many as asked for, evenly chosen."""
    signed = Contract.objects.filter(
        state=Contract.State.SIGNED, loan__product__parameter_set=PARAMETER_SET
    ).values_list("pk", flat=True)
    ids = sorted(signed)
    step = max(len(ids) // verified_most, 1) if verified_most else 1
    chosen = ids[::step][:verified_most]
    anchors = [connect.certificate_authority().fetch_trust_anchor()] if chosen else []
    good = sum(
        verify_pdf(bytes(pdf or b""), trust_anchors=anchors).is_valid
        for pdf in Contract.objects.filter(pk__in=chosen).values_list("signed_pdf", flat=True).iterator(chunk_size=20)
    )
    return {"signed": len(ids), "verified": len(chosen), "valid": good}


def _loans() -> dict[str, Any]:
    count, active, settled, lent, outstanding, overdue, overdue_amount, penalty = _row(_LOANS)
    with connection.cursor() as cursor:
        cursor.execute(_BUCKETS, {"set": PARAMETER_SET})
        buckets = dict(cursor.fetchall())
    return {
        "paid_out": count,
        "active": active,
        "settled": settled,
        "lent": str(lent),
        "principal_outstanding": str(outstanding),
        "overdue": overdue,
        "overdue_amount": str(overdue_amount),
        "overdue_ratio": _share(overdue_amount, outstanding),
        "penalty_outstanding": str(penalty),
        "buckets": buckets,
    }


def _repaid() -> dict[str, Any]:
    payments, amount, principal, interest, penalty, early = _row(_REPAID)
    return {
        "payments": payments,
        "amount": str(amount),
        "principal": str(principal),
        "interest": str(interest),
        "penalty": str(penalty),
        "settled_early": early,
    }


def _compare_with_book(cases: list[Case]) -> dict[str, Any]:
    """Compare instalments and balances with the published ones where the whole amount was lent."""
    compared = same_instalment = current = on_schedule = 0
    for case in cases:
        if case.loan_id is None:
            continue
        rows = list(Instalment.objects.filter(loan=case.loan_id).order_by("n"))
        if not rows or rows[0].principal + rows[0].balance_after != case.book.amount:
            continue
        compared += 1
        same_instalment += rows[0].principal + rows[0].interest == case.book.instalment
        if case.book.status == _NEVER_LATE and not case.book.paid_late_fees:
            current += 1
            on_schedule += any(abs(row.balance_after - case.book.balance) <= _FEN for row in rows)
    return {
        "instalments_as_published": f"{same_instalment}/{compared}",
        "published_balances_on_schedule": f"{on_schedule}/{current}",
    }


def judge_book(loans: list[BookLoan], *, on: date) -> dict[str, Any]:
    """Tell what the cap in force on a date would have refused: the book's prices with all their costs."""
    cap = get_legal_cap(on)
    refused: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for loan in loans:
        terms = ScheduleTerms(
            method=Method.EQUAL_INSTALMENT,
            principal=loan.amount,
            annual_rate=loan.annual_rate,
            periods=loan.periods,
            payment_rounding=PaymentRounding.UP,
            disbursed_on=on,
        )
        quoted = quote(terms)
        seen[loan.grade] += 1
        refused[loan.grade] += judge_price(quoted.apr_nominal, quoted.apr_effective, cap).stop is not None
    return {
        "cap": str(cap),
        "on": on.isoformat(),
        "would_refuse": refused.total(),
        "share": _share(Decimal(refused.total()), Decimal(len(loans))),
        "by_book_grade": {grade: f"{refused[grade]}/{seen[grade]}" for grade in sorted(seen)},
    }


def _share(part: Decimal, whole: Decimal) -> str:
    return str((part / whole).quantize(Decimal("0.0001"))) if whole else "0.0000"


def as_text(report: dict[str, Any]) -> str:
    """Return the report for people: one heading a part, one line a figure."""
    lines: list[str] = []
    for part, content in report.items():
        lines += ["", part.replace("_", " ").upper()]
        if part == "check_ledger":
            broken = [row["name"] for row in content if not row["holds"]]
            lines.append(f"  {len(content)} invariants, {'BROKEN: ' + ', '.join(broken) if broken else 'all hold'}")
        elif isinstance(content, dict):
            lines += _as_lines(content, "  ")
        else:
            lines[-1] += f"  {content}"
    return "\n".join(lines[1:])


def _as_lines(content: dict[str, Any], indent: str) -> list[str]:
    lines = []
    for name, value in content.items():
        if isinstance(value, dict) and any(isinstance(inner, dict) for inner in value.values()):
            lines += [f"{indent}{name.replace('_', ' ')}", *_as_lines(value, indent + "  ")]
        elif isinstance(value, dict):
            shown = "  ".join(f"{key} {inner}" for key, inner in value.items()) or "none"
            lines.append(f"{indent}{name.replace('_', ' '):<32} {shown}")
        else:
            lines.append(f"{indent}{name.replace('_', ' '):<32} {value}")
    return lines
