"""Patterns in what is known about a person that may come before trouble."""

from django.utils.translation import gettext_lazy as _

from core.registries import WarningPattern, warning_patterns

_CONTACT_LOST = """
SELECT t.customer_id, NULL::bigint, jsonb_build_object('times', count(*), 'since', min(t.at)::date)
FROM customers_contact t
WHERE t.customer_id IS NOT NULL AND t.at > (%(on)s::date - %(days)s)::timestamp AT TIME ZONE 'Asia/Shanghai'
  AND t.at < (%(on)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
GROUP BY t.customer_id HAVING count(*) >= %(times)s AND bool_and(t.result = 'NOT_REACHED')
"""
_PHONE_CHANGED = """
SELECT f.customer_id, NULL::bigint, jsonb_build_object('times', count(*), 'on', max(f.at)::date)
FROM customers_fieldchange f
WHERE f.field = 'phone' AND f.at > (%(on)s::date - %(days)s)::timestamp AT TIME ZONE 'Asia/Shanghai'
  AND f.at < (%(on)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
GROUP BY f.customer_id HAVING count(*) >= %(times)s
"""
# Income is encrypted and cannot be compared here; what a person pays for debts every month can.
_DEBTS_GREW = """
SELECT n.customer_id, NULL::bigint,
       jsonb_build_object('before', b.monthly_debt_payment::text, 'now', n.monthly_debt_payment::text)
FROM (SELECT DISTINCT ON (p.customer_id) p.* FROM customers_financialprofile p
      WHERE p.as_of_date > %(on)s::date - %(days)s AND p.as_of_date <= %(on)s
      ORDER BY p.customer_id, p.as_of_date DESC, p.id DESC) n
CROSS JOIN LATERAL (SELECT b.monthly_debt_payment FROM customers_financialprofile b
      WHERE b.customer_id = n.customer_id AND b.as_of_date < n.as_of_date ORDER BY b.as_of_date DESC, b.id DESC LIMIT 1) b
WHERE n.monthly_debt_payment * 100 >= b.monthly_debt_payment * (100 + %(percent)s)
  AND n.monthly_debt_payment - b.monthly_debt_payment >= %(least)s
"""
_DEVICES = """
SELECT c.id, NULL::bigint, jsonb_build_object('times', count(DISTINCT a.user_agent))
FROM axes_accesslog a JOIN core_user u ON u.username = a.username JOIN customers_customer c ON c.user_id = u.id
WHERE a.attempt_time > (%(on)s::date - %(days)s)::timestamp AT TIME ZONE 'Asia/Shanghai'
  AND a.attempt_time < (%(on)s::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
GROUP BY c.id HAVING count(DISTINCT a.user_agent) >= %(times)s
"""


def register_warnings() -> None:
    """Register the patterns of this app."""
    warning_patterns.register(
        "contact_lost",
        WarningPattern(
            _("contact lost"),
            _("Not reached %(times)s times in a row since %(since)s"),
            _CONTACT_LOST,
            {"times": 3, "days": 30},
        ),
    )
    warning_patterns.register(
        "phone_changed",
        WarningPattern(
            _("phone changed"),
            _("Phone number changed %(times)s times, latest on %(on)s"),
            _PHONE_CHANGED,
            {"times": 1, "days": 60},
        ),
    )
    warning_patterns.register(
        "debts_grew",
        WarningPattern(
            _("monthly debts grew"),
            _("Monthly payments for debts grew from ¥%(before)s to ¥%(now)s"),
            _DEBTS_GREW,
            {"percent": 50, "least": 1000, "days": 90},
        ),
    )
    warning_patterns.register(
        "devices",
        WarningPattern(
            _("many devices"),
            _("Logged in from %(times)s devices within a short time"),
            _DEVICES,
            {"times": 4, "days": 7},
        ),
    )
