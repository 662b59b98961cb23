"""Addresses of the pages that watch the risk of the house."""

from django.urls import path

from risk.web import indicators, laundering, market, reassessments, register, stress, warnings

monitoring = [
    path("risk/warnings/", warnings.WarningListPage.as_view(), name="warnings"),
    path("risk/assessments/", reassessments.ReassessmentListPage.as_view(), name="reassessments"),
    path("risk/indicators/", indicators.IndicatorListPage.as_view(), name="indicators"),
    path("risk/indicators/<slug:code>/", indicators.IndicatorPage.as_view(), name="indicator"),
    path("risk/market/", market.MarketPage.as_view(), name="market"),
    path("risk/market/rates/<slug:code>/<slug:day>/", market.RatePage.as_view(), name="rate"),
    path("risk/market/policies/<str:public_id>/", market.PolicyPage.as_view(), name="policy"),
    path("risk/market/policies/<str:public_id>/assess/", market.AssessPolicy.as_view(), name="policy-assess"),
    path("risk/stress/", stress.StressPage.as_view(), name="stress"),
    path("risk/stress/run/<slug:kind>/", stress.RunStress.as_view(), name="stress-act"),
    path("risk/stress/<str:public_id>/", stress.StressRunPage.as_view(), name="stress-run"),
    path("risk/register/", register.RegisterPage.as_view(), name="register"),
    path("risk/register/<str:public_id>/", register.EntryPage.as_view(), name="entry"),
    path("risk/incidents/", register.IncidentListPage.as_view(), name="incidents"),
    path("risk/incidents/<str:public_id>/", register.IncidentPage.as_view(), name="incident"),
    path("risk/reviews/", register.ReviewListPage.as_view(), name="reviews"),
    path("risk/reviews/<str:public_id>/", register.LegalReviewPage.as_view(), name="legal-review"),
    path("risk/reviews/<str:public_id>/<slug:act>/", register.DecideReview.as_view(), name="legal-review-act"),
    path("risk/suspicion/", laundering.CaseListPage.as_view(), name="suspicion"),
    path("risk/suspicion/matches/", laundering.MatchListPage.as_view(), name="matches"),
    path("risk/suspicion/matches/<str:public_id>/<slug:act>/", laundering.MatchAct.as_view(), name="match-act"),
    path("risk/suspicion/lists/", laundering.ImportList.as_view(), name="list-import"),
    path("risk/suspicion/<str:public_id>/", laundering.CasePage.as_view(), name="suspicion-case"),
    path("risk/suspicion/<str:public_id>/file/", laundering.CaseFile.as_view(), name="suspicion-file"),
    path("risk/suspicion/<str:public_id>/<slug:act>/", laundering.CaseAct.as_view(), name="suspicion-act"),
    path("customers/<str:public_id>/suspicion/", laundering.NoteSuspicion.as_view(), name="suspicion-note"),
]
