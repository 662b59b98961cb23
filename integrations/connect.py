"""Where the house gets its ports from: one adapter a partner and process, configured on first use."""

import os
from enum import StrEnum
from functools import lru_cache

from core import clock
from integrations import operations
from integrations.adapters.bank import BankGateway
from integrations.adapters.bureau import CreditBureauAdapter
from integrations.adapters.calls import Call
from integrations.adapters.certificates import CertificateAuthorityAdapter
from integrations.adapters.custody import CustodyBankAdapter
from integrations.adapters.mail import MailGatewayAdapter
from integrations.adapters.market import MarketFeedAdapter
from integrations.adapters.signed_http import SignedClient
from integrations.adapters.sms import SmsGatewayAdapter
from integrations.adapters.wechat import WeChatClient, WeChatGateway
from integrations.config import PartnerSettings, partner_settings, webhook_url
from integrations.ports import (
    CardGateway,
    CertificateAuthority,
    CreditBureau,
    CustodyBank,
    MailGateway,
    PaymentGateway,
    SmsGateway,
)
from integrations.ports.market import MarketFeed
from integrations.protocol import KeyPairSigner, SecretSigner, Signer, load_private_key, load_public_key


class Gateway(StrEnum):
    """The ways to pay in."""

    WECHAT = "wechat"
    ALIPAY = "alipay"
    BANK = "bank"


def payment_gateway(name: str) -> PaymentGateway:
    """Return the gateway for deposits; ValueError for a name that is none of `Gateway`."""
    gateway, process = Gateway(name), os.getpid()
    notify_url = webhook_url(f"payments/{gateway.value}/")
    if gateway is Gateway.WECHAT:
        return _wechat(partner_settings(), notify_url, process)
    if gateway is Gateway.ALIPAY:
        return _alipay(partner_settings(), notify_url, process)
    return _bank(partner_settings(), notify_url, process)


def card_gateway() -> CardGateway:
    """Return the bank that checks, debits and pays out to cards."""
    return _bank(partner_settings(), webhook_url(f"payments/{Gateway.BANK.value}/"), os.getpid())


def custody_bank() -> CustodyBank:
    """Return the custodian."""
    return _custody(partner_settings(), os.getpid())


def credit_bureau() -> CreditBureau:
    """Return the credit bureau."""
    return _bureau(partner_settings(), os.getpid())


def market_feed() -> MarketFeed | None:
    """Return the provider of market news; None where the house has none."""
    partner = partner_settings()
    return _market(partner, os.getpid()) if partner.has("MARKET_BASE_URL") else None


def sms_gateway() -> SmsGateway:
    """Return the SMS operator."""
    return _sms(partner_settings(), webhook_url("messages/sms/"), os.getpid())


def mail_gateway() -> MailGateway:
    """Return the way out for mail."""
    return MailGatewayAdapter(log=_write_log)


def certificate_authority() -> CertificateAuthority:
    """Return the certificate authority."""
    return _authority(partner_settings(), os.getpid())


def _write_log(call: Call) -> None:
    operations.record_outbound_call(
        port=call.port,
        operation=call.operation,
        idempotency_key=call.idempotency_key,
        outcome=call.outcome,
        code=call.code,
        request=call.request,
        response=call.response,
        duration_ms=call.duration_ms,
        now=clock.now(),
    )


# The process id is part of the key because connection pools must not be shared across a fork.
@lru_cache(maxsize=4)
def _wechat(partner: PartnerSettings, notify_url: str, _process: int) -> WeChatGateway:
    public_key_id = partner.get("WECHAT_PUBLIC_KEY_ID")
    client = WeChatClient(
        base_url=partner.get("WECHAT_BASE_URL"),
        mchid=partner.get("WECHAT_MERCHANT_ID"),
        appid=partner.get("WECHAT_APP_ID"),
        private_key=partner.read("WECHAT_PRIVATE_KEY_FILE"),
        cert_serial_no=partner.get("WECHAT_CERTIFICATE_SERIAL"),
        apiv3_key=partner.read("WECHAT_API_V3_KEY_FILE"),
        public_key=partner.read("WECHAT_PUBLIC_KEY_FILE"),
        public_key_id=public_key_id,
        notify_url=notify_url,
    )
    return WeChatGateway(client=client, public_key_id=public_key_id, log=_write_log)


@lru_cache(maxsize=4)
def _alipay(partner: PartnerSettings, notify_url: str, _process: int) -> PaymentGateway:
    # The library costs a second of start-up that only processes which talk to Alipay should pay.
    from integrations.adapters.alipay import AlipayClient, AlipayGateway

    client = AlipayClient(
        base_url=partner.get("ALIPAY_BASE_URL"),
        appid=partner.get("ALIPAY_APP_ID"),
        app_private_key_string=partner.read("ALIPAY_PRIVATE_KEY_FILE"),
        alipay_public_key_string=partner.read("ALIPAY_PUBLIC_KEY_FILE"),
    )
    return AlipayGateway(client=client, notify_url=notify_url, log=_write_log)


@lru_cache(maxsize=4)
def _bank(partner: PartnerSettings, notify_url: str, _process: int) -> BankGateway:
    return BankGateway(client=_signed_client("BANK", partner), notify_url=notify_url)


@lru_cache(maxsize=4)
def _custody(partner: PartnerSettings, _process: int) -> CustodyBankAdapter:
    return CustodyBankAdapter(client=_signed_client("CUSTODY", partner, read_timeout_seconds=60))


@lru_cache(maxsize=4)
def _bureau(partner: PartnerSettings, _process: int) -> CreditBureauAdapter:
    return CreditBureauAdapter(client=_signed_client("BUREAU", partner))


@lru_cache(maxsize=4)
def _market(partner: PartnerSettings, _process: int) -> MarketFeedAdapter:
    return MarketFeedAdapter(client=_signed_client("MARKET", partner))


@lru_cache(maxsize=4)
def _authority(partner: PartnerSettings, _process: int) -> CertificateAuthorityAdapter:
    client = _signed_client("CA", partner)
    return CertificateAuthorityAdapter(client=client, timestamp_url=partner.get("CA_TIMESTAMP_URL"))


@lru_cache(maxsize=4)
def _sms(partner: PartnerSettings, notify_url: str, _process: int) -> SmsGatewayAdapter:
    client = SignedClient(
        port="sms",
        base_url=partner.get("SMS_BASE_URL"),
        client_id=partner.get("SMS_ACCOUNT"),
        signer=SecretSigner(partner.read("SMS_SECRET_FILE")),
        log=_write_log,
    )
    return SmsGatewayAdapter(client=client, notify_url=notify_url)


def _signed_client(service: str, partner: PartnerSettings, *, read_timeout_seconds: float = 10) -> SignedClient:
    signer: Signer = KeyPairSigner(
        load_private_key(partner.get_path(f"{service}_PRIVATE_KEY_FILE")),
        load_public_key(partner.get_path(f"{service}_PUBLIC_KEY_FILE")),
    )
    return SignedClient(
        port=service.lower(),
        base_url=partner.get(f"{service}_BASE_URL"),
        client_id=partner.get(f"{service}_CLIENT_ID"),
        signer=signer,
        log=_write_log,
        read_timeout_seconds=read_timeout_seconds,
    )
