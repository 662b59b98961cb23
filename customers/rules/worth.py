"""What a customer is worth to the platform before one pursues him: the five parts of two-way selection."""

from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, round_yuan


@dataclass(frozen=True, slots=True)
class WorthFacts:
    """What is known: sums in yuan, counts, and the chance of default as a fraction."""

    total: Decimal
    deals: int
    referrals: int = 0
    referred_deals: int = 0
    feedbacks: int = 0
    cost: Decimal = ZERO
    exposure: Decimal = ZERO
    default_chance: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class WorthTerms:
    """The stated prices of what has none: a year's margin, a lead brought, a deal brought, a feedback, size, loss rate."""

    margin_rate: Decimal
    referral_value: Decimal
    referred_deal_value: Decimal
    feedback_value: Decimal
    size_threshold: Decimal
    size_value: Decimal
    repeat_rate: Decimal
    loss_given_default: Decimal


@dataclass(frozen=True, slots=True)
class Worth:
    """The five parts in yuan; `net` is A + B + C − D − E."""

    volume: Decimal
    repeat: Decimal
    intangible: Decimal
    cost: Decimal
    expected_loss: Decimal

    @property
    def net(self) -> Decimal:
        """What is left."""
        return self.volume + self.repeat + self.intangible - self.cost - self.expected_loss


def weigh(facts: WorthFacts, terms: WorthTerms) -> Worth:
    """Return the value sheet of a customer.

    A = total × margin; B = A × repeat rate × deals after the first, at most five of them; C = referrals, deals from them,
    feedback at their stated prices, plus the size bonus from the threshold on; D = cost ledger; E = exposure × chance of
    default × loss given default. ¥100,000.00 in 3 deals at 2 % margin and 10 % a repeat: A 2,000.00, B 400.00.
    """
    volume = round_yuan(facts.total * terms.margin_rate)
    repeats = min(max(facts.deals - 1, 0), 5)
    intangible = (
        terms.referral_value * facts.referrals
        + terms.referred_deal_value * facts.referred_deals
        + terms.feedback_value * facts.feedbacks
        + (terms.size_value if facts.total >= terms.size_threshold else ZERO)
    )
    return Worth(
        volume=volume,
        repeat=round_yuan(volume * terms.repeat_rate * repeats),
        intangible=round_yuan(intangible),
        cost=round_yuan(facts.cost),
        expected_loss=round_yuan(facts.exposure * facts.default_chance * terms.loss_given_default),
    )


def price_contact(minutes: int, hourly_rate: Decimal) -> Decimal:
    """Return what a contact cost: 20 minutes at ¥90.00 an hour are ¥30.00."""
    return round_yuan(hourly_rate * minutes / 60)
