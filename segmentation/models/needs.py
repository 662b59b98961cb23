"""What a customer is likely to want next."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.fields import MoneyField
from customers.models import CustomerRole
from segmentation.models.recommend import Learning


class NextNeed(models.Model):
    """What one customer in one role is likely to want next, when, and how likely within the horizon.

    Written a hundred thousand at a time; what it rests on stands beside it, so that it can be said in words.
    """

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, related_name="next_needs", db_constraint=False, db_index=False
    )
    role = models.CharField(_("as"), max_length=8, choices=CustomerRole.Role)
    learning = models.ForeignKey(Learning, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    chance = models.FloatField(_("chance within the horizon"))
    product = models.ForeignKey(
        "lending.Product", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    product_share = models.FloatField(_("share of those before him who took this product next"))
    amount = MoneyField(_("amount"))
    expected_date = models.DateField(_("expected on"))
    times = models.PositiveIntegerField(_("needs so far"))
    last_date = models.DateField(_("latest need"))
    usual_days = models.PositiveIntegerField(_("usual days between needs"))
    has_own_rhythm = models.BooleanField(_("by his own rhythm"))
    told_date = models.DateField(_("told on"))

    class Meta:
        verbose_name = _("next need")
        verbose_name_plural = _("next needs")
        constraints = [models.UniqueConstraint(fields=["customer", "role"], name="next_need_once")]
        indexes = [models.Index(fields=["role", "-chance", "-id"], name="next_need_likely")]
