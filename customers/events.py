"""What happens to customers."""

from dataclasses import dataclass

from core.events import event_type


@event_type("customers.verification_code_asked")
@dataclass(frozen=True)
class VerificationCodeAsked:
    """A code waits to be sent."""

    verification_id: int


@event_type("customers.customer_registered")
@dataclass(frozen=True)
class CustomerRegistered:
    """A phone number became a customer."""

    customer_id: int


@event_type("customers.identity_asked")
@dataclass(frozen=True)
class IdentityAsked:
    """Name and number wait for the register's answer."""

    check_id: int


@event_type("customers.customer_identified")
@dataclass(frozen=True)
class CustomerIdentified:
    """The register confirmed who the customer is."""

    customer_id: int


@event_type("customers.card_asked")
@dataclass(frozen=True)
class CardAsked:
    """A card waits for the bank's four-factor check."""

    card_id: int


@event_type("customers.card_bound")
@dataclass(frozen=True)
class CardBound:
    """The bank confirmed a card."""

    card_id: int
    customer_id: int


@event_type("customers.consent_given")
@dataclass(frozen=True)
class ConsentGiven:
    """A customer agreed to one purpose."""

    consent_id: int
    customer_id: int
    purpose: str
