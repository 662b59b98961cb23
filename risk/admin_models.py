"""Trainings and models beside the champion in the admin: to read and to audit; they are made and approved on their pages."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from risk.models import Challenger, ModelTraining, Rescore
from staff.admin_access import ReadableByStaff


@admin.register(ModelTraining)
class ModelTrainingAdmin(ReadableByStaff, ModelAdmin):
    """Who had models made, out of what, and what came of it."""

    list_display = ("asked_at", "code", "source", "file_name", "state", "rows", "bads", "asked_by")
    list_filter = ("state", "source")
    exclude = ("content", "kinds", "columns")
    readonly_fields = ("passed_over",)
    list_select_related = ("asked_by",)

    @admin.display(description=_("headings passed over"))
    def passed_over(self, training: ModelTraining) -> str:
        """Return the headings of the table that no model has seen."""
        return ", ".join([*training.columns.get("never", []), *training.columns.get("ignored", [])]) or "–"


@admin.register(Challenger)
class ChallengerAdmin(ReadableByStaff, ModelAdmin):
    """Models that run beside; the tables and trees are too large for a page."""

    list_display = ("code", "version", "state", "note", "made_by", "published_at", "approved_by")
    list_filter = ("state", "code")
    exclude = ("content", "card")
    readonly_fields = ("measured", "its_page")
    list_select_related = ("made_by", "approved_by")

    @admin.display(description=_("measured"))
    def measured(self, challenger: Challenger) -> str:
        """Return how well it ranked those held out."""
        quality = challenger.card.get("quality")
        return f"AUC {quality['auc']:.4f} · KS {quality['ks']:.4f} · Brier {quality['brier']:.4f}" if quality else "–"

    @admin.display(description=_("to read"))
    def its_page(self, challenger: Challenger) -> str:
        """Return the link to its card."""
        address = reverse("risk:challenger", args=[challenger.code, challenger.version])
        return format_html('<a href="{}">{}</a>', address, challenger)


@admin.register(Rescore)
class RescoreAdmin(ReadableByStaff, ModelAdmin):
    """Borrowers scored again."""

    list_display = ("business_date", "borrower", "score", "previous_score", "card")
    list_select_related = ("customer", "scorecard")

    @admin.display(description=_("borrower"))
    def borrower(self, rescore: Rescore) -> str:
        """Return whose score it is."""
        return str(rescore.customer)

    @admin.display(description=_("scorecard"))
    def card(self, rescore: Rescore) -> str:
        """Return by which points."""
        return str(rescore.scorecard)
