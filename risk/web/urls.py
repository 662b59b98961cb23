"""Addresses of the pages about decisions and alerts."""

from django.urls import path

from risk.web import alerts, applications, fairness, models, pricing, table_acts, tables, trials
from risk.web.monitoring_urls import monitoring

app_name = "risk"

urlpatterns = [
    path("applications/", applications.ApplicationListPage.as_view(), name="applications"),
    path("applications/<str:public_id>/", applications.ApplicationPage.as_view(), name="application"),
    path("applications/<str:public_id>/propose/", applications.Propose.as_view(), name="propose"),
    path("reviews/<str:public_id>/confirm/", applications.Confirm.as_view(), name="confirm"),
    path("reviews/<str:public_id>/send-back/", applications.SendBack.as_view(), name="send-back"),
    path("risk/alerts/", alerts.AlertListPage.as_view(), name="alerts"),
    path("risk/alerts/<str:public_id>/", alerts.AlertPage.as_view(), name="alert"),
    path("risk/alerts/<str:public_id>/<slug:act>/", alerts.AlertAct.as_view(), name="alert-act"),
    path("risk/tables/", tables.TableListPage.as_view(), name="tables"),
    path("risk/tables/<slug:code>/<int:version>/", tables.TablePage.as_view(), name="table"),
    path("risk/tables/<slug:code>/<int:version>/compare/", tables.TableComparePage.as_view(), name="table-compare"),
    path("risk/tables/<slug:code>/<int:version>/edit/", table_acts.TableEdit.as_view(), name="table-edit"),
    path("risk/tables/<slug:code>/<int:version>/<slug:act>/", table_acts.TableAct.as_view(), name="table-act"),
    path("risk/models/", models.ModelListPage.as_view(), name="models"),
    path("risk/models/train/", models.Train.as_view(), name="train"),
    path("risk/models/example/", models.LearningTableExample.as_view(), name="learning-table"),
    path("risk/models/<slug:code>/<int:version>/", models.ModelPage.as_view(), name="model"),
    path("risk/models/<slug:code>/<int:version>/<slug:act>/", models.ModelAct.as_view(), name="model-act"),
    path("risk/challengers/<slug:code>/<int:version>/", models.ChallengerPage.as_view(), name="challenger"),
    path(
        "risk/challengers/<slug:code>/<int:version>/<slug:act>/", models.ChallengerAct.as_view(), name="challenger-act"
    ),
    path("risk/pricing/", pricing.PricingPage.as_view(), name="pricing"),
    path("risk/pricing/<slug:code>/<slug:act>/", pricing.PricingAct.as_view(), name="pricing-act"),
    path("risk/fairness/", fairness.FairnessPage.as_view(), name="fairness"),
    path("risk/human-reviews/<str:public_id>/", applications.AnswerRequest.as_view(), name="human-review"),
    path("risk/trials/", trials.TrialListPage.as_view(), name="trials"),
    path("risk/trials/<str:public_id>/", trials.TrialPage.as_view(), name="trial"),
    path("risk/trials/<str:public_id>/stop/", trials.TrialStop.as_view(), name="trial-stop"),
    path("risk/try/<slug:subject>/<slug:code>/<int:version>/", trials.TrialStart.as_view(), name="try"),
    path("applications/<str:public_id>/replay/", applications.Replayed.as_view(), name="replay"),
    *monitoring,
    path("customers/<str:public_id>/risk/", alerts.CustomerRisk.as_view(), name="customer"),
    path("loans/<str:public_id>/alerts/", alerts.LoanAlerts.as_view(), name="loan"),
]
