"""The values of labels, each with the words people know it by."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Phase(models.TextChoices):
    """Where the relation as a whole stands (建立/维护/修复), and its two exits (夭折/破裂)."""

    BUILD = "BUILD", _("being built")
    MAINTAIN = "MAINTAIN", _("being maintained")
    REPAIR = "REPAIR", _("being repaired")
    DIED_EARLY = "DIED_EARLY", _("died early")
    BROKEN = "BROKEN", _("broken off")


class Preference(models.TextChoices):
    """How an investor invests."""

    CONSERVATIVE = "CONSERVATIVE", _("conservative")
    BALANCED = "BALANCED", _("balanced")
    AGGRESSIVE = "AGGRESSIVE", _("aggressive")


class LoanUse(models.TextChoices):
    """What a borrower's loans are for, rolled up."""

    CONSUMPTION = "CONSUMPTION", _("consumption")
    BUSINESS = "BUSINESS", _("business")
    MIXED = "MIXED", _("both kinds")


class Band(models.TextChoices):
    """How much an investor holds with us."""

    WEALTHY = "WEALTHY", _("high net worth")
    LARGE = "LARGE", _("large investor")
    ORDINARY = "ORDINARY", _("ordinary investor")
    SMALL = "SMALL", _("small investor")


class Level(models.TextChoices):
    """How often an actual customer has dealt with us."""

    JUNIOR = "JUNIOR", _("junior")
    MIDDLE = "MIDDLE", pgettext_lazy("level", "middle")
    SENIOR = "SENIOR", _("senior")


class Rfm(models.TextChoices):
    """Recency, frequency and money together."""

    CHAMPION = "CHAMPION", pgettext_lazy("rfm", "champion")
    LOYAL = "LOYAL", _("loyal")
    PROMISING = "PROMISING", _("promising")
    COMMON = "COMMON", _("average")
    AT_RISK = "AT_RISK", _("was frequent, stays away")
    SLEEPING = "SLEEPING", _("sleeping")


class Prime(models.TextChoices):
    """How many of the hundred points of a prime customer he has."""

    PRIME = "PRIME", _("prime customer")
    GOOD = "GOOD", _("good customer")
    COMMON = "COMMON", _("common customer")


class Sensitivity(models.TextChoices):
    """What moves a customer; each has its means."""

    PRICE = "PRICE", _("price")
    SAFETY = "SAFETY", _("safety")
    SERVICE = "SERVICE", _("service")


class ServiceClass(models.TextChoices):
    """Which service package a customer has."""

    KEY = "KEY", _("key customer")
    IMPORTANT = "IMPORTANT", _("important customer")
    ORDINARY = "ORDINARY", _("ordinary customer")


class NonCustomer(models.TextChoices):
    """Why somebody is no customer for the time being."""

    DECLINED = "DECLINED", _("below the standard for borrowers")


class Churn(models.TextChoices):
    """How likely a customer is about to leave."""

    NONE = "NONE", _("no sign")
    WATCH = "WATCH", _("watched")
    LIKELY = "LIKELY", _("loss likely")


class Sign(models.TextChoices):
    """What tells that a customer may leave."""

    RHYTHM = "RHYTHM", _("stays away longer than he used to")
    IDLE = "IDLE", _("much of the time to loss has passed")
    LOGIN = "LOGIN", _("no longer logs in")
    NO_INFLOW = "NO_INFLOW", _("has paid nothing in for 90 days")
    OUTFLOW = "OUTFLOW", _("withdraws much of what he holds")
    FEWER = "FEWER", _("lends less than before")
    EARLY_EXIT = "EARLY_EXIT", _("has settled early and owes nothing")
    COMPLAINT = "COMPLAINT", _("has an open complaint")
