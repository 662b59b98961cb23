"""Patterns in the work with debtors that may come before worse."""

from django.utils.translation import gettext_lazy as _

from core.registries import WarningPattern, warning_patterns

_BROKEN = """
SELECT k.customer_id, k.loan_id, jsonb_build_object('times', count(*), 'amount', sum(p.amount - p.paid)::text)
FROM service_promisetopay p JOIN service_collectioncase k ON k.id = p.case_id
WHERE p.state = 'BROKEN' AND p.judged_date > %(on)s::date - %(days)s AND p.judged_date <= %(on)s
GROUP BY 1, 2 HAVING count(*) >= %(times)s
"""
_NO_ANSWER = """
SELECT t.customer_id, NULL::bigint, jsonb_build_object('times', count(*))
FROM service_collectioncontact t WHERE t.local_date > %(on)s::date - %(days)s AND t.local_date <= %(on)s
GROUP BY 1 HAVING count(*) >= %(times)s AND bool_and(t.outcome = 'NO_ANSWER')
"""


def register_warnings() -> None:
    """Register the patterns of this app."""
    warning_patterns.register(
        "promise_broken",
        WarningPattern(
            _("promise to pay broken"),
            _("Broke %(times)s promises to pay, ¥%(amount)s short"),
            _BROKEN,
            {"times": 1, "days": 60},
        ),
    )
    warning_patterns.register(
        "no_answer",
        WarningPattern(
            _("does not answer collectors"),
            _("Did not answer %(times)s times about his arrears"),
            _NO_ANSWER,
            {"times": 3, "days": 14},
        ),
    )
