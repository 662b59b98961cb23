"""Which roles a customer plays, and who looks after him."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from core.errors import Text
from customers.models import Collaborator, Customer, CustomerRole


@dataclass(frozen=True)
class TeamMember:
    """Somebody who looks after the customer, and as what."""

    title: Text
    name: str


def list_roles(customer: Customer) -> list[CustomerRole]:
    """Return the customer's roles with value, stage and risk; one asked for a moment ago stands there without figures."""
    held = list(CustomerRole.objects.filter(customer=customer).order_by("role"))
    known = {role.role for role in held}
    for role, is_played in (("BORROWER", customer.is_borrower), ("INVESTOR", customer.is_investor)):
        if is_played and role not in known:
            held.append(CustomerRole(customer=customer, role=role))
    return held


def list_team(customer: Customer) -> list[TeamMember]:
    """Return who looks after the customer: RM, backup, collaborators."""
    team = []
    if customer.rm is not None:
        team.append(TeamMember(_("RM"), str(customer.rm)))
    if customer.backup_rm is not None:
        team.append(TeamMember(_("backup"), str(customer.backup_rm)))
    beside = Collaborator.objects.filter(customer=customer).select_related("member__user").order_by("added_at", "id")
    return [*team, *(TeamMember(row.title or _("collaborator"), str(row.member)) for row in beside)]
