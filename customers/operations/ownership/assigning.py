"""Giving new customers and leads to somebody by rule; who fits nobody goes into the department's pool."""

from datetime import datetime

from django.db import transaction

from core.models import User
from core.outbox import system_user
from customers.models import AssignmentRule, Customer, OwnerChange
from customers.operations.ownership.change import Move, move_customers
from customers.queries.ownership import list_seats, lock_members
from customers.queries.pools import find_pool_for
from customers.rules.assignment import Condition, Demand, choose_in_turn, choose_least_busy, fits
from staff import rights
from staff.models import StaffMember

_CHOICES = {
    AssignmentRule.Way.IN_TURN: choose_in_turn,
    AssignmentRule.Way.LEAST_BUSY: choose_least_busy,
}


def condition_of(rule: AssignmentRule) -> Condition:
    """Return whom a rule is for."""
    return Condition(rule.role, tuple(rule.sources), tuple(rule.region_prefixes))


def list_takers(rule: AssignmentRule) -> list[int]:
    """Return the active colleagues of a rule's team who may look after customers."""
    members = StaffMember.objects.filter(
        team_id=rule.team_id, is_active=True, roles__rights__contains=[rights.CLAIM_CUSTOMERS]
    ).values_list("pk", flat=True)
    return sorted(set(members))


@transaction.atomic
def choose_member(*, demand: Demand) -> tuple[int | None, AssignmentRule | None]:
    """Return whom the first fitting rule with room chooses, and the first rule that fitted at all.

    A rule is locked while it chooses, so that two newcomers at once do not get the same turn. In a transaction.
    """
    first: AssignmentRule | None = None
    for rule in AssignmentRule.objects.filter(is_active=True).select_related("team__department"):
        if not fits(condition_of(rule), demand):
            continue
        first = first or rule
        AssignmentRule.objects.select_for_update(no_key=True).get(pk=rule.pk)
        chosen = _CHOICES[AssignmentRule.Way(rule.way)](list_seats(list_takers(rule)))
        if chosen is not None:
            return chosen, rule
    return None, first


@transaction.atomic
def assign_by_rule(*, customer_id: int, now: datetime, actor: User | None = None) -> int | None:
    """Give a customer without RM and pool to whom the rules choose; return the RM's id, None when nobody fits.

    Where rules fit but nobody has room he goes into the pool of the rule's department; where no rule fits into the
    pool of the whole house, if there is one, else he waits for somebody to assign him.
    """
    customer = Customer.objects.get(pk=customer_id)
    if not _is_waiting(customer):
        return customer.rm_id
    known = {"BORROWER": customer.is_borrower, "INVESTOR": customer.is_investor}
    demand = Demand(
        roles=frozenset(role for role, is_so in known.items() if is_so),
        source=customer.source,
        region_code=customer.region_code,
    )
    chosen, rule = choose_member(demand=demand)
    pool = None if chosen else find_pool_for(rule.team.department.path if rule is not None else "")
    if chosen is None and pool is None:
        return None
    # Colleagues are locked before customers everywhere; then nobody may have been faster.
    lock_members([chosen] if chosen is not None else [])
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    if not _is_waiting(customer):
        return customer.rm_id
    move = Move(
        chosen,
        pool.pk if pool is not None else None,
        OwnerChange.Reason.RULE,
        now,
        actor or system_user(),
        rule.name if rule is not None else "",
    )
    move_customers([customer_id], move)
    return chosen


def _is_waiting(customer: Customer) -> bool:
    return customer.rm_id is None and customer.pool_id is None and customer.merged_into_id is None
