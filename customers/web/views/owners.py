"""Who works on a customer: the tab of the customer page and its acts."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import NotFound
from core.web.reading import read_number
from customers.models import Customer, OwnerChange
from customers.operations import ownership
from customers.queries.ownership import in_assign_reach, list_collaborators, list_owner_changes, list_owners
from customers.queries.pools import list_pools
from customers.queries.staff import access_customer, in_scope
from customers.web.forms_ownership import BackupForm, CollaboratorForm, OwnerForm, ReleaseForm
from customers.web.header import tab_of
from customers.web.undo import tell
from staff import rights
from staff.models import StaffMember
from staff.pages import StaffPage, carry_out, demand
from staff.queries import list_members_with_right


def _colleagues() -> QuerySet[StaffMember]:
    """Return who may be asked to help: every active colleague who sees customers at all."""
    members = list_members_with_right(rights.VIEW_CUSTOMERS)
    return members.select_related("user").order_by("user__display_name", "pk")


class TeamPanel(StaffPage):
    """RM, backup, collaborators, and who looked after the customer before."""

    right = rights.VIEW_CUSTOMERS

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """Answer the fragment."""
        customer = access_customer(self.access, public_id)
        can_assign = in_assign_reach(self.access).filter(pk=customer.pk).exists()
        is_own = customer.rm_id == self.access.member_id
        pools = list_pools(self.access)
        context: dict[str, Any] = {
            "customer": customer,
            "collaborators": list_collaborators(customer.pk),
            "changes": list_owner_changes(customer.pk)[:20],
            "can_assign": can_assign,
            "can_invite": can_assign or is_own,
        }
        if can_assign:
            may_exceed = self.access.has(rights.EXCEED_CAPACITY)
            context["owner_form"] = OwnerForm(
                owners=list_owners(self.access), pools=pools, may_exceed=may_exceed, auto_id="owner_%s"
            )
        if can_assign or is_own:
            context["collaborator_form"] = CollaboratorForm(members=_colleagues(), auto_id="collaborator_%s")
            context["backup_form"] = BackupForm(
                members=_colleagues(), auto_id="backup_%s", initial={"backup": customer.backup_rm_id}
            )
        if is_own and self.access.has(rights.CLAIM_CUSTOMERS) and pools.exists():
            context["release_form"] = ReleaseForm(pools=pools, auto_id="release_%s")
        return render(request, "customers/team.html", context)


class OwnerAct(StaffPage):
    """Change who works on a customer."""

    right = rights.VIEW_CUSTOMERS

    def post(self, request: HttpRequest, public_id: str, act: str) -> HttpResponse:
        """Do it, and say so on the page."""
        customer = access_customer(self.access, public_id)
        reach = in_assign_reach(self.access).filter(pk=customer.pk).exists()
        is_own = customer.rm_id == self.access.member_id
        if not (reach if act in {"owner", "protect"} else reach or is_own):
            raise NotFound
        acts: dict[str, Callable[[HttpRequest, Customer, str], HttpResponse]] = {
            "owner": self.change_owner,
            "backup": self.set_backup,
            "collaborator": self.add_collaborator,
            "remove": self.remove_collaborator,
            "protect": self.protect,
            "release": self.release,
        }
        return acts[act](request, customer, tab_of(public_id, "team"))

    def change_owner(self, request: HttpRequest, customer: Customer, back: str) -> HttpResponse:
        """Give the customer to a colleague or into a pool; undo goes with the word."""
        form = OwnerForm(
            request.POST,
            owners=list_owners(self.access),
            pools=list_pools(self.access),
            may_exceed=self.access.has(rights.EXCEED_CAPACITY),
        )
        given = demand(form)
        member, pool = given["member"], given["pool"]
        _count, act = ownership.change_owner_reversibly(
            customer_ids=[customer.pk],
            new_member_id=member.pk if member else None,
            pool_id=pool.pk if pool else None,
            reason=OwnerChange.Reason.ASSIGNED,
            note=given["note"],
            actor=request.user,  # type: ignore[arg-type]
            now=clock.now(),
            is_forced=given.get("is_forced", False),
        )
        if not in_scope(self.access).filter(pk=customer.pk).exists():
            back = reverse("customers:list")
        return tell(
            request, _("%(customer)s has gone to %(to)s.") % {"customer": customer, "to": member or pool}, act, back
        )

    def set_backup(self, request: HttpRequest, customer: Customer, back: str) -> HttpResponse:
        """Name who stands in for the RM."""
        member = demand(BackupForm(request.POST, members=_colleagues()))["backup"]
        return carry_out(
            request,
            back,
            lambda: ownership.set_backup(
                customer_id=customer.pk,
                member_id=member.pk if member else None,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("Backup named."),
        )

    def add_collaborator(self, request: HttpRequest, customer: Customer, back: str) -> HttpResponse:
        """Let a colleague work on the customer, or change how far he may."""
        given = demand(CollaboratorForm(request.POST, members=_colleagues()))
        return carry_out(
            request,
            back,
            lambda: ownership.set_collaborator(
                customer_id=customer.pk,
                member_id=given["member"].pk,
                level=given["level"],
                title=given["title"],
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("%(name)s works on this customer too.") % {"name": given["member"]},
        )

    def remove_collaborator(self, request: HttpRequest, customer: Customer, back: str) -> HttpResponse:
        """End a colleague's work on the customer."""
        member_id = read_number(request.POST.get("member", ""))
        if member_id is None:
            raise NotFound
        return carry_out(
            request,
            back,
            lambda: ownership.remove_collaborator(
                customer_id=customer.pk,
                member_id=member_id,
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("Removed."),
        )

    def protect(self, request: HttpRequest, customer: Customer, back: str) -> HttpResponse:
        """Keep the customer out of every pool, or let go again."""
        is_protected = request.POST.get("on") == "1"
        return carry_out(
            request,
            back,
            lambda: ownership.protect_customer(
                customer_id=customer.pk,
                is_protected=is_protected,
                reason=request.POST.get("reason", ""),
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("Protected from the pool.") if is_protected else _("No longer protected."),
        )

    def release(self, request: HttpRequest, customer: Customer, _back: str) -> HttpResponse:
        """Give one's own customer into a pool."""
        given = demand(ReleaseForm(request.POST, pools=list_pools(self.access)))
        return carry_out(
            request,
            reverse("customers:list"),
            lambda: ownership.release_to_pool(
                customer_id=customer.pk,
                pool_id=given["pool"].pk,
                reason=given["reason"],
                actor=request.user,  # type: ignore[arg-type]
                now=clock.now(),
            ),
            _("Released into the pool %(pool)s.") % {"pool": given["pool"]},
        )
