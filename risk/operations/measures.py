"""What alerts may do by themselves in lending and marketing; other apps register measures of their own."""

from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from core import audit
from core.models import User
from core.registries import AlertMeasure, alert_measures
from lending.models import Product
from lending.operations.products import pause_product, resume_product
from risk.models import Alert
from risk.models.alerts import Measure

# What a freeze paused says so, that nothing else is allowed again with it.
_FROZEN: Final = "全平台冻结"


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


def take_freeze(*, dimension: str, reason: str, actor: User, now: datetime) -> bool:
    """Stop new applications and listings of every product, whatever part of the house the alert is about."""
    products = Product.objects.filter(state=Product.State.ACTIVE).order_by("pk").values_list("pk", flat=True)
    marked = f"{_FROZEN} · {reason}"
    return sum(pause_product(product_id=pk, reason=marked, actor=actor, now=now) for pk in products) > 0


def lift_freeze(*, dimension: str, reason: str, actor: User, now: datetime) -> bool:
    """Allow again what the freeze stopped; a product over its own limit stays paused by the alert that says so."""
    frozen = Product.objects.filter(state=Product.State.PAUSED, paused_reason__startswith=_FROZEN).order_by("pk")
    lifted = []
    for product in frozen:
        own = Alert.objects.filter(product=product, rule__measure=Measure.PAUSE_PRODUCT, measure_taken=Measure.NONE)
        own = own.exclude(state=Alert.State.CLOSED).order_by("pk")
        if (first := own.first()) is not None:
            Alert.objects.filter(pk=first.pk).update(measure_taken=Measure.PAUSE_PRODUCT)
            lifted.append(True)
            continue
        lifted.append(resume_product(product_id=product.pk, reason=reason, actor=actor, now=now))
    return any(lifted)


def _find_product(code: str) -> int | None:
    return Product.objects.filter(code=code).values_list("pk", flat=True).first()


def register_measures() -> None:
    """Register the measures on products."""
    pause = AlertMeasure(_("pause the product's new listings"), take_pause, lift_pause)
    marketing = AlertMeasure(_("pause marketing of the product"), take_marketing_pause, lift_marketing_pause)
    freeze = AlertMeasure(_("freeze all new business"), take_freeze, lift_freeze)
    alert_measures.register(Measure.FREEZE.value, freeze)
    alert_measures.register(Measure.PAUSE_PRODUCT.value, pause)
    alert_measures.register(Measure.PAUSE_MARKETING.value, marketing)
