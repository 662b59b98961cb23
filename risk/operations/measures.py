"""What alerts may do by themselves in lending and marketing; other apps register measures of their own."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core import audit
from core.models import User
from core.registries import AlertMeasure, alert_measures
from lending.models import Product
from lending.operations.products import keep_paused, pause_product, resume_product
from risk.models import Alert
from risk.models.alerts import Measure


def take_pause(*, dimension: str, reason: str, actor: User, now: datetime) -> bool:
    """Stop new applications and listings of the product that a dimension names; one that a freeze stopped is held too."""
    product = Product.objects.filter(code=dimension).first()
    if product is None:
        return False
    is_taken = pause_product(product_id=product.pk, reason=reason, actor=actor, now=now)
    return is_taken or product.is_frozen


def lift_pause(*, dimension: str, reason: str, actor: User, now: datetime) -> bool:
    """Allow them again, unless a freeze holds: then the product goes on with the others when that ends."""
    product_id = _find_product(dimension)
    if product_id is None:
        return False
    if _list_holding(Measure.FREEZE).exists():
        return keep_paused(product_id=product_id, reason=reason, actor=actor, now=now, is_freeze=True)
    return resume_product(product_id=product_id, reason=reason, actor=actor, now=now)


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
    """Stop new applications and listings of every product, whatever part of the house the alert is about.

    Where another alert has frozen the house already, this one holds it too.
    """
    products = Product.objects.filter(state=Product.State.ACTIVE).order_by("pk").values_list("pk", flat=True)
    count = sum(pause_product(product_id=pk, reason=reason, actor=actor, now=now, is_freeze=True) for pk in products)
    return count > 0 or _list_holding(Measure.FREEZE).exists()


def lift_freeze(*, dimension: str, reason: str, actor: User, now: datetime) -> bool:
    """Allow again what the freeze stopped, with the last alert that holds it; a product over its own limit stays paused."""
    # The alert that lets go is still among them.
    if _list_holding(Measure.FREEZE).count() > 1:
        return False
    frozen = Product.objects.filter(is_frozen=True).order_by("pk")
    held = dict(_list_holding(Measure.PAUSE_PRODUCT).order_by("-pk").values_list("dimension", "rule__name"))
    lifted = []
    for product in frozen:
        if product.code in held:
            lifted.append(keep_paused(product_id=product.pk, reason=held[product.code], actor=actor, now=now))
            continue
        lifted.append(resume_product(product_id=product.pk, reason=reason, actor=actor, now=now))
    return any(lifted)


def _list_holding(measure: Measure) -> QuerySet[Alert]:
    """Return the open alerts that hold a measure in force."""
    return Alert.objects.filter(measure_taken=measure).exclude(state=Alert.State.CLOSED)


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
