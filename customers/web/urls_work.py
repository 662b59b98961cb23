"""Addresses of the RM's work: leads, opportunities, calendar, and the panels of the customer page."""

from django.urls import path, re_path

from customers.web.views import calendar, corrective, deals, diary, funnel, lead_lists, leads, process

urlpatterns = [
    path("calendar/", calendar.CalendarPage.as_view(), name="calendar"),
    path("opportunities/", deals.OpportunitiesPage.as_view(), name="opportunities"),
    path("opportunities/<str:public_id>/stage/", deals.MoveStage.as_view(), name="move-stage"),
    path("leads/", leads.LeadListPage.as_view(), name="leads"),
    path("leads/new/", leads.TakeInLead.as_view(), name="take-in-lead"),
    path("leads/list/", lead_lists.TakeInList.as_view(), name="take-in-list"),
    path("leads/funnel/", funnel.FunnelPage.as_view(), name="funnel"),
    path("leads/stopped/", funnel.StoppedPage.as_view(), name="stopped"),
    path("leads/research/", funnel.ResearchPage.as_view(), name="research"),
    path("leads/<str:public_id>/", leads.LeadPage.as_view(), name="lead"),
    path("leads/<str:public_id>/reveal/", leads.RevealLead.as_view(), name="reveal-lead"),
    re_path(
        r"^leads/(?P<public_id>[\w-]+)/(?P<act>answer|need|qualify|convert|lose|assign)/$",
        leads.LeadAct.as_view(),
        name="lead-act",
    ),
    path("process/", process.ProcessPage.as_view(), name="process"),
    path("process/steps/", process.StepListPage.as_view(), name="process-steps"),
    path("process/actions/", corrective.ActionListPage.as_view(), name="corrective-actions"),
    path("process/actions/new/", corrective.NewActionPage.as_view(), name="corrective-new"),
    path("process/actions/<str:public_id>/", corrective.ActionPage.as_view(), name="corrective-action"),
    re_path(
        r"^process/actions/(?P<public_id>[\w-]+)/(?P<act>done|dropped)/$",
        corrective.CloseAction.as_view(),
        name="close-corrective",
    ),
    path("process/changes/<str:public_id>/", corrective.ChangePage.as_view(), name="process-change"),
    path("customers/<str:public_id>/journey/", process.JourneyPanel.as_view(), name="journey"),
    re_path(r"^steps/(?P<public_id>[\w-]+)/(?P<act>done|skip)/$", process.SettleStep.as_view(), name="settle-step"),
    path("customers/<str:public_id>/needs/", deals.NeedsPanel.as_view(), name="needs"),
    path("customers/<str:public_id>/needs/add/", deals.AddNeed.as_view(), name="add-need"),
    path("customers/<str:public_id>/opportunities/add/", deals.OpenOpportunity.as_view(), name="open-opportunity"),
    path("customers/<str:public_id>/value/", deals.ValuePanel.as_view(), name="value"),
    path("customers/<str:public_id>/costs/add/", deals.AddCost.as_view(), name="add-cost"),
    path("customers/<str:public_id>/diary/", diary.DiaryPanel.as_view(), name="diary"),
    path("customers/<str:public_id>/colleagues/", diary.Colleagues.as_view(), name="colleagues"),
    path("customers/<str:public_id>/notes/add/", diary.AddNote.as_view(), name="add-note"),
    path("customers/<str:public_id>/promises/add/", diary.MakePromise.as_view(), name="make-promise"),
    path("customers/<str:public_id>/plans/add/", diary.PlanContact.as_view(), name="plan-contact"),
    path("customers/<str:public_id>/visits/<str:contact>/photo/", diary.VisitPhoto.as_view(), name="visit-photo"),
    path("needs/<str:public_id>/met/", deals.MeetNeed.as_view(), name="meet-need"),
    path("notes/<str:public_id>/pin/", diary.PinNote.as_view(), name="pin-note"),
    re_path(
        r"^promises/(?P<public_id>[\w-]+)/(?P<outcome>kept|broken)/$",
        diary.ClosePromise.as_view(),
        name="close-promise",
    ),
    path("plans/<str:public_id>/drop/", diary.DropPlan.as_view(), name="drop-plan"),
]
