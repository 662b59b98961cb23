"""Figures in the lists of the admin carry separators and units; names that are numbers do not."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from lending.models import Product

pytestmark = pytest.mark.django_db


def test_money_in_a_list_has_separators_and_sorts(enter: Callable[..., Client]) -> None:
    client = enter("operations")
    first = Product.objects.order_by("pk")[0]
    Product.objects.filter(pk=first.pk).update(amount_max=Decimal("1234500.00"))
    address = reverse("admin:lending_product_changelist")
    page = client.get(address).content.decode()
    assert "¥1,234,500.00" in page and "1234500" not in page
    falling = client.get(f"{address}?o=-4").context["cl"].result_list
    amounts = [product.amount_max for product in falling]
    assert amounts == sorted(amounts, reverse=True) and len(set(amounts)) > 1
