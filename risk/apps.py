"""Django configuration of risk."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RiskConfig(AppConfig):
    """The risk app."""

    name = "risk"
    verbose_name = _("Risk")

    def ready(self) -> None:
        from core.close import register_step
        from core.registries import approvals, frame_items, listing_disclosures
        from core.seeding import register_seed
        from customers.texts import register_text
        from lending.texts import register_reason
        from risk import handlers  # noqa: F401 - registers the event handlers
        from risk.operations import arrears, configuration, indicators, leavers, pricing, seed, seed_models, trials
        from risk.operations.measures import register_measures
        from risk.operations.monitoring import register_monitoring
        from risk.queries.alerts import open_alerts_item
        from risk.queries.attributes import register_attributes
        from risk.queries.disclosure import disclose_credit_report
        from risk.queries.indicators import register_indicators
        from risk.queries.model_watch import register_model_indicators
        from risk.reasons import REASONS
        from risk.web import frame

        frame.register()
        register_seed(60, "risk.standard_rules", seed.seed_standard_rules)
        register_indicators()
        register_model_indicators()
        register_seed(62, "risk.model_watch", seed_models.seed_model_watch)
        register_measures()
        register_monitoring()
        register_attributes()
        indicators.register_step()
        register_seed(61, "risk.leaver_limits", seed.seed_leaver_limits)
        register_step(arrears.STEP, arrears.STEP_ORDER, arrears.refresh_arrears)
        register_seed(63, "risk.loss_parameters", seed.seed_loss_parameters)
        register_step("risk.study_defaults", 746, trials.study_defaults)
        register_step(leavers.STEP, leavers.STEP_ORDER, leavers.watch_leavers)
        approvals.register(configuration.PUBLISH, configuration.decide_rule)
        approvals.register(pricing.PRICE, pricing.decide_prices)
        frame_items.register("alerts", open_alerts_item)
        listing_disclosures.register("credit_report", disclose_credit_report)
        for code, sentence in _TEXTS.items():
            register_text(code, sentence)
        # Lower apps tell a customer why by these codes, and know nothing else of judgement.
        for code, reason in REASONS.items():
            register_text(f"risk.reason.{code}", reason.customer)
            register_reason(code, reason.customer)


_TEXTS = {
    "risk.human_review_asked": _("The customer asks for a person to look at the decision on application %(number)s"),
    "risk.human_review_noted": _("Asked for a person to look at the decision on application %(number)s"),
    "risk.leaver_alarm": _(
        "The customers of %(name)s, who left, act unusually: ¥%(outflow)s flowed out (usual ¥%(usual)s), %(exits)s were lost"
    ),
    "risk.review_wanted": _("Application %(number)s needs a manual review"),
    "risk.review_sent_back": _("The review of application %(number)s was sent back: %(note)s"),
    "risk.review_proposed": _("%(maker)s proposes a decision on application %(number)s; it needs your confirmation"),
    "risk.loan_overdue": _("Loan %(number)s is overdue by ¥%(amount)s: call the borrower"),
    "risk.loan_in_bucket": _("Loan %(number)s is %(dpd)s days past due (%(bucket)s), ¥%(amount)s overdue"),
    "risk.above.overdue_ratio": _("Overdue ratio of %(dimension)s is %(value)s, above its limit of %(limit)s"),
    "risk.above.par30": _("Portfolio at risk over 30 days is %(value)s, above its limit of %(limit)s"),
    "risk.above.first_payment_default": _(
        "First payment default of %(dimension)s is %(value)s, above its limit of %(limit)s"
    ),
    "risk.above.funding_failure": _(
        "Funding failure ratio of %(dimension)s is %(value)s, above its limit of %(limit)s"
    ),
    "risk.above.reserve_coverage": _("Reserve coverage is %(value)s, below its limit of %(limit)s"),
    "risk.above.top_borrowers": _("The ten greatest borrowers owe %(value)s of the book, above the limit of %(limit)s"),
    "risk.above.region_share": _("The greatest region owes %(value)s of the book, above the limit of %(limit)s"),
    "risk.above.product_share": _("The greatest product is %(value)s of the book, above the limit of %(limit)s"),
    "risk.above.funding_gap": _("Listings lack %(value)s of their money, above the limit of %(limit)s"),
    "risk.above.investor_outflow": _("Investors withdrew %(value)s within 7 days, above the limit of %(limit)s"),
    "risk.above.disputes": _("%(value)s of the debtors dispute their debt, above the limit of %(limit)s"),
    "risk.above.complaints": _("%(value)s of the customers complained within 30 days, above the limit of %(limit)s"),
    "risk.above.late_cases": _("%(value)s of the open cases are late, above the limit of %(limit)s"),
    "risk.above.failed_logins": _("%(value)s of the day's log-ins failed, above the limit of %(limit)s"),
    "risk.above.leavers": _("%(value)s of the customers were lost within 30 days, above the limit of %(limit)s"),
    "risk.tier": _("Risk tier"),
    "risk.tier_reason": _("Grade %(grade)s; at most %(worst_dpd)s days past due now"),
    "customers.risk_tier.LOW": _("Risk tier is now low"),
    "customers.risk_tier.MIDDLE": _("Risk tier is now middle"),
    "customers.risk_tier.HIGH": _("Risk tier is now high"),
    "customers.risk_tier.UNKNOWN": _("Risk tier is no longer known"),
}
