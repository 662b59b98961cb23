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


@event_type("customers.owners_changed")
@dataclass(frozen=True)
class OwnersChanged:
    """Customers got another RM or went into a pool; the rows of the change share the batch."""

    batch: str


@event_type("customers.customer_handed_over")
@dataclass(frozen=True)
class CustomerHandedOver:
    """A customer passed from one RM to another in a handover and is to be told."""

    customer_id: int
    handover_id: int


@event_type("customers.phone_change_asked")
@dataclass(frozen=True)
class PhoneChangeAsked:
    """Staff want a customer to log in by another phone; the holder of the old one is to be told."""

    change_id: int
    customer_id: int


@event_type("customers.customer_facts_changed")
@dataclass(frozen=True)
class CustomerFactsChanged:
    """Fields of a customer's profile have other values now; which ones, not what they are."""

    customer_id: int
    fields: tuple[str, ...]


@event_type("customers.customers_merged")
@dataclass(frozen=True)
class CustomersMerged:
    """One record went into another; its rows point at the kept one now."""

    merge_id: int
    kept_id: int
    merged_id: int


@event_type("customers.merge_undone")
@dataclass(frozen=True)
class MergeUndone:
    """A merge was taken apart."""

    merge_id: int
    kept_id: int
    merged_id: int


@event_type("customers.customers_imported")
@dataclass(frozen=True)
class CustomersImported:
    """An import has carried out its rows."""

    job_id: int
    created: int


@event_type("customers.step_message_due")
@dataclass(frozen=True)
class StepMessageDue:
    """A step of the relationship process is a message, and its day has come."""

    run_id: int


@event_type("customers.customer_taken_in")
@dataclass(frozen=True)
class CustomerTakenIn:
    """Somebody became a customer without registering himself."""

    customer_id: int


@event_type("customers.customers_touched")
@dataclass(frozen=True)
class CustomersTouched:
    """Something about customers has changed that has no event of its own, such as a label, a contact or a case."""

    customer_ids: tuple[int, ...]
