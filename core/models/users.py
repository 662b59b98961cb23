"""Who logs in."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from core.ids import PublicIdField


class User(AbstractUser):  # type: ignore[django-manager-missing]  # knox names the manager of its swapped token model
    """One log-in: a customer of the API, a member of staff, or the system itself."""

    class Kind(models.TextChoices):
        CUSTOMER = "CUSTOMER", _("Customer")
        STAFF = "STAFF", _("Staff")
        SYSTEM = "SYSTEM", _("System")

    public_id = PublicIdField()
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.STAFF)
    display_name = models.CharField(_("name"), max_length=60, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    theme = models.CharField(_("theme"), max_length=8, blank=True)

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def is_customer(self) -> bool:
        """Tell whether this is a borrower's or investor's log-in."""
        return self.kind == self.Kind.CUSTOMER


class ApiToken(AbstractAuthToken):
    """A revocable, expiring API token with scopes; only its hash is stored."""

    scopes = ArrayField(models.CharField(max_length=32), default=list, verbose_name=_("scopes"))

    class Meta(AbstractAuthToken.Meta):
        abstract = False
        swappable = "KNOX_TOKEN_MODEL"
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
