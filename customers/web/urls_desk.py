"""Addresses of what belongs to the list of customers and one's desk; they stand before those of a single record."""

from django.urls import URLPattern, path, re_path

from customers.web.views import bulk, desk, entry, help, notices, today

urlpatterns: list[URLPattern] = [
    path("customers/new/", entry.EnterCustomer.as_view(), name="enter"),
    path("customers/new/check/", entry.CheckEntry.as_view(), name="check-entry"),
    path("customers/condition/", desk.ConditionEditor.as_view(), name="condition"),
    path("customers/columns/", desk.ChooseColumns.as_view(), name="columns"),
    path("customers/views/", desk.ViewCounts.as_view(), name="view-counts"),
    path("customers/views/save/", desk.SaveView.as_view(), name="save-view"),
    re_path(
        r"^customers/views/(?P<public_id>[\w-]+)/(?P<act>update|rename|share|pin|remove)/$",
        desk.ChangeView.as_view(),
        name="view",
    ),
    path("notices/", notices.NoticesPage.as_view(), name="notices"),
    path("notices/read/", notices.ReadNotices.as_view(), name="read-notices"),
    path("today/arrange/", today.ArrangeToday.as_view(), name="arrange-today"),
    path("help/tour/", help.TakeTour.as_view(), name="tour"),
    path("help/report/", help.ReportProblem.as_view(), name="report"),
    path("customers/bulk/", bulk.BulkPage.as_view(), name="bulk"),
    path("customers/<str:public_id>/cell/rm/", bulk.OwnerCell.as_view(), name="owner-cell"),
    path("customers/<str:public_id>/cell/<str:name>/", bulk.Cell.as_view(), name="cell"),
]
