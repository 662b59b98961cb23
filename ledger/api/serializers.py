"""Bodies about money."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import StrictSerializer, YuanField
from ledger.models import PaymentOrder, TransferType

ACCOUNTS = ("available", "frozen")


class DepositAskedSerializer(StrictSerializer):
    """A wish to pay in."""

    amount = YuanField(min_value=1)
    gateway = serializers.ChoiceField(PaymentOrder.Gateway.choices)


class WithdrawalAskedSerializer(StrictSerializer):
    """A wish to have money sent to one's own card."""

    amount = YuanField(min_value=1)
    card = serializers.CharField(max_length=22, help_text="The id of a bound card.")


class DepositSerializer(serializers.Serializer[Any]):
    """A deposit; `pay_url` appears when the gateway has taken the order, usually within a second."""

    id = serializers.CharField()
    number = serializers.CharField()
    status = serializers.ChoiceField(PaymentOrder.Status.choices)
    amount = YuanField()
    gateway = serializers.ChoiceField(PaymentOrder.Gateway.choices)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    pay_url = serializers.CharField()
    failure_code = serializers.CharField()


class WithdrawalSerializer(serializers.Serializer[Any]):
    """A withdrawal; the money is set aside until the bank has answered."""

    id = serializers.CharField()
    number = serializers.CharField()
    status = serializers.ChoiceField(PaymentOrder.Status.choices)
    amount = YuanField()
    card_tail = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    failure_code = serializers.CharField()


class StatementQuerySerializer(StrictSerializer):
    """Which part of the account, and which page."""

    account = serializers.ChoiceField(ACCOUNTS, default=ACCOUNTS[0])
    cursor = serializers.CharField(required=False, max_length=400)
    page_size = serializers.IntegerField(min_value=1, max_value=200, default=50)


class StatementEntrySerializer(serializers.Serializer[Any]):
    """One line; `balance` is what the account held after it."""

    number = serializers.CharField()
    type = serializers.ChoiceField(TransferType.choices)
    text = serializers.CharField()
    business_date = serializers.DateField()
    posted_at = serializers.DateTimeField()
    amount = YuanField()
    balance = YuanField()


class StatementSerializer(serializers.Serializer[Any]):
    """One page of a statement, newest first."""

    next = serializers.CharField(allow_null=True)
    results = StatementEntrySerializer(many=True)
