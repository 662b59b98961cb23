"""What the book has shown: defaults by product, grade and score."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.db import connection

from core import parameters
from risk.models import DefaultStudy
from risk.rules.losses import (
    BAND_POINTS,
    LossBasis,
    LossShare,
    Observed,
    Recovery,
    build_basis,
    estimate_loss_share,
)

# A default is an instalment more than 90 days late, paid since or not; younger loans have had no chance to default.
_DEFAULTS = """
SELECT p.code, a.grade, (floor(a.score::numeric / %(band)s) * %(band)s)::int,
       count(*), count(*) FILTER (WHERE late.is_default), sum(l.principal)
FROM lending_loan l
JOIN lending_listing li ON li.id = l.listing_id
JOIN lending_application a ON a.id = li.application_id
JOIN lending_product p ON p.id = l.product_id
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(
        coalesce((i.paid_at AT TIME ZONE 'Asia/Shanghai')::date, %(on)s) - i.due_date > 90), false) AS is_default
    FROM lending_instalment i WHERE i.loan_id = l.id AND i.due_date < %(on)s::date - 90
) late
WHERE l.state IN ('ACTIVE', 'SETTLED') AND l.start_date <= %(before)s AND a.score IS NOT NULL
GROUP BY 1, 2, 3
"""
# Owed at the default is the principal of what was not paid whole by then; a part paid before counts as come back.
_RECOVERY = """
WITH bad AS (
    SELECT i.loan_id, min(i.due_date) + 91 AS day
    FROM lending_instalment i JOIN lending_loan l ON l.id = i.loan_id
    WHERE l.state IN ('ACTIVE', 'SETTLED') AND i.due_date + 91 <= %(on)s::date - %(workout)s
      AND (i.paid_at IS NULL OR (i.paid_at AT TIME ZONE 'Asia/Shanghai')::date > i.due_date + 90)
    GROUP BY i.loan_id
)
SELECT count(DISTINCT b.loan_id), coalesce(sum(i.principal), 0), coalesce(sum(i.principal_paid), 0)
FROM bad b JOIN lending_instalment i ON i.loan_id = b.loan_id
WHERE i.paid_at IS NULL OR (i.paid_at AT TIME ZONE 'Asia/Shanghai')::date >= b.day
"""
SEASONING: Final = timedelta(days=180)


def observe_defaults(on: date) -> list[Observed]:
    """Return what loans paid out at least half a year before a day have shown until then."""
    with connection.cursor() as cursor:
        cursor.execute(_DEFAULTS, {"on": on, "before": on - SEASONING, "band": BAND_POINTS})
        return [Observed(*row) for row in cursor.fetchall()]


def observe_recovery(on: date) -> Recovery:
    """Return what has come of the defaults whose time to be worked out was over by a day."""
    workout = parameters.get_int("risk.lgd_workout_days", on=on)
    with connection.cursor() as cursor:
        cursor.execute(_RECOVERY, {"on": on, "workout": workout})
        return Recovery(*cursor.fetchone())


def get_loss_share(on: date) -> LossShare:
    """Return the share lost of a default as the newest study shows it, or as the house assumes it."""
    study = DefaultStudy.objects.order_by("-business_date").first()
    shown = study.recovery if study is not None else {}
    recovery = Recovery(shown["defaults"], Decimal(shown["exposure"]), Decimal(shown["recovered"])) if shown else None
    return estimate_loss_share(
        recovery,
        assumed=parameters.get_decimal("risk.lgd", on=on),
        least=parameters.get_int("risk.lgd_min_defaults", on=on),
    )


def get_observed() -> tuple[date | None, list[Observed]]:
    """Return the newest study of defaults and its day."""
    study = DefaultStudy.objects.order_by("-business_date").first()
    if study is None:
        return None, []
    return study.business_date, [
        Observed(product, grade, band, loans, defaults, Decimal(principal))
        for product, grade, band, loans, defaults, principal in study.rows
    ]


def get_basis(on: date) -> LossBasis:
    """Return what losses are reckoned from on a day: the newest study, and the dated parameters."""
    return build_basis(
        get_observed()[1],
        prior_pd=float(parameters.get_decimal("risk.prior_pd", on=on)),
        prior_score=float(parameters.get_decimal("risk.prior_score", on=on)),
        lgd=float(get_loss_share(on).value),
    )
