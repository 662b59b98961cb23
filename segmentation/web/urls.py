"""Addresses of the pages about segments."""

from django.urls import path

from segmentation.web import clusters, labels, lifecycle, lookalike_leads, lookalikes, needs, recommend, safety, views

app_name = "segmentation"

urlpatterns = [
    path("segments/", views.SegmentListPage.as_view(), name="list"),
    path("segments/new/", views.EditPage.as_view(), name="new"),
    path("segments/preview/", views.Preview.as_view(), name="preview"),
    path("segments/recommendations/", recommend.RecommendationPage.as_view(), name="recommendations"),
    path("segments/needs/", needs.NeedsPage.as_view(), name="needs"),
    path("segments/clusters/", clusters.ClusterListPage.as_view(), name="clusters"),
    path("segments/clusters/<str:public_id>/", clusters.ClusterPage.as_view(), name="cluster"),
    path("segments/clusters/<str:public_id>/<slug:act>/", clusters.ClusterAct.as_view(), name="cluster-act"),
    path("segments/learn/<slug:kind>/", recommend.Learn.as_view(), name="learn"),
    path("segments/<str:public_id>/", views.SegmentPage.as_view(), name="segment"),
    path("segments/<str:public_id>/edit/", views.EditPage.as_view(), name="edit"),
    path("segments/<str:public_id>/overlap/", views.Overlap.as_view(), name="overlap"),
    path("segments/<str:public_id>/lookalikes/", lookalikes.LookAlikePage.as_view(), name="lookalikes"),
    path("segments/<str:public_id>/lookalikes/ask/", lookalikes.AskLookAlikes.as_view(), name="lookalikes-ask"),
    path("segments/<str:public_id>/lookalikes/keep/", lookalikes.KeepLookAlikes.as_view(), name="lookalikes-keep"),
    path(
        "segments/<str:public_id>/lookalikes/leads/",
        lookalike_leads.LookAlikeLeadsPage.as_view(),
        name="lookalike-leads",
    ),
    path(
        "segments/<str:public_id>/lookalikes/leads/export/",
        lookalike_leads.LookAlikeLeadsExport.as_view(),
        name="lookalike-leads-export",
    ),
    path("segments/<str:public_id>/<slug:act>/", views.SegmentAct.as_view(), name="act"),
    path("segments/<str:public_id>/customers/<str:customer_id>/", views.ExplainPage.as_view(), name="explain"),
    path("labels/", labels.LabelsPage.as_view(), name="labels"),
    path("labels/customers/", labels.PeoplePage.as_view(), name="people"),
    path("lifecycle/", lifecycle.LifecyclePage.as_view(), name="lifecycle"),
    path("lifecycle/declines/", lifecycle.DeclinesPage.as_view(), name="declines"),
    path("lifecycle/service/", lifecycle.ServicePage.as_view(), name="service"),
    path("lifecycle/playbooks/", lifecycle.PlaybooksPage.as_view(), name="playbooks"),
    path("customers/<str:public_id>/labels/", labels.CustomerLabels.as_view(), name="customer-labels"),
    path("customers/<str:public_id>/safety/", safety.SafetySheet.as_view(), name="safety"),
    path("customers/<str:public_id>/labels/choose/", labels.ChooseLabel.as_view(), name="choose-label"),
    path("customers/<str:public_id>/labels/release/", labels.ReleaseLabel.as_view(), name="release-label"),
    path("customers/<str:public_id>/labels/cause/", labels.NameCause.as_view(), name="name-cause"),
    path(
        "customers/<str:public_id>/recommendations/",
        recommend.CustomerRecommendations.as_view(),
        name="customer-recommendations",
    ),
    path("customers/<str:public_id>/segments/", views.CustomerSegments.as_view(), name="customer"),
]
