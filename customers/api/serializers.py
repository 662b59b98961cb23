"""Bodies about customers."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import StrictSerializer, YuanField
from customers.models import BankCard, Consent, Customer, IdentityCheck
from customers.operations.intake.company import MORE, NEEDED
from customers.operations.profile import CHANNELS
from customers.rules.assessment import ANSWERS, QUESTIONS
from customers.rules.intake import FIELDS as PERSON_FIELDS

REGISTER, LOGIN, SIGN, PHONE = "REGISTER", "LOGIN", "SIGN", "PHONE"
LANGUAGES = ("zh-hans", "en")


class CodeAskedSerializer(StrictSerializer):
    """A wish for a code by SMS; SIGN goes to the phone of the logged-in customer."""

    phone = serializers.CharField(max_length=30, required=False)
    purpose = serializers.ChoiceField([REGISTER, LOGIN, SIGN, PHONE])


class CodeSentSerializer(serializers.Serializer[Any]):
    """How long the code lasts and when another one may be asked for."""

    expires_in_seconds = serializers.IntegerField()
    resend_after_seconds = serializers.IntegerField()


class RegistrationSerializer(StrictSerializer):
    """A phone number proven by its code, and the notice agreed to."""

    phone = serializers.CharField(max_length=30)
    code = serializers.CharField(max_length=10)
    notice_version = serializers.CharField(max_length=20)
    source = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")  # type: ignore[assignment]


class LoginSerializer(StrictSerializer):
    """A phone number proven by its code."""

    phone = serializers.CharField(max_length=30)
    code = serializers.CharField(max_length=10)


class PhoneConfirmedSerializer(StrictSerializer):
    """A new log-in phone proven by its code, and its holder by the end of his identity number."""

    phone = serializers.CharField(max_length=30)
    code = serializers.CharField(max_length=10)
    identity_tail = serializers.CharField(max_length=6, required=False, allow_blank=True, default="")


class PhoneAskedSerializer(StrictSerializer):
    """A new log-in phone for a customer, and why."""

    phone = serializers.CharField(max_length=30)
    reason = serializers.CharField(max_length=200)


class PhoneWaitingSerializer(serializers.Serializer[Any]):
    """Until when the new number can be confirmed; null where the number given is the present one."""

    expires_at = serializers.DateTimeField(allow_null=True)


class TokenSerializer(serializers.Serializer[Any]):
    """A token, shown once."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()
    scopes = serializers.ListField(child=serializers.CharField())


class ProfileSerializer(serializers.Serializer[Any]):
    """A customer's own statement of his finances."""

    as_of_date = serializers.DateField()
    monthly_income = YuanField()
    monthly_debt_payment = YuanField()
    assets = YuanField()
    liabilities = YuanField()
    other_platform_balance = YuanField()
    occupation = serializers.CharField()
    employer = serializers.CharField()
    is_student = serializers.BooleanField()
    employment_years = serializers.IntegerField()
    housing = serializers.CharField()


class PreferenceSerializer(serializers.Serializer[Any]):
    """How a customer wants to be reached."""

    channels = serializers.ListField(child=serializers.ChoiceField(CHANNELS))
    language = serializers.ChoiceField(LANGUAGES)


class MeSerializer(serializers.Serializer[Any]):
    """A customer's own record; sensitive figures masked."""

    id = serializers.CharField()
    number = serializers.CharField()
    status = serializers.ChoiceField(Customer.Status.choices)
    name = serializers.CharField()
    phone = serializers.CharField()
    identity_number = serializers.CharField()
    address = serializers.CharField()
    email = serializers.CharField()
    is_borrower = serializers.BooleanField()
    is_investor = serializers.BooleanField()
    investor_type = serializers.CharField()
    investor_type_expires_date = serializers.DateField(allow_null=True)
    registered_at = serializers.DateTimeField()
    profile = ProfileSerializer(allow_null=True)
    preference = PreferenceSerializer(allow_null=True)


class ProfileChangeSerializer(StrictSerializer):
    """Changes of the profile; what is left out stays."""

    address = serializers.CharField(max_length=200, required=False)
    email = serializers.EmailField(max_length=200, required=False, allow_blank=True)
    monthly_income = YuanField(min_value=0, required=False)
    monthly_debt_payment = YuanField(min_value=0, required=False)
    assets = YuanField(min_value=0, required=False)
    liabilities = YuanField(min_value=0, required=False)
    other_platform_balance = YuanField(min_value=0, required=False)
    occupation = serializers.CharField(max_length=40, required=False, allow_blank=True)
    employer = serializers.CharField(max_length=80, required=False, allow_blank=True)
    is_student = serializers.BooleanField(required=False)
    employment_years = serializers.IntegerField(min_value=0, max_value=80, required=False)
    housing = serializers.CharField(max_length=20, required=False, allow_blank=True)
    channels = serializers.ListField(
        child=serializers.ChoiceField(CHANNELS), min_length=1, max_length=2, required=False
    )
    language = serializers.ChoiceField(LANGUAGES, required=False)


class PurposeSerializer(serializers.Serializer[Any]):
    """What personal data may be used for."""

    code = serializers.ChoiceField(Consent.Purpose.choices)
    name = serializers.CharField()


class NoticesSerializer(serializers.Serializer[Any]):
    """The notice in force; consents name its version."""

    version = serializers.CharField()
    purposes = PurposeSerializer(many=True)


class ConsentGivenSerializer(StrictSerializer):
    """Consent to one purpose under one version of its notice."""

    purpose = serializers.ChoiceField(Consent.Purpose.choices)
    notice_version = serializers.CharField(max_length=20)
    recipient = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")


class ConsentSerializer(serializers.Serializer[Any]):
    """A live consent."""

    purpose = serializers.ChoiceField(Consent.Purpose.choices)
    recipient = serializers.CharField()
    notice_version = serializers.CharField()
    given_at = serializers.DateTimeField()
    evidence_hash = serializers.CharField()


class IdentityAskedSerializer(StrictSerializer):
    """Name and number as they stand on the identity card."""

    name = serializers.CharField(max_length=60)
    identity_number = serializers.CharField(max_length=30)


class IdentitySerializer(serializers.Serializer[Any]):
    """The latest check of the identity."""

    id = serializers.CharField()
    outcome = serializers.ChoiceField(IdentityCheck.Outcome.choices)
    name = serializers.CharField()
    identity_number = serializers.CharField()
    asked_at = serializers.DateTimeField()
    checked_at = serializers.DateTimeField(allow_null=True)


class CardAskedSerializer(StrictSerializer):
    """A card to be bound; the bank compares number, holder, identity number and phone."""

    number = serializers.CharField(max_length=40)
    reserved_phone = serializers.CharField(max_length=30)
    bank_name = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class CardSerializer(serializers.Serializer[Any]):
    """A card, by its last four digits."""

    id = serializers.CharField()
    tail = serializers.CharField()
    bank_name = serializers.CharField()
    state = serializers.ChoiceField(BankCard.State.choices)
    asked_at = serializers.DateTimeField()
    bound_at = serializers.DateTimeField(allow_null=True)


class AnswersSerializer(StrictSerializer):
    """One of a, b, c, d for each question."""

    def get_fields(self) -> dict[str, Any]:
        """Return one field a question."""
        return {question: serializers.ChoiceField(ANSWERS) for question in QUESTIONS}


class AssessmentAskedSerializer(StrictSerializer):
    """An answered questionnaire."""

    answers = AnswersSerializer()


class QuestionChoiceSerializer(serializers.Serializer[Any]):
    """One possible answer."""

    code = serializers.ChoiceField(ANSWERS)
    text = serializers.CharField()


class QuestionSerializer(serializers.Serializer[Any]):
    """One question."""

    code = serializers.ChoiceField(QUESTIONS)
    text = serializers.CharField()
    answers = QuestionChoiceSerializer(many=True)


class AssessmentSerializer(serializers.Serializer[Any]):
    """An investor's tier."""

    tier = serializers.CharField()
    score = serializers.IntegerField()
    questionnaire_version = serializers.CharField()
    assessed_at = serializers.DateTimeField()
    valid_until_date = serializers.DateField()


class QuestionnaireSerializer(serializers.Serializer[Any]):
    """The questionnaire, and the latest outcome."""

    questionnaire_version = serializers.CharField()
    questions = QuestionSerializer(many=True)
    latest = AssessmentSerializer(allow_null=True)


class NewCustomerSerializer(StrictSerializer):
    """A person or company whom staff enter; a company's identity number is its unified social credit code."""

    kind = serializers.ChoiceField(Customer.Kind.choices)
    is_another = serializers.BooleanField(
        required=False, default=False, help_text="is not the customer whom the name reminds of"
    )

    def get_fields(self) -> Any:
        """Return a text for each field that may be said of a person or a company."""
        names = dict.fromkeys((*PERSON_FIELDS, *NEEDED, *MORE))
        texts = {name: serializers.CharField(required=False, allow_blank=True, max_length=500) for name in names}
        return {**super().get_fields(), **texts}


class StaffCustomerSerializer(serializers.Serializer[Any]):
    """A row of the staff list of customers; the name is masked."""

    id = serializers.CharField()
    number = serializers.CharField()
    kind = serializers.ChoiceField(Customer.Kind.choices)
    status = serializers.ChoiceField(Customer.Status.choices)
    name = serializers.CharField()
    is_borrower = serializers.BooleanField()
    is_investor = serializers.BooleanField()
    stage = serializers.ChoiceField(Customer.Stage.choices)
    risk_tier = serializers.ChoiceField(Customer.RiskTier.choices)
    value_tier = serializers.ChoiceField(Customer.ValueTier.choices)
    investor_type = serializers.CharField()
    registered_at = serializers.DateTimeField()
    latest_contact_at = serializers.DateTimeField(allow_null=True)
    rm_name = serializers.CharField(allow_null=True)
