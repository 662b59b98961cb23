"""Who looks after a customer: changes of owner and their undo, collaborators, pools, handovers, assignment by rule."""

from customers.operations.ownership.assigning import assign_by_rule, choose_member
from customers.operations.ownership.change import change_owner, change_owner_reversibly, undo_change
from customers.operations.ownership.collaborators import (
    protect_customer,
    remove_collaborator,
    set_backup,
    set_collaborator,
)
from customers.operations.ownership.handover import start_handover
from customers.operations.ownership.placing import place_newcomers, tell_receivers
from customers.operations.ownership.pools import claim_from_pool, release_to_pool, view_pooled
from customers.operations.ownership.recycling import recycle

__all__ = [
    "assign_by_rule",
    "change_owner",
    "change_owner_reversibly",
    "choose_member",
    "claim_from_pool",
    "place_newcomers",
    "protect_customer",
    "recycle",
    "release_to_pool",
    "remove_collaborator",
    "set_backup",
    "set_collaborator",
    "start_handover",
    "tell_receivers",
    "undo_change",
    "view_pooled",
]
