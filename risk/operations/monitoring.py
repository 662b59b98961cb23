"""What monitoring puts into the close, the seeds and the sentences."""

from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from core.changes import live_gates
from core.close import register_step
from core.registries import warning_patterns
from core.seeding import ensure_parameters, register_seed
from customers.texts import register_text, register_words
from risk import reasons
from risk.models import WarningRule
from risk.operations import laundering, reassessments, register, warnings

_START: Final = date(2016, 8, 17)
_HOUSE: Final = "house rule"
# Name, pattern, points, days until judged.
_RULES: Final = (
    ("多日扣款失败", "debit_failed", 30, 90),
    ("部分还款", "part_paid", 25, 90),
    ("逾期一周", "late", 40, 60),
    ("多次逾期", "late_before", 30, 120),
    ("频繁申请借款", "credit_seeking", 15, 120),
    ("失联", "contact_lost", 30, 90),
    ("更换手机号", "phone_changed", 10, 120),
    ("月负债上升", "debts_grew", 20, 180),
    ("多设备登录", "devices", 10, 90),
    ("违背还款承诺", "promise_broken", 40, 60),
    ("催收无应答", "no_answer", 30, 60),
)


def seed_monitoring(_business_date: date, _now: datetime) -> None:
    """Enter the numbers and rules that are missing; what staff entered stays."""
    ensure_parameters(
        [
            ("risk.warning_points", 50, _START, _HOUSE),
            ("risk.warning_trouble_dpd", 30, _START, _HOUSE),
            (
                "risk.stress_chances",
                {
                    "M0": "0.03", "M1": "0.20", "M2": "0.45", "M3": "0.65",
                    "M4": "0.80", "M5": "0.85", "M6": "0.90", "M7": "0.95",
                },
                _START,
                "roll rates of public books",
            ),
            ("risk.stress_loss_share", "0.60", _START, _HOUSE),
            ("risk.stress_hard_share", "0.10", _START, _HOUSE),
            ("risk.stress_prepay_per_point", "0.20", _START, _HOUSE),
            ("risk.stress_outflow_per_point", "0.15", _START, _HOUSE),
            ("risk.aml_daily_transfer", "500000.00", _START, "令〔2016〕3号 第五条"),
            ("risk.aml_report_workdays", 5, _START, "令〔2016〕3号"),
            ("risk.aml_window_days", 7, _START, _HOUSE),
            ("risk.aml_split_share", "0.30", _START, _HOUSE),
            ("risk.aml_split_count", 3, _START, _HOUSE),
            ("risk.aml_match_score", 40, _START, _HOUSE),
            (reassessments.PARAMETER, {"A": 12, "B": 12, "C": 6, "D": 3, "E": 3}, _START, _HOUSE),
        ]
    )  # fmt: skip
    for name, pattern, points, horizon in _RULES:
        defaults: dict[str, Any] = {"pattern": pattern, "points": points, "horizon_days": horizon}
        WarningRule.objects.get_or_create(name=name, defaults=defaults)


# What a piece of work without a customer is about.
_WORK: Final = {
    "risk.alert": _("Alert"),
    "risk.entry": _("Risk to look at again"),
    "risk.leaver": _("Customers of a leaver"),
    "risk.legal_review": _("Legal review"),
    "risk.policy": _("Policy to assess"),
    "risk.rate_moved": _("Rate moved"),
}


def register_monitoring() -> None:
    """Register steps, seeds and sentences."""
    register_step(warnings.STEP, warnings.STEP_ORDER, warnings.watch_borrowers)
    register_step(laundering.STEP, laundering.STEP_ORDER, laundering.watch_money)
    register_step("risk.screen_newcomers", laundering.STEP_ORDER + 1, laundering.screen_newcomers)
    register_step(reassessments.STEP, reassessments.STEP_ORDER, reassessments.assess_borrowers)
    register_step(register.STEP, register.STEP_ORDER, register.remind_of_reviews)
    live_gates.register("risk.legal_review", register.hold_under_review)
    register_seed(62, "risk.monitoring", seed_monitoring)
    register_words("warning", {code: pattern.label for code, pattern in warning_patterns.items()})
    register_words("notice", {"risk.leaver": _("customers of a leaver")})
    register_words("work", _WORK)
    failures = (reasons.RULES_MISSING, reasons.FACTS_MISSING, reasons.INPUTS_INVALID, reasons.RULES_FAILED)
    register_words("assessment_failure", {code: reasons.REASONS[code].staff for code in failures})
    for code, sentence in _TEXTS.items():
        register_text(code, sentence)


_TEXTS = {
    "risk.warning": _("Early warnings: %(count)s, together %(points)s points, above all: %(warning)s"),
    "risk.rate_moved": _(
        "The one-year LPR moved from %(before)s%% to %(after)s%% on %(day)s: look at whom it concerns"
    ),
    "risk.grade_fell": _("Assessed again: the grade fell from %(before)s to %(after)s (score %(score)s)"),
    "risk.grade_rose": _("Assessed again: the grade rose from %(before)s to %(after)s (score %(score)s)"),
    "risk.assessment_failed": _("The periodic assessment due on %(day)s could not be done: %(assessment_failure)s"),
    "risk.suspicion_opened": _("Case of suspicion %(number)s: report or dismiss it until %(day)s"),
    "risk.list_matches": _("%(count)s customers may be on a list: judge them"),
    "risk.entry_due": _("The risk “%(title)s” was to be looked at again on %(day)s"),
    "risk.legal_review": _("Legal review of %(title)s: answer until %(day)s"),
    "risk.policy_published": _("New policy of %(issuer)s: %(title)s. Say what it means for us"),
}
