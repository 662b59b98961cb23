"""Every label as one statement over the kept attributes: asked for a few customers after an event, for ranges at night.

The steps stand in each other so that each is reckoned once a customer; `OFFSET 0` keeps the planner from pulling them
apart. Whoever asks for a few gets the same text with another restriction, hence the same labels.
"""

from typing import Any, Final

from core.registries import Among
from segmentation.models import LabelRule
from segmentation.models.labels import LIMITS
from segmentation.queries.attributes import TABLE
from segmentation.rules.labels import FIGURES, KEYS

_TODAY: Final = "(SELECT value FROM core_businessdate)"
LABELS_TABLE: Final = "segmentation_labels"

_FACTS: Final = """
SELECT s.customer_id, s.borrower, s.investor, s.risk_tier, s.investor_type, s.registered, s.last_login,
       s.last_contact, s.health, s.contacts_90_days, s.outstanding, s.overdue, s.days_past_due, s.last_settled,
       s.settled_early, s.borrowed_ever, s.invested, s.lent_ever, s.lent_90_days, s.deal_count, s.first_deal_date,
       s.last_deal_date, s.open_applications, s.grade, s.credit_score, s.latest_decision, s.decided_date, s.bid_open,
       s.available, s.frozen, s.deposits_30_days, s.deposits_90_days, s.withdrawals_30_days, s.cases,
       s.open_complaints, s.collections, s.loans_ever, s.last_borrowed_date, s.first_borrowed_date,
       s.borrowed_consumption, s.borrowed_business, s.borrowing_gap, s.shares_ever, s.first_lent_date,
       s.last_lent_date, s.last_share_ended_date, s.lent_risky, s.lent_before_90_days, s.investing_gap, s.cost_ever,
       s.contact_minutes, s.referrals, s.assessed_until, s.set_stage_borrower, s.set_stage_investor,
       s.set_sensitivity, s.stage AS stage_on_record, s.value_tier AS value_on_record,
       t.today, coalesce(s.deal_count, 0) AS deals, coalesce(s.borrowed_ever, 0) + coalesce(s.lent_ever, 0) AS volume,
       coalesce(s.outstanding, 0) > 0 AS is_borrowing, coalesce(s.invested, 0) > 0 AS is_lending,
       extract(year FROM age(t.today, s.first_deal_date))::int AS years,
       CASE WHEN s.investor OR s.shares_ever IS NOT NULL
            THEN coalesce(s.invested, 0) + coalesce(s.available, 0) + coalesce(s.frozen, 0) END AS holdings,
       CASE WHEN s.loans_ever IS NOT NULL
            THEN greatest(s.last_borrowed_date, (s.last_settled AT TIME ZONE 'Asia/Shanghai')::date) END AS borrower_act,
       greatest(s.last_lent_date, s.last_share_ended_date) AS investor_act,
       coalesce((s.last_login AT TIME ZONE 'Asia/Shanghai')::date < t.today - %(login_days)s, false) AS no_login,
       coalesce(s.open_complaints, 0) > 0 AS complains,
       coalesce(s.deposits_90_days, 0) = 0 AND coalesce(s.bid_open, 0) = 0 AS no_inflow,
       coalesce(s.settled_early, 0) > 0 AND coalesce(s.outstanding, 0) = 0
           AND coalesce((s.last_settled AT TIME ZONE 'Asia/Shanghai')::date >= t.today - 90, false) AS exits_early,
       coalesce(s.lent_90_days, 0) < %(fewer_share)s * coalesce(s.lent_before_90_days, 0) AS lends_less
FROM {table} s CROSS JOIN (SELECT {today} AS today) t WHERE true {among}
OFFSET 0
"""

# How long he has been away, against his own gap between deals; who still owes or lends is not away.
_AWAY: Final = """
SELECT a.*, a.is_borrowing OR a.is_lending AS is_running,
       CASE WHEN a.loans_ever IS NOT NULL AND NOT a.is_borrowing THEN a.today - a.borrower_act END AS borrower_idle,
       CASE WHEN a.shares_ever IS NOT NULL THEN a.today - a.last_lent_date END AS investor_idle,
       CASE WHEN a.borrowing_gap IS NOT NULL THEN greatest(a.borrowing_gap, %(rhythm_floor)s) END AS borrower_gap,
       CASE WHEN a.investing_gap IS NOT NULL THEN greatest(a.investing_gap, %(rhythm_floor)s) END AS investor_gap,
       coalesce(a.withdrawals_30_days, 0) > 0
           AND a.withdrawals_30_days >= %(outflow_share)s * (coalesce(a.holdings, 0) + a.withdrawals_30_days) AS flows_out
FROM ({inner}) a
OFFSET 0
"""


def _rhythm(role: str) -> str:
    return (
        f"CASE WHEN b.{role}_idle >= %(rhythm_likely)s * b.{role}_gap THEN 50"
        f" WHEN b.{role}_idle >= %(rhythm_watch)s * b.{role}_gap THEN 30 ELSE 0 END"
    )


def _toward_loss(role: str, extra: str) -> str:
    days = f"%({role}_lost_days)s"
    return (
        f"CASE WHEN {extra} AND b.{role}_idle >= 0.8 * {days} THEN 60"
        f" WHEN {extra} AND b.{role}_idle >= 0.5 * {days} THEN 30 ELSE 0 END"
    )


# Points of each sign; the documented sum is capped at 100.
_SIGNS: Final = f"""
SELECT b.*, {_rhythm("borrower")} AS borrower_rhythm, {_rhythm("investor")} AS investor_rhythm,
       {_toward_loss("borrower", "true")} AS borrower_toward_loss,
       {_toward_loss("investor", "NOT b.is_lending")} AS investor_toward_loss,
       CASE WHEN b.no_login THEN 15 ELSE 0 END + CASE WHEN b.complains THEN 10 ELSE 0 END AS both_points,
       CASE WHEN b.exits_early THEN 20 ELSE 0 END AS borrower_points,
       CASE WHEN b.no_inflow THEN 15 ELSE 0 END + CASE WHEN b.flows_out THEN 20 ELSE 0 END
           + CASE WHEN b.lends_less THEN 15 ELSE 0 END AS investor_points
FROM ({{inner}}) b
OFFSET 0
"""  # noqa: S608 - everything is our own
_CHURN: Final = """
SELECT d.*,
       CASE WHEN d.loans_ever IS NOT NULL AND d.is_borrowing THEN 0 WHEN d.loans_ever IS NOT NULL
            THEN least(100, greatest(d.borrower_rhythm, d.borrower_toward_loss) + d.both_points + d.borrower_points) END
           AS churn_borrower,
       CASE WHEN d.shares_ever IS NOT NULL
            THEN least(100, greatest(d.investor_rhythm, d.investor_toward_loss) + d.both_points + d.investor_points) END
           AS churn_investor
FROM ({inner}) d
OFFSET 0
"""


def _stage(role: str, flag: str, count: str, first: str, running: str) -> str:
    return f"""CASE
        WHEN e.set_stage_{role} IS NOT NULL THEN e.set_stage_{role}
        WHEN e.{count} IS NULL THEN CASE WHEN e.{flag} THEN 'POTENTIAL' END
        WHEN e.{first} > e.today - %(new_days)s THEN 'NEW'
        WHEN NOT e.{running} AND e.{role}_act <= e.today - %({role}_lost_days)s THEN 'LOST'
        WHEN e.churn_{role} >= %(churn_likely)s THEN 'DECLINING'
        WHEN e.{count} >= %(mature_deals)s THEN 'MATURE' ELSE 'ACTIVE' END AS stage_{role}"""


_STAGES: Final = f"""
SELECT e.*, {_stage("borrower", "borrower", "loans_ever", "first_borrowed_date", "is_borrowing")},
       {_stage("investor", "investor", "shares_ever", "first_lent_date", "is_lending")},
       round(e.volume * (1 + %(frequency_weight)s * least(greatest(e.deals - 1, 0), 10)
                           + %(loyalty_weight)s * least(coalesce(e.years, 0), 5)), 2) AS weighted,
       CASE e.investor_type WHEN 'C1' THEN 'CONSERVATIVE' WHEN 'C2' THEN 'CONSERVATIVE' WHEN 'C3' THEN 'BALANCED'
            WHEN 'C4' THEN 'AGGRESSIVE' WHEN 'C5' THEN 'AGGRESSIVE' END AS preference_stated,
       CASE WHEN e.lent_ever > 0 THEN
           CASE WHEN coalesce(e.lent_risky, 0) >= %(risky_aggressive)s * e.lent_ever THEN 'AGGRESSIVE'
                WHEN coalesce(e.lent_risky, 0) >= %(risky_balanced)s * e.lent_ever THEN 'BALANCED'
                ELSE 'CONSERVATIVE' END END AS preference_actual,
       e.investor_type IS NOT NULL AND coalesce(e.assessed_until < e.today, false) AS is_expired,
       CASE WHEN e.latest_decision = 'DECLINE' AND NOT e.is_running AND e.today < e.decided_date + %(reentry_days)s
            THEN e.decided_date + %(reentry_days)s END AS reentry_date,
       greatest(e.churn_borrower, e.churn_investor) AS churn_worst,
       greatest(e.borrower_act, e.investor_act, e.last_deal_date) AS last_act,
       (coalesce(e.cost_ever, 0) + %(minute_cost)s * coalesce(e.contact_minutes, 0)
           + %(case_cost)s * coalesce(e.cases, 0)) AS served_cost
FROM ({{inner}}) e
OFFSET 0
"""  # noqa: S608 - everything is our own
# The person as a whole: declining or lost only where every role that he has played is.
_PERSON: Final = """
SELECT f.*,
       CASE WHEN f.set_stage_borrower IS NOT NULL AND f.shares_ever IS NULL THEN f.set_stage_borrower
            WHEN f.set_stage_investor IS NOT NULL AND f.loans_ever IS NULL THEN f.set_stage_investor
            WHEN f.deals = 0 THEN 'POTENTIAL'
            WHEN f.first_deal_date > f.today - %(new_days)s THEN 'NEW'
            WHEN (f.loans_ever IS NULL OR f.stage_borrower = 'LOST')
                 AND (f.shares_ever IS NULL OR f.stage_investor = 'LOST') THEN 'LOST'
            WHEN (f.loans_ever IS NULL OR f.stage_borrower IN ('DECLINING', 'LOST'))
                 AND (f.shares_ever IS NULL OR f.stage_investor IN ('DECLINING', 'LOST')) THEN 'DECLINING'
            WHEN f.deals >= %(mature_deals)s THEN 'MATURE' ELSE 'ACTIVE' END AS person_stage,
       CASE WHEN f.deals > 0 THEN CASE WHEN f.weighted >= %(value_high)s THEN 'HIGH'
            WHEN f.weighted >= %(value_middle)s THEN 'MIDDLE' ELSE 'LOW' END END AS person_value,
       CASE WHEN NOT f.is_expired THEN coalesce(f.preference_stated, f.preference_actual) ELSE f.preference_actual END
           AS preference,
       CASE WHEN f.preference_stated IS NOT NULL AND f.preference_actual IS NOT NULL
            THEN f.preference_stated <> f.preference_actual END AS preference_mismatch,
       CASE WHEN f.preference_stated IS NOT NULL THEN f.is_expired END AS preference_expired,
       CASE WHEN f.loans_ever IS NOT NULL THEN CASE
            WHEN coalesce(f.borrowed_consumption, 0) >= %(one_use_share)s * f.borrowed_ever THEN 'CONSUMPTION'
            WHEN coalesce(f.borrowed_business, 0) >= %(one_use_share)s * f.borrowed_ever THEN 'BUSINESS'
            ELSE 'MIXED' END END AS loan_use,
       CASE WHEN f.shares_ever IS NOT NULL OR f.holdings > 0 THEN CASE
            WHEN f.holdings >= %(band_wealthy)s THEN 'WEALTHY' WHEN f.holdings >= %(band_large)s THEN 'LARGE'
            WHEN f.holdings >= %(band_ordinary)s THEN 'ORDINARY' ELSE 'SMALL' END END AS band,
       CASE WHEN f.deals >= %(level_senior_deals)s THEN 'SENIOR' WHEN f.deals >= %(level_middle_deals)s THEN 'MIDDLE'
            WHEN f.deals > 0 THEN 'JUNIOR' END AS level,
       CASE WHEN f.deals > 0 THEN 5 - width_bucket((f.today - f.last_deal_date - 1)::float8, %(rfm_days)s::float8[]) END AS r,
       CASE WHEN f.deals > 0 THEN 1 + width_bucket(f.deals::float8, %(rfm_deals)s::float8[]) END AS q,
       CASE WHEN f.deals > 0 THEN 1 + width_bucket(f.volume::float8, %(rfm_money)s::float8[]) END AS m,
       CASE WHEN f.set_sensitivity IS NOT NULL THEN f.set_sensitivity
            WHEN coalesce(f.contacts_90_days, 0) + coalesce(f.cases, 0) >= %(service_touches)s THEN 'SERVICE'
            WHEN f.settled_early > 0 THEN 'PRICE'
            WHEN f.preference_actual = 'CONSERVATIVE' THEN 'SAFETY' END AS sensitivity
FROM ({inner}) f
OFFSET 0
"""
# The five parts of a prime customer, twenty points each.
_POINTS: Final = """
SELECT g.*,
       CASE WHEN g.deals > 0 THEN round(10 * least(1, g.volume / %(prime_volume)s))::int + CASE WHEN
           coalesce(g.open_applications, 0) > 0 OR coalesce(g.bid_open, 0) > 0 OR coalesce(g.deposits_30_days, 0) > 0
           THEN 10 ELSE 0 END END AS prime_demand,
       CASE WHEN g.deals > 0 THEN CASE WHEN coalesce(g.sensitivity, '') <> 'PRICE' THEN 8 ELSE 0 END
           + CASE WHEN g.days_past_due > 0 THEN 0 WHEN g.collections > 0 THEN 6 ELSE 12 END END AS prime_payment,
       CASE WHEN g.deals > 0 THEN round(20 * greatest(0, 1 - g.served_cost / greatest(coalesce(g.years, 0), 1)
           / %(prime_cost)s))::int END AS prime_service,
       CASE WHEN g.deals > 0 THEN CASE WHEN g.risk_tier = 'HIGH' THEN 0 WHEN g.risk_tier = 'LOW' THEN 14 ELSE 7 END
           + CASE WHEN coalesce(g.holdings, 0) >= %(band_ordinary)s OR g.is_running AND coalesce(g.overdue, 0) = 0 THEN 6
                  ELSE 0 END END AS prime_risk,
       CASE WHEN g.deals > 0 THEN least(10, 2 * coalesce(g.years, 0)) + least(6, 3 * coalesce(g.referrals, 0))
           + CASE WHEN coalesce(g.health, 100) >= 80 THEN 4 ELSE 0 END END AS prime_loyalty,
       CASE WHEN g.person_stage <> 'LOST' AND g.churn_worst IS NOT NULL THEN
           CASE WHEN g.churn_worst >= %(churn_likely)s THEN 'LIKELY' WHEN g.churn_worst >= %(churn_watch)s THEN 'WATCH'
                ELSE 'NONE' END END AS churn
FROM ({inner}) g
OFFSET 0
"""
_SUM: Final = """
SELECT h.*, h.prime_demand + h.prime_payment + h.prime_service + h.prime_risk + h.prime_loyalty AS prime_score,
       CASE WHEN h.person_stage IN ('POTENTIAL', 'NEW') THEN CASE
                WHEN h.reentry_date IS NOT NULL
                     OR h.person_stage = 'POTENTIAL' AND (h.registered AT TIME ZONE 'Asia/Shanghai')::date
                        <= h.today - %(potential_days)s THEN 'DIED_EARLY' ELSE 'BUILD' END
            WHEN h.person_stage = 'DECLINING' THEN 'REPAIR'
            WHEN h.person_stage <> 'LOST' THEN 'MAINTAIN'
            WHEN h.last_act > h.today - least(%(borrower_lost_days)s, %(investor_lost_days)s) - %(repair_days)s THEN 'REPAIR'
            WHEN h.deals > 1 THEN 'BROKEN' ELSE 'DIED_EARLY' END AS phase,
       CASE WHEN h.deals > 0 THEN CASE h.person_stage WHEN 'LOST' THEN 0::numeric ELSE
           round((h.volume * %(clv_margin)s - h.served_cost) / greatest(coalesce(h.years, 0), 1) * y.stay
                 / (1 + %(clv_discount)s - y.stay), 2) END END AS clv,
       CASE WHEN h.r >= 4 AND h.q >= 4 AND h.m >= 4 THEN 'CHAMPION' WHEN h.r >= 3 AND h.q >= 3 THEN 'LOYAL'
            WHEN h.r >= 4 THEN 'PROMISING' WHEN h.r <= 2 AND h.q >= 3 THEN 'AT_RISK' WHEN h.r <= 2 THEN 'SLEEPING'
            WHEN h.r IS NOT NULL THEN 'COMMON' END AS rfm,
       CASE WHEN h.churn IS NOT NULL THEN array_remove(ARRAY[
           CASE WHEN greatest(h.borrower_rhythm, h.investor_rhythm) > 0 THEN 'RHYTHM' END,
           CASE WHEN greatest(h.borrower_toward_loss, h.investor_toward_loss) > 0 THEN 'IDLE' END,
           CASE WHEN h.no_login THEN 'LOGIN' END,
           CASE WHEN h.shares_ever IS NOT NULL AND h.no_inflow THEN 'NO_INFLOW' END,
           CASE WHEN h.shares_ever IS NOT NULL AND h.flows_out THEN 'OUTFLOW' END,
           CASE WHEN h.lends_less THEN 'FEWER' END, CASE WHEN h.exits_early THEN 'EARLY_EXIT' END,
           CASE WHEN h.complains THEN 'COMPLAINT' END], NULL)::varchar[] END AS churn_signs
FROM ({inner}) h CROSS JOIN LATERAL (SELECT CASE h.churn WHEN 'LIKELY' THEN %(clv_stay_likely)s
    WHEN 'WATCH' THEN %(clv_stay_watched)s ELSE %(clv_stay)s END AS stay) y
OFFSET 0
"""
_CLASS: Final = """
SELECT i.*, CASE WHEN i.prime_score >= %(prime_best)s THEN 'PRIME' WHEN i.prime_score >= %(prime_good)s THEN 'GOOD'
                 WHEN i.prime_score IS NOT NULL THEN 'COMMON' END AS prime
FROM ({inner}) i
OFFSET 0
"""
_TOLD: Final = """
SELECT j.customer_id, j.today, j.person_stage AS stage, j.stage_borrower, j.stage_investor, j.phase,
       j.person_value AS value_tier, nullif(j.risk_tier, 'UNKNOWN') AS risk_tier,
       CASE WHEN j.deals = 0 AND coalesce(j.holdings, 0) = 0 THEN NULL
            WHEN j.person_value = 'HIGH' OR j.prime = 'PRIME' OR j.band = 'WEALTHY' THEN 'KEY'
            WHEN j.person_value = 'MIDDLE' OR j.band = 'LARGE' THEN 'IMPORTANT' ELSE 'ORDINARY' END AS service_class,
       j.prime, j.level, j.rfm, j.preference, j.band, j.loan_use, j.sensitivity, j.churn,
       CASE WHEN j.reentry_date IS NOT NULL THEN 'DECLINED' END AS non_customer,
       j.preference_stated, j.preference_actual, j.preference_mismatch, j.preference_expired,
       CASE WHEN j.deals > 0 THEN j.weighted END AS weighted_volume, j.r * 100 + j.q * 10 + j.m AS rfm_score, j.clv,
       j.prime_score, j.prime_demand, j.prime_payment, j.prime_service, j.prime_risk, j.prime_loyalty,
       j.churn_borrower, j.churn_investor, j.churn_signs, j.reentry_date,
       j.deals, j.volume, j.years, j.first_deal_date, j.last_deal_date, j.last_act, j.borrowed_ever, j.lent_ever,
       j.borrowed_consumption, j.borrowed_business, j.holdings, j.investor_type, j.assessed_until, j.lent_risky,
       j.borrower_idle, j.investor_idle, j.borrower_gap, j.investor_gap, j.contacts_90_days, j.cases, j.settled_early,
       j.decided_date, j.grade, j.credit_score, j.days_past_due, j.set_stage_borrower, j.set_stage_investor,
       j.set_sensitivity, j.open_complaints, j.last_contact, j.stage_on_record, j.value_on_record
FROM ({inner}) j
"""
# What each label was told from: the figures of the moment in which its value changed.
REASONS: Final = {
    "stage": ("deals", "first_deal_date", "last_deal_date", "last_act"),
    "stage_borrower": ("deals", "last_act", "churn_borrower", "set_stage_borrower"),
    "stage_investor": ("deals", "last_act", "churn_investor", "set_stage_investor"),
    "phase": ("stage", "deals", "last_act", "reentry_date"),
    "value_tier": ("volume", "deals", "years", "weighted_volume"),
    "risk_tier": ("grade", "credit_score", "days_past_due"),
    "service_class": ("value_tier", "prime", "band"),
    "prime": ("prime_score", "prime_demand", "prime_payment", "prime_service", "prime_risk", "prime_loyalty"),
    "level": ("deals",),
    "rfm": ("rfm_score", "last_deal_date", "deals", "volume"),
    "preference": ("investor_type", "assessed_until", "preference_stated", "preference_actual", "lent_risky", "lent_ever"),
    "band": ("holdings",),
    "loan_use": ("borrowed_consumption", "borrowed_business"),
    "sensitivity": ("set_sensitivity", "contacts_90_days", "cases", "settled_early", "preference_actual"),
    "churn": (
        "churn_borrower", "churn_investor", "churn_signs", "borrower_idle", "borrower_gap", "investor_idle", "investor_gap"
    ),
    "non_customer": ("decided_date", "reentry_date"),
}  # fmt: skip
COLUMNS: Final = (*KEYS, *FIGURES)


def build_told(among: Among) -> str:
    """Return SQL that yields every label and figure, with what they are told from; it takes `list_limits`."""
    inner = _FACTS.format(table=TABLE, today=_TODAY, among=among("s.customer_id"))
    for step in (_AWAY, _SIGNS, _CHURN, _STAGES, _PERSON, _POINTS, _SUM, _CLASS, _TOLD):
        inner = step.format(inner=inner)
    return inner


def list_limits(rule: LabelRule) -> dict[str, Any]:
    """Return a rule's limits as parameters of `build_told`."""
    return {name: getattr(rule, name) for name in LIMITS}
