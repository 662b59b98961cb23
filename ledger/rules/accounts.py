"""Account numbers: an account's id says whose it is and what it is for, so that no posting has to look one up.

The platform's accounts are 1 to 9. A customer's are his id times ten plus a digit: customer 1234 has 12341
(available) and 12342 (frozen). A check constraint of the table holds every row to this.
"""

from typing import Final

CUSTODY: Final = 1
PLATFORM_FEES: Final = 2
PLATFORM_OWN: Final = 3
RESERVE: Final = 4
SUSPENSE: Final = 5

_AVAILABLE_DIGIT: Final = 1
_FROZEN_DIGIT: Final = 2


def available_account(customer_id: int) -> int:
    """Return the account of what the customer may spend: `available_account(1234)` is 12341."""
    return customer_id * 10 + _AVAILABLE_DIGIT


def frozen_account(customer_id: int) -> int:
    """Return the account of what is set aside for a bid or a withdrawal: `frozen_account(1234)` is 12342."""
    return customer_id * 10 + _FROZEN_DIGIT


def customer_of(account_id: int) -> int | None:
    """Return the owner's id, None for an account of the platform."""
    return account_id // 10 or None
