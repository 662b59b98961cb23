"""Addresses of the pages about owners, pools and handovers."""

from django.urls import path, re_path

from customers.web.views import handovers, owners, pools

urlpatterns = [
    path("pools/", pools.PoolListPage.as_view(), name="pools"),
    path("pools/customers/<str:public_id>/", pools.PooledPage.as_view(), name="pooled"),
    path("pools/customers/<str:public_id>/claim/", pools.ClaimPooled.as_view(), name="claim"),
    path("conflicts/", pools.ConflictPage.as_view(), name="conflicts"),
    path("handovers/", handovers.HandoverListPage.as_view(), name="handovers"),
    path("handovers/new/", handovers.HandoverPlanPage.as_view(), name="handover-plan"),
    path("handovers/<str:public_id>/", handovers.HandoverPage.as_view(), name="handover"),
    path("handovers/<str:public_id>/exports/<str:export>/", handovers.ReviewExport.as_view(), name="review-export"),
    path("customers/<str:public_id>/team/", owners.TeamPanel.as_view(), name="team"),
    re_path(
        r"^customers/(?P<public_id>[\w-]+)/team/(?P<act>owner|backup|collaborator|remove|protect|release)/$",
        owners.OwnerAct.as_view(),
        name="owner-act",
    ),
]
