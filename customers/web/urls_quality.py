"""Addresses of data quality."""

from django.urls import path

from customers.web.views import exports, imports, quality, retention

urlpatterns = [
    path("customers/export/", exports.CustomerExport.as_view(), name="export"),
    path("quality/", quality.QualityPage.as_view(), name="quality"),
    path("quality/retention/", retention.RetentionPage.as_view(), name="retention"),
    path("quality/pairs/<str:public_id>/", quality.PairPage.as_view(), name="pair"),
    path("quality/pairs/<str:public_id>/dismiss/", quality.DismissPair.as_view(), name="pair-dismiss"),
    path("quality/merges/<str:public_id>/undo/", quality.UndoMerge.as_view(), name="merge-undo"),
    path("quality/imports/", imports.ImportList.as_view(), name="imports"),
    path("quality/imports/<str:public_id>/", imports.ImportPage.as_view(), name="import"),
    path("quality/imports/<str:public_id>/undo/", imports.UndoImport.as_view(), name="import-undo"),
    path("quality/imports/<str:public_id>/errors/", imports.ErrorFile.as_view(), name="import-errors"),
    path("quality/quarantine/", imports.QuarantineList.as_view(), name="quarantine"),
    path("quality/quarantine/<str:public_id>/", imports.QuarantinePage.as_view(), name="quarantined"),
]
