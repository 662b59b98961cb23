"""Addresses below `/api/v1/`."""

from django.urls import path

import core.api.paths  # noqa: F401 - registers the converters
from customers.api.views import auth, conflicts, dealings, documents, intake, leads, me, quality, record, staff

urlpatterns = [
    path("auth/codes/", auth.CodeView.as_view()),
    path("auth/register/", auth.RegistrationView.as_view()),
    path("auth/login/", auth.LoginView.as_view()),
    path("auth/phone/", auth.PhoneView.as_view()),
    path("auth/logout/", auth.LogoutView.as_view()),
    path("notices/", dealings.NoticesView.as_view()),
    path("me/", me.MeView.as_view()),
    path("me/profile/", me.ProfileView.as_view()),
    path("me/team/", record.OwnTeamView.as_view()),
    path("me/consents/", dealings.ConsentsView.as_view()),
    path("me/consents/<upper_code:purpose>/", dealings.ConsentView.as_view()),
    path("me/identity/", dealings.IdentityView.as_view()),
    path("me/cards/", dealings.CardsView.as_view()),
    path("me/cards/<public_id:public_id>/", dealings.CardView.as_view()),
    path("me/assessment/", dealings.AssessmentView.as_view()),
    path("intake/customers/", intake.IntakeView.as_view()),
    path("staff/conflicts/", conflicts.StaffConflictsView.as_view()),
    path("staff/merges/", quality.MergesView.as_view()),
    path("staff/merges/<public_id:public_id>/undo/", quality.UndoMergeView.as_view()),
    path("leads/", leads.PublicLeadView.as_view()),
    path("staff/leads/", leads.StaffLeadsView.as_view()),
    path("staff/leads/<public_id:public_id>/<upper_code:act>/", leads.StaffLeadActView.as_view()),
    path("staff/customers/", staff.StaffCustomersView.as_view()),
    path("staff/customers/<public_id:public_id>/", record.StaffCustomerView.as_view()),
    path("staff/customers/<public_id:public_id>/phone/", record.StaffPhoneView.as_view()),
    path("staff/customers/<public_id:public_id>/relations/", record.StaffRelationsView.as_view()),
    path("staff/customers/<public_id:public_id>/relations/<public_id:relation>/", record.StaffRelationView.as_view()),
    path("staff/customers/<public_id:public_id>/documents/", documents.StaffDocumentsView.as_view()),
    path(
        "staff/customers/<public_id:public_id>/documents/<public_id:document>/", documents.StaffDocumentView.as_view()
    ),
    path("me/documents/", documents.OwnDocumentsView.as_view()),
    path("me/documents/<public_id:public_id>/", documents.OwnDocumentView.as_view()),
]
