"""Django configuration of lending."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LendingConfig(AppConfig):
    """The lending app."""

    name = "lending"
    verbose_name = _("Lending")

    def ready(self) -> None:
        from core.changes import Reviewable, appliers, reviewables
        from core.seeding import register_seed
        from customers.texts import register_text
        from lending import handlers, notices  # noqa: F401 - register the event handlers
        from lending.operations import closing, products, seed
        from lending.queries import invariants, merging, retention, supply
        from lending.queries.indicators import register_indicators
        from lending.queries.warnings import register_warnings
        from lending.web import frame

        frame.register()
        closing.register()
        invariants.register()
        merging.register()
        retention.register()
        supply.register()
        register_indicators()
        register_warnings()
        appliers.register("lending.product", products.apply_product)
        reviewables.register("lending.product", Reviewable(_("Product"), products.list_titles))
        register_seed(30, "lending.parameters", seed.seed_parameters)
        register_seed(50, "lending.products", seed.seed_products)
        for code, sentence in _TEXTS.items():
            register_text(code, sentence, flow=0 if code in _SET_ASIDE else None)


# Money that is set aside, given free or lent stays the investor's: it neither comes nor goes.
_SET_ASIDE = {"lending.bid_placed", "lending.bid_released", "lending.bid_lent"}
_TEXTS = {
    "lending.application_submitted": _("Applied for a loan, %(number)s"),
    "lending.application_approved": _("Application %(number)s approved, offer made"),
    "lending.application_declined": _("Application %(number)s declined"),
    "lending.application_reopened": _("Application %(number)s was opened again after a person looked at it"),
    "lending.application_referred": _("Application %(number)s goes to manual review"),
    "lending.application_withdrawn": _("Application %(number)s withdrawn"),
    "lending.application_expired": _("Offer for application %(number)s expired"),
    "lending.listing_opened": _("Listing %(number)s opened, raising until %(deadline)s"),
    "lending.listing_filled": _("Listing %(number)s filled"),
    "lending.listing_failed": _("Listing %(number)s failed at its deadline"),
    "lending.listing_cancelled": _("Listing %(number)s cancelled"),
    "lending.bid_placed": _("Bid on listing %(number)s, money set aside"),
    "lending.bid_released": _("Bid on listing %(number)s released"),
    "lending.bid_lent": _("Lent in loan %(number)s"),
    "lending.contract_drawn": _("Contract %(number)s drawn up"),
    "lending.contract_unprintable": _("The contract of loan %(number)s cannot be printed: %(detail)s"),
    "lending.contract_signed": _("Contract %(number)s signed by all parties"),
    "lending.loan_paid_out": _("Loan %(number)s paid out"),
    "lending.repayment": _("Repayment of loan %(number)s"),
    "lending.repayment_auto": _("Automatic debit for loan %(number)s"),
    "lending.repayment_settlement": _("Early settlement of loan %(number)s"),
    "lending.receipt": _("Received from loan %(number)s"),
    "lending.loan_settled": _("Loan %(number)s settled"),
    "lending.loan_settled_early": _("Loan %(number)s settled early"),
    "lending.bucket_changed": _("Loan %(number)s is %(dpd)s days past due (%(to)s)"),
    "lending.loan_cured": _("Loan %(number)s is no longer overdue"),
    "lending.debit_failed": _("Automatic debit for loan %(number)s found too little money"),
    "lending.payout_refused": _("The custodian refused the payout of loan %(number)s: %(refusal)s"),
}
