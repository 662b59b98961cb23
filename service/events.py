"""What happens in collection work."""

from dataclasses import dataclass
from decimal import Decimal

from core.events import event_type


@event_type("service.collection_opened")
@dataclass(frozen=True)
class CollectionOpened:
    """A loan in arrears became somebody's work."""

    case_id: int
    loan_id: int
    customer_id: int


@event_type("service.promise_broken")
@dataclass(frozen=True)
class PromiseBroken:
    """A promised payment did not come."""

    promise_id: int
    case_id: int
    customer_id: int
    missing: Decimal
