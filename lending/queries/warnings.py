"""Patterns in the life of a loan that may come before trouble; the numbers in them are parameters of each rule."""

from django.utils.translation import gettext_lazy as _

from core.registries import WarningPattern, warning_patterns

# Of the many attempts of a book only those of loans that are late now are looked at: they lie together by loan.
_DEBITS = """
SELECT l.borrower_id, l.id, jsonb_build_object('times', count(DISTINCT d.business_date), 'number', l.number)
FROM lending_loanstate s JOIN lending_loan l ON l.id = s.loan_id AND l.state = 'ACTIVE'
JOIN lending_debitattempt d ON d.loan_id = l.id AND d.outcome <> 'PAID'
 AND d.business_date > %(on)s::date - %(days)s AND d.business_date <= %(on)s
WHERE s.dpd > 0 GROUP BY l.id HAVING count(DISTINCT d.business_date) >= %(times)s
"""
_PART_PAID = """
SELECT l.borrower_id, l.id, jsonb_build_object('number', l.number, 'paid', sum(i.principal_paid + i.interest_paid)::text,
       'due', sum(i.principal + i.interest - i.interest_waived)::text)
FROM lending_instalment i JOIN lending_loan l ON l.id = i.loan_id AND l.state = 'ACTIVE'
WHERE i.paid_at IS NULL AND i.due_date <= %(on)s AND i.principal_paid + i.interest_paid > 0
GROUP BY l.id HAVING sum(i.principal_paid + i.interest_paid) * 100
    <= sum(i.principal + i.interest - i.interest_waived) * %(percent)s
"""
_LATE = """
SELECT l.borrower_id, l.id, jsonb_build_object('number', l.number, 'dpd', s.dpd, 'amount', s.overdue_amount::text)
FROM lending_loanstate s JOIN lending_loan l ON l.id = s.loan_id AND l.state = 'ACTIVE'
WHERE s.dpd >= %(dpd)s
"""
_LATE_BEFORE = """
SELECT l.borrower_id, l.id, jsonb_build_object('number', l.number, 'times', count(*))
FROM lending_loanstate s JOIN lending_loan l ON l.id = s.loan_id AND l.state = 'ACTIVE'
JOIN lending_instalment i ON i.loan_id = l.id AND i.due_date > %(on)s::date - %(days)s AND i.due_date < %(on)s
 AND (i.paid_at IS NULL OR (i.paid_at AT TIME ZONE 'Asia/Shanghai')::date >= i.due_date + %(late)s)
GROUP BY l.id HAVING count(*) >= %(times)s
"""
_SEEKING = """
SELECT a.customer_id, NULL::bigint, jsonb_build_object('times', count(*))
FROM lending_application a
WHERE a.business_date > %(on)s::date - %(days)s AND a.business_date <= %(on)s
GROUP BY a.customer_id HAVING count(*) >= %(times)s
"""


def register_warnings() -> None:
    """Register the patterns of this app."""
    warning_patterns.register(
        "debit_failed",
        WarningPattern(
            _("debit failed again"),
            _("Automatic debit for loan %(number)s failed on %(times)s days"),
            _DEBITS,
            {"times": 2, "days": 14},
        ),
    )
    warning_patterns.register(
        "part_paid",
        WarningPattern(
            _("pays in parts"),
            _("Only ¥%(paid)s of ¥%(due)s due on loan %(number)s was paid"),
            _PART_PAID,
            {"percent": 90},
        ),
    )
    warning_patterns.register(
        "late",
        WarningPattern(
            _("late for some days"),
            _("Loan %(number)s is %(dpd)s days past due, ¥%(amount)s"),
            _LATE,
            {"dpd": 7},
        ),
    )
    warning_patterns.register(
        "late_before",
        WarningPattern(
            _("late again and again"),
            _("%(times)s instalments of loan %(number)s were paid late"),
            _LATE_BEFORE,
            {"times": 2, "days": 120, "late": 2},
        ),
    )
    warning_patterns.register(
        "credit_seeking",
        WarningPattern(
            _("asks for credit again and again"),
            _("%(times)s applications, each with a query of the bureau, within a short time"),
            _SEEKING,
            {"times": 3, "days": 60},
        ),
    )
