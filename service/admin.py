"""Operations staff read collection work; it is done on the pages of the RM."""

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from service.models import CollectionCase, CollectionContact, PromiseToPay
from staff.admin_access import ReadableByStaff


class ContactInline(ReadableByStaff, TabularInline):
    """Contacts of a case."""

    model = CollectionContact
    fields = ("at", "channel", "outcome", "note", "staff_user", "number_of_day")
    extra = 0


class PromiseInline(ReadableByStaff, TabularInline):
    """Promises of a case."""

    model = PromiseToPay
    fields = ("made_at", "amount", "promised_date", "state", "paid")
    extra = 0


@admin.register(CollectionCase)
class CollectionCaseAdmin(ReadableByStaff, ModelAdmin):
    """Cases with their contacts and promises."""

    list_display = ("opened_at", "loan", "stage", "dpd", "overdue_amount", "assignee", "state", "is_on_hold", "closure")
    list_filter = ("state", "stage", "is_on_hold")
    search_fields = ("loan__number",)
    list_select_related = ("loan", "assignee__user")
    inlines = (ContactInline, PromiseInline)
