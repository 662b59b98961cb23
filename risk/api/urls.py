"""Addresses below `/api/v1/`."""

from django.urls import path

import core.api.paths  # noqa: F401 - registers the converters
from risk.api import decisions, laundering, models, monitoring, register, views

urlpatterns = [
    path("me/applications/<public_id:public_id>/decision/", decisions.DecisionView.as_view()),
    path("me/applications/<public_id:public_id>/human-review/", decisions.HumanReviewView.as_view()),
    path("staff/alerts/", views.StaffAlertsView.as_view()),
    path("staff/alerts/<public_id:public_id>/", views.StaffAlertView.as_view()),
    path("staff/alerts/<public_id:public_id>/<upper_code:act>/", views.StaffAlertActView.as_view()),
    path("staff/indicators/", monitoring.StaffIndicatorsView.as_view()),
    path("staff/warnings/", monitoring.StaffWarningsView.as_view()),
    path("staff/assessments/", monitoring.StaffReassessmentsView.as_view()),
    path("staff/assessment-plans/", monitoring.StaffAssessmentPlansView.as_view()),
    path("staff/stress-runs/", monitoring.StaffStressRunsView.as_view()),
    path("staff/stress-runs/<public_id:public_id>/", monitoring.StaffStressRunView.as_view()),
    path("staff/risks/", register.StaffRisksView.as_view()),
    path("staff/risks/<public_id:public_id>/", register.StaffRiskView.as_view()),
    path("staff/incidents/", register.StaffIncidentsView.as_view()),
    path("staff/suspicions/", laundering.StaffSuspicionsView.as_view()),
    path("staff/suspicions/<public_id:public_id>/", laundering.StaffSuspicionView.as_view()),
    path("staff/suspicions/<public_id:public_id>/proposal/", laundering.SuspicionProposalView.as_view()),
    path("staff/suspicions/<public_id:public_id>/decision/", laundering.SuspicionDecisionView.as_view()),
    path("staff/models/", models.StaffChampionsView.as_view()),
    path("staff/challengers/", models.StaffChallengersView.as_view()),
]
