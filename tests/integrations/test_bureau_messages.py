"""Credit bureau, short messages and mail."""

from decimal import Decimal
from typing import Any

import pytest
from django.core import mail

from integrations import connect
from integrations.models import OutboundCall
from integrations.ports import (
    BureauPurpose,
    FinalRefusal,
    IdentityMatch,
    MailMessage,
    SmsMessage,
    TemporaryFailure,
)
from integrations.sandbox.bureau import synthesize
from integrations.sandbox.client import SandboxControl
from tests.integrations.conftest import IDENTITY, credit_query, fresh

pytestmark = pytest.mark.django_db


def sms(phone: str, text: str = "您的验证码是 482913,5分钟内有效。", **changes: str) -> SmsMessage:
    return SmsMessage(**{"message_id": fresh("SM"), "phone": phone, "text": text, "signature": "普惠出借", **changes})


def some_phone() -> str:
    return f"139{int(fresh('')[:8], 16) % 10**7:07d}1"


class TestBureau:
    def test_report_is_the_persons(self, sandbox: SandboxControl) -> None:
        bureau = connect.credit_bureau()
        first, second = (bureau.query_report(credit_query()) for _ in range(2))
        assert first.report_number != second.report_number
        assert (first.score, first.open_loan_balance) == (second.score, second.open_loan_balance)
        assert first.cost == Decimal("2.00")
        assert first.raw["report_number"] == first.report_number
        assert (first.valid_until - first.reported_at.date()).days == 30

    def test_same_query_is_one_report(self, sandbox: SandboxControl) -> None:
        query = credit_query()
        bureau = connect.credit_bureau()
        assert bureau.query_report(query) == bureau.query_report(query)

    def test_test_sets_the_profile(self, sandbox: SandboxControl) -> None:
        number = fresh("ID")
        sandbox.set_profiles({number: {"score": 777, "other_platform_balance": "199999.99", "has_history": True}})
        report = connect.credit_bureau().query_report(credit_query(identity_number=number))
        assert (report.score, report.other_platform_balance) == (777, Decimal("199999.99"))

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"consent_id": ""}, "CONSENT_MISSING"),
            ({"purpose": BureauPurpose.IDENTITY_CHECK}, "PURPOSE_NOT_AGREED"),
        ],
    )
    def test_no_consent_or_other_purpose_never_leaves_the_house(
        self, changes: dict[str, Any], code: str, sandbox: SandboxControl
    ) -> None:
        query = credit_query(**changes)
        with pytest.raises(FinalRefusal) as caught:
            connect.credit_bureau().query_report(query)
        assert caught.value.code == code
        assert not OutboundCall.objects.filter(idempotency_key=query.query_id).exists()

    def test_outage_is_temporary(self, sandbox: SandboxControl) -> None:
        sandbox.behave("bureau", fail_next=1)
        with pytest.raises(TemporaryFailure):
            connect.credit_bureau().query_report(credit_query())

    def test_answer_of_another_shape_is_not_used(self, sandbox: SandboxControl) -> None:
        number = fresh("ID")
        sandbox.set_profiles({number: {"card_limit": "1.234"}})
        with pytest.raises(TemporaryFailure) as caught:
            connect.credit_bureau().query_report(credit_query(identity_number=number))
        assert caught.value.code == "BAD_ANSWER"

    @pytest.mark.parametrize(
        ("number", "profile", "expected"),
        [
            (IDENTITY, None, IdentityMatch.MATCH),
            ("110105194912310021", None, IdentityMatch.NO_RECORD),
            ("110101199003070038", {"holder_name": "王五"}, IdentityMatch.MISMATCH),
        ],
    )
    def test_identity(self, number: str, profile: Any, expected: IdentityMatch, sandbox: SandboxControl) -> None:
        if profile:
            sandbox.set_profiles({number: profile})
        query = credit_query(identity_number=number, purpose=BureauPurpose.IDENTITY_CHECK)
        assert connect.credit_bureau().check_identity(query) is expected

    def test_synthetic_population_is_plausible(self) -> None:
        people = [synthesize(f"person-{number}") for number in range(2000)]
        scores = [person["score"] for person in people if person["has_history"]]
        assert 0.08 < 1 - len(scores) / len(people) < 0.16
        assert 640 < sum(scores) / len(scores) < 680
        low = [person["overdue_count_24_months"] for person in people if (person["score"] or 700) < 600]
        high = [person["overdue_count_24_months"] for person in people if (person["score"] or 0) > 720]
        assert sum(low) / len(low) > sum(high) / len(high)


class TestSms:
    def test_message_arrives_with_its_code(self, sandbox: SandboxControl) -> None:
        phone = some_phone()
        assert connect.sms_gateway().send(sms(phone)).startswith("SM")
        assert sandbox.list_messages("sms", phone)[0]["text"].startswith("【普惠出借】您的验证码")
        assert sandbox.read_code(phone) == "482913"

    def test_repeat_reaches_the_phone_once(self, sandbox: SandboxControl) -> None:
        phone = some_phone()
        message = sms(phone)
        gateway = connect.sms_gateway()
        assert gateway.send(message) == gateway.send(message)
        assert len(sandbox.list_messages("sms", phone)) == 1

    def test_bad_number_is_final(self, sandbox: SandboxControl) -> None:
        with pytest.raises(FinalRefusal) as caught:
            connect.sms_gateway().send(sms("12345678901"))
        assert caught.value.code == "INVALID_PHONE"

    def test_outage_is_temporary_and_forged_answer_unknown(self, sandbox: SandboxControl) -> None:
        sandbox.behave("sms", fail_next=1, fail_status=429)
        with pytest.raises(TemporaryFailure) as caught:
            connect.sms_gateway().send(sms(some_phone()))
        assert not caught.value.outcome_unknown
        sandbox.behave("sms", bad_signature_next=1)
        with pytest.raises(TemporaryFailure) as caught:
            connect.sms_gateway().send(sms(some_phone()))
        assert caught.value.outcome_unknown


class TestMail:
    def test_mail_goes_out_with_a_stable_id(self, settings: Any) -> None:
        settings.PUBLIC_URL = "https://crm.example.cn"
        message = MailMessage("M-1", "zhang@example.cn", "对账单", "正文", "<p>正文</p>")
        assert connect.mail_gateway().send(message) == "<M-1@crm.example.cn>"
        sent = mail.outbox[-1]
        assert sent.message()["Message-ID"] == "<M-1@crm.example.cn>"
        assert sent.alternatives[0][0] == "<p>正文</p>"

    def test_letter_box_of_the_sandbox(self, sandbox: SandboxControl, settings: Any) -> None:
        settings.EMAIL_BACKEND = "integrations.adapters.mail.SandboxMailBackend"
        address = f"{fresh('m')}@example.cn"
        message = MailMessage(fresh("ML"), address, "对账单", "正文", "<p>正文</p>")
        connect.mail_gateway().send(message)
        connect.mail_gateway().send(message)
        mails = sandbox.list_messages("mail", address)
        assert [(item["subject"], item["html"]) for item in mails] == [("对账单", "<p>正文</p>")]

    def test_outage_is_temporary(self, sandbox: SandboxControl, settings: Any) -> None:
        settings.EMAIL_BACKEND = "integrations.adapters.mail.SandboxMailBackend"
        sandbox.behave("mail", fail_next=1)
        with pytest.raises(TemporaryFailure):
            connect.mail_gateway().send(MailMessage("M-2", "a@example.cn", "x", "y"))

    def test_line_break_in_the_subject_is_final(self) -> None:
        with pytest.raises(FinalRefusal):
            connect.mail_gateway().send(MailMessage("M-3", "a@example.cn", "x\nBcc: b@example.cn", "y"))


def test_log_holds_no_plain_values(sandbox: SandboxControl) -> None:
    phone = some_phone()
    message = sms(phone)
    connect.sms_gateway().send(message)
    row = OutboundCall.objects.get(idempotency_key=message.message_id)
    text = " ".join(str(value) for value in vars(row).values())
    assert phone not in text and "482913" not in text
    assert len(row.request_digest) == len(row.response_digest) == 40
