"""Why an owner is not changed."""

from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError, InvalidInput


class ReceiverInactive(InvalidInput):
    """The chosen colleague has left."""

    code = "receiver_inactive"
    message = _("This colleague no longer works here.")
    next_step = _("Choose another one.")


class OwnerMissing(InvalidInput):
    """Neither a colleague nor a pool is named, or both."""

    code = "owner_missing"
    message = _("Choose either a colleague or a public pool.")


class CapacityExceeded(BusinessError):
    """The colleague has no room for so many customers."""

    code = "capacity_exceeded"
    message = _("%(rm)s looks after %(load)s of at most %(capacity)s customers; %(wanted)s more do not fit.")
    next_step = _("Give some to another colleague, or have the capacity raised.")


class PromisesOpen(BusinessError):
    """A promise to the customer is still open, and a pool keeps no promises."""

    code = "promises_open"
    message = _("A promise to the customer is still open (%(count)s in all).")
    next_step = _("Keep it, or give the customer to a colleague who will.")


class CustomerProtected(BusinessError):
    """The customer is protected from the pool."""

    code = "customer_protected"
    message = _("Protected customers do not go into a pool.")
    next_step = _("Have the protection lifted first.")


class AlreadyClaimed(BusinessError):
    """Somebody else was faster."""

    code = "already_claimed"
    message = _("This customer is no longer in the pool.")
    next_step = _("Choose another one.")


class ClaimLimitReached(BusinessError):
    """The claims of the day are used up."""

    code = "claim_limit"
    status = 429
    message = _("You have claimed %(limit)s customers of this pool today; more is not allowed.")
    next_step = _("Try again tomorrow.")


class CoolingDown(BusinessError):
    """The customer was the claimer's own until a short while ago."""

    code = "cooling_down"
    message = _("This customer was yours; you may claim him again from %(until)s on.")


class ViewLimitReached(BusinessError):
    """The records of the day are used up."""

    code = "view_limit"
    status = 429
    message = _("You have looked at %(limit)s records of this pool today; more is not allowed.")
    next_step = _("Claim one of them, or come back tomorrow.")


class ReasonMissing(InvalidInput):
    """No reason is given."""

    code = "reason_missing"
    message = _("Say why.")


class CollaboratorIsOwner(InvalidInput):
    """The chosen colleague is the RM himself."""

    code = "collaborator_is_owner"
    message = _("The RM needs no entry of his own.")


class HandoverIncomplete(InvalidInput):
    """The plan does not name each customer of the book once."""

    code = "handover_incomplete"
    message = _("The plan misses %(missing)s customers of the book and names %(strange)s that are not in it.")
    next_step = _("The book has changed meanwhile: make the plan anew.")
