"""Why records are not merged or taken apart."""

from django.utils.translation import gettext_lazy as _

from core.errors import BusinessError


class TwoIdentities(BusinessError):
    """Each of the two has an identity number of his own."""

    code = "two_identities"
    message = _("The two records have different identity numbers: they are two people.")
    next_step = _("Mark the pair as two people. If one number was entered wrongly, correct it first.")


class MergeImpossible(BusinessError):
    """The record that would go has something of its own that cannot move."""

    code = "merge_impossible"
    message = _("%(number)s cannot go into another record: %(why)s")
    next_step = _("Keep %(number)s and merge the other record into it.")


class MergeRepeated(BusinessError):
    """One of the two went into another record already."""

    code = "merge_repeated"
    message = _("%(number)s has been merged already.")
    next_step = _("Open the list again; the pair may be gone.")


class MergeOutdated(BusinessError):
    """A record was changed since the two were compared."""

    code = "merge_outdated"
    message = _("%(number)s was changed while you compared.")
    next_step = _("Compare the two again.")


class MergeCovered(BusinessError):
    """A later merge stands on this one."""

    code = "merge_covered"
    message = _("The record took part in another merge since.")
    next_step = _("Take back the later merge first.")
