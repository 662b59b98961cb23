"""The contract's facts as the template prints them: every figure already a string, every code already a word."""

from decimal import Decimal
from typing import Any

from core.money import ZERO
from lending.documents import signature_page, wording
from lending.documents.contract import ChargeStage, Consent, ContractData, Lender, Party, Platform

Facts = dict[str, Any]


def printed_facts(data: ContractData, template_version: str) -> Facts:
    """Return what the template reads; presupposes a complete contract (`check_contract`)."""
    return {
        "version": template_version,
        "number": data.number,
        "listing_number": data.listing_number,
        "signed_on": wording.chinese_date(data.signed_on),
        "signed": [data.signed_on.year, data.signed_on.month, data.signed_on.day],
        "terms": _terms(data),
        "cost": _cost(data),
        "lenders": [_lender(number, lender, data) for number, lender in enumerate(data.lenders, start=1)],
        "lender_totals": _lender_totals(data),
        "schedule": [
            {
                "number": str(row.number),
                "due": row.due_date.isoformat(),
                "nominal": row.nominal_due_date.isoformat(),
                "principal": wording.money(row.principal),
                "interest": wording.money(row.interest),
                "fee": wording.money(row.fee),
                "total": wording.money(row.principal + row.interest + row.fee),
                "balance": wording.money(row.balance),
            }
            for row in data.schedule
        ],
        "schedule_totals": _schedule_totals(data),
        "special": [{"text": clause.text, "is_striking": clause.is_striking} for clause in data.special_clauses],
        "guarantee": data.guarantee,
        "assignment_notice": "、".join(data.assignment_notice),
        "court": data.court,
        "blocks": _blocks(data),
        "layout": {
            "margin": signature_page.MARGIN,
            "block_width": signature_page.BLOCK_WIDTH,
            "block_height": signature_page.BLOCK_HEIGHT,
        },
        **_sides(data),
        **_rules(data),
    }


def receipt_facts(lender: Lender) -> Facts:
    """Return one lender's plan, instalment by instalment, for his own copy."""
    return {
        "rows": [
            {
                "number": str(receipt.number),
                "due": receipt.due_date.isoformat(),
                "principal": wording.money(receipt.principal),
                "interest": wording.money(receipt.interest),
                "total": wording.money(receipt.principal + receipt.interest),
            }
            for receipt in lender.receipts
        ],
        "principal": wording.money(lender.amount),
        "interest": wording.money(_interest_of(lender)),
        "total": wording.money(lender.amount + _interest_of(lender)),
    }


def _sides(data: ContractData) -> Facts:
    assert data.borrower and data.platform and data.custody
    return {
        "borrower": _party(data.borrower),
        "platform": _platform(data.platform),
        "custody": {
            "bank": data.custody.bank_name,
            "name": data.custody.account_name,
            "number": data.custody.account_number,
        },
    }


def _party(party: Party) -> Facts:
    return {
        "reference": party.reference,
        "name": party.name,
        "identity_kind": wording.IDENTITY_KINDS[party.identity_kind],
        "identity_number": party.identity_number,
        "phone": party.phone,
        "address": party.address,
        "email": party.email or "—",
    }


def _platform(platform: Platform) -> Facts:
    return {
        "name": platform.name,
        "credit_code": platform.credit_code,
        "address": platform.address,
        "phone": platform.phone,
        "email": platform.email,
        "website": platform.website,
    }


def _terms(data: ContractData) -> Facts:
    terms = data.terms
    assert terms.principal is not None and terms.method and terms.currency
    method, method_text = wording.METHODS[terms.method]
    unit, unit_text = wording.PERIOD_UNITS[terms.period_unit]
    parts = "到期一次偿还" if terms.method == "bullet" else f"共{terms.periods}期，{unit_text}"
    return {
        "kind": terms.kind,
        "currency": wording.CURRENCIES[terms.currency],
        "purpose": terms.purpose,
        "principal": wording.money(terms.principal),
        "principal_words": wording.amount_in_words(terms.principal),
        "annual_rate": wording.percent(terms.annual_rate),
        "periods": str(terms.periods),
        "term": f"{terms.periods}{unit}（{parts}）",
        "starts_on": wording.chinese_date(terms.starts_on),
        "matures_on": wording.chinese_date(terms.matures_on),
        "method": method,
        "method_text": method_text,
        "day_count": wording.DAY_COUNTS[terms.day_count],
        "holiday_rule": wording.HOLIDAY_RULES[terms.holiday_rule],
        "allocation": "、".join(wording.COMPONENTS[component] for component in terms.allocation_order),
        "payout": wording.money(terms.payout_amount),
        "payout_days": str(terms.payout_within_workdays),
    }


def _cost(data: ContractData) -> Facts:
    cost = data.cost
    assert cost
    normal = [charge for charge in cost.charges if charge.stage == ChargeStage.NORMAL]
    default = [charge for charge in cost.charges if charge.stage == ChargeStage.DEFAULT]
    return {
        "nominal": wording.rounded_percent(cost.nominal_annual_rate),
        "effective": wording.rounded_percent(cost.effective_annual_rate),
        "normal": [_charge(charge.name, charge.basis, charge.rate, charge.payee, charge.amount) for charge in normal],
        "default": [_charge(charge.name, charge.basis, charge.rate, charge.payee, None) for charge in default],
        "total": wording.money(sum((charge.amount or ZERO for charge in normal), ZERO)),
    }


def _charge(name: str, basis: str, rate: str, payee: str, amount: Decimal | None) -> Facts:
    return {"name": name, "basis": basis, "rate": rate, "payee": payee, "amount": wording.money(amount)}


def _lender(number: int, lender: Lender, data: ContractData) -> Facts:
    assert data.terms.principal
    interest = _interest_of(lender)
    return {
        "number": str(number),
        "reference": lender.party.reference,
        "name": lender.party.name,
        "identity_number": lender.party.identity_number,
        "phone": lender.party.phone,
        "amount": wording.money(lender.amount),
        "share": f"{lender.amount / data.terms.principal * 100:.4f}%",
        "interest": wording.money(interest),
        "total": wording.money(lender.amount + interest),
    }


def _interest_of(lender: Lender) -> Decimal:
    return sum((receipt.interest for receipt in lender.receipts), ZERO)


def _lender_totals(data: ContractData) -> Facts:
    amount = sum((lender.amount for lender in data.lenders), ZERO)
    interest = sum((_interest_of(lender) for lender in data.lenders), ZERO)
    return {
        "amount": wording.money(amount),
        "interest": wording.money(interest),
        "total": wording.money(amount + interest),
    }


def _schedule_totals(data: ContractData) -> Facts:
    principal = sum((row.principal for row in data.schedule), ZERO)
    interest = sum((row.interest for row in data.schedule), ZERO)
    fee = sum((row.fee for row in data.schedule), ZERO)
    return {
        "principal": wording.money(principal),
        "interest": wording.money(interest),
        "fee": wording.money(fee),
        "total": wording.money(principal + interest + fee),
    }


def _rules(data: ContractData) -> Facts:
    assert data.overdue and data.early_settlement and data.acceleration and data.information_use and data.collection
    assert data.credit_report_consent and data.e_signature_consent
    overdue, early, collection = data.overdue, data.early_settlement, data.collection
    return {
        "overdue": {
            "daily_rate": wording.percent(overdue.daily_rate),
            "lpr": wording.percent(overdue.lpr_annual_rate),
            "lpr_published_on": wording.chinese_date(overdue.lpr_published_on),
            "multiple": str(overdue.cap_multiple),
            "cap": wording.percent(overdue.cap_annual_rate),
        },
        "early": {
            "notice_days": str(early.notice_days) if early.notice_days else None,
            "fee_rate": wording.percent(early.fee_rate) if early.fee_rate else None,
        },
        "acceleration": {
            "overdue_days": str(data.acceleration.overdue_days),
            "report_days": str(data.acceleration.report_within_days),
        },
        "information": {
            "version": data.information_use.notice_version,
            "years": str(data.information_use.retention_years),
        },
        "collection": {
            "quiet_from": f"{collection.quiet_from:%H:%M}",
            "quiet_until": f"{collection.quiet_until:%H:%M}",
            "calls": str(collection.calls_per_day),
        },
        "credit_consent": _consent(data.credit_report_consent),
        "e_signature": _consent(data.e_signature_consent),
    }


def _consent(consent: Consent) -> Facts:
    return {
        "reference": consent.reference,
        "given_at": wording.chinese_moment(consent.given_at),
        "recipient": consent.recipient,
    }


def _blocks(data: ContractData) -> list[list[Facts]]:
    """Return the signature blocks page by page."""
    pages: dict[int, list[Facts]] = {}
    for block in signature_page.signature_blocks(data):
        pages.setdefault(block.page, []).append(
            {
                "field": block.field_name,
                "role": block.role,
                "name": block.name,
                "reference": block.reference,
                "left": block.left,
                "top": block.top,
            }
        )
    return list(pages.values())
