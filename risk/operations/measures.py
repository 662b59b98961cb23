"""What alerts may do by themselves in lending and marketing; other apps register measures of their own."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core import audit
from core.models import User
from core.registries import AlertMeasure, alert_measures
from lending.models import Product
from lending.operations.products import pause_product, resume_product
from risk.models.alerts import Measure


def take_pause(*, dimension: str, reason: str, actor: User, now: datetime) -> bool:
    """Stop new applications and listings of the product that a dimension names."""
    product_id = _find_product(dimension)
    return product_id is not None and pause_product(product_id=product_id, reason=reason, actor=actor, now=now)


def lift_pause(*, dimension: str, reason: str, actor: User, now: datetime) -> bool:
    """Allow them again."""
    product_id = _find_product(dimension)
    return product_id is not None and resume_product(product_id=product_id, reason=reason, actor=actor, now=now)


def take_marketing_pause(*, dimension: str, reason: str, actor: User, now: datetime) -> bool:
    """Stop marketing of the product that a dimension names: whoever sends asks `list_unmarketed_products`."""
    return _note("risk.marketing_paused", dimension, reason, actor, now)


def lift_marketing_pause(*, dimension: str, reason: str, actor: User, now: datetime) -> bool:
    """Allow it again."""
    return _note("risk.marketing_resumed", dimension, reason, actor, now)


def _note(action: str, dimension: str, reason: str, actor: User, now: datetime) -> bool:
    product = Product.objects.filter(code=dimension).first()
    if product is None:
        return False
    audit.record(actor=actor, action=action, target=product, reason=reason[:300], now=now)
    return True


def _find_product(code: str) -> int | None:
    return Product.objects.filter(code=code).values_list("pk", flat=True).first()


def register_measures() -> None:
    """Register both measures."""
    pause = AlertMeasure(_("pause the product's new listings"), take_pause, lift_pause)
    marketing = AlertMeasure(_("pause marketing of the product"), take_marketing_pause, lift_marketing_pause)
    alert_measures.register(Measure.PAUSE_PRODUCT.value, pause)
    alert_measures.register(Measure.PAUSE_MARKETING.value, marketing)
