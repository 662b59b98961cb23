"""What a colleague should know: the list of his notices, read and unread."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext

from core import clock
from core.web.listing import take_page
from customers.models import Notice
from customers.operations.notices import mark_read
from customers.queries.desk import list_notices
from customers.texts import name_code, render_text
from staff.pages import StaffPage


class NoticesPage(StaffPage):
    """One's own notices, the newest first; what repeats about one customer stands in one line."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of them and the digest of what is unread."""
        kind, is_unread = request.GET.get("kind", ""), bool(request.GET.get("unread"))
        unread = list_notices(self.access, is_unread=True)
        counts = unread.order_by().values_list("kind").annotate(n=Count("pk")).order_by("-n")
        page = take_page(list_notices(self.access, kind=kind, is_unread=is_unread), request.GET, sorts={})
        context = {
            "page": page,
            "rows": fold(page.rows),
            "digest": [(code, name_code("notice", code), number) for code, number in counts],
            "unread": sum(number for _code, number in counts),
            "kind": kind,
            "is_unread": is_unread,
        }
        return render(request, "customers/notices.html", context)


class ReadNotices(StaffPage):
    """Mark notices as read, the picked ones or all; opening one marks it too."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Do it, and follow the notice where one was opened."""
        picked = request.POST.getlist("notice") or None
        count = mark_read(member_id=self.access.member_id, public_ids=picked, now=clock.now())
        if request.POST.get("open") and picked:
            notice = list_notices(self.access).filter(public_id=picked[0]).first()
            if notice is not None:
                return redirect(url_of(notice))
        messages.success(request, ngettext("%(n)s notice read.", "%(n)s notices read.", count) % {"n": count})
        return redirect("customers:notices")


def url_of(notice: Notice) -> str:
    """Return what a notice is about: a path of this site, or the customer."""
    if notice.url.startswith("/") and not notice.url.startswith("//"):
        return notice.url
    if notice.customer is not None:
        return reverse("customers:page", args=[notice.customer.public_id])
    return reverse("customers:notices")


def fold(notices: list[Notice]) -> list[dict[str, Any]]:
    """Return one line for what follows each other in kind and customer, with how many it stands for."""
    rows = []
    for _key, found in groupby(notices, key=lambda one: (one.kind, one.customer_id, one.read_at is None)):
        group = list(found)
        rows.append(
            {
                "notices": group,
                "text": render_text(group[0].text_code, group[0].params),
                "customer": group[0].customer,
                "at": group[0].at,
                "is_unread": group[0].read_at is None,
                "others": len(group) - 1,
                "kind": name_code("notice", group[0].kind),
            }
        )
    return rows
