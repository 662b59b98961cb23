"""Repayments per second with 1, 20 and 200 lenders through `record_repayment`, beside pgbench's TPC-B.

Eight clients, each a process, pay instalment after instalment of loans of their own in a database of their own,
durably; pgbench runs in turns with them at the same number of clients.

    DATABASE_URL=postgresql://… python -m bench.repayments
"""

from decimal import Decimal
from functools import partial
from itertools import count

from bench.book import DAY, make_repayment_book
from bench.support import (
    CLIENTS,
    ROUNDS,
    Step,
    call_apart,
    make_tpc_b,
    measure_beside_tpc_b,
    own_database,
    set_up,
    write_profile,
)

LENDERS = (1, 20, 200)
TARGETS = {20: 0.1}
LOANS = 1_600
PERIODS = 12
AMOUNT = Decimal("1060.00")


def prepare(first: int, round_number: int, url: str, client: int) -> Step:
    """Return the step that pays the next instalment of the client's next loan."""
    set_up(url)
    from core import clock
    from lending.operations.repayments import record_repayment

    per_client = LOANS // CLIENTS
    serial = count()
    # Rounds take turns among the loans of a client: each leaves the others' instalments to them.
    share = per_client // ROUNDS
    start = first + client * per_client + round_number * share

    def pay() -> None:
        turn = next(serial)
        record_repayment(
            loan_id=start + turn % share + 1,
            amount=AMOUNT,
            idempotency_key=f"bench:{first}:{round_number}:{client}:{turn}",
            business_date=DAY,
            now=clock.now(),
            actor=None,
        )

    return pay


def profile(url: str, lenders: int) -> None:
    """Leave the profile of five hundred repayments by one client."""
    step = prepare(LENDERS.index(lenders) * LOANS, 0, url, 0)

    def work() -> None:
        for _turn in range(500):
            step()

    write_profile(f"repayments_{lenders}_lenders", work)


def main() -> None:
    """Measure in turns and print the medians."""
    with own_database("repayments") as url:
        call_apart(make_repayment_book, url, LOANS, LENDERS)
        make_tpc_b(url)
        for place, lenders in enumerate(LENDERS):
            name = f"repayments_per_second_{lenders}_lenders"
            first = place * LOANS
            is_met = measure_beside_tpc_b(
                name,
                partial(partial, prepare, first),
                url,
                target=TARGETS.get(lenders),
                per_step={"entries_per_second": lenders + 1},
            )
            if not is_met:
                call_apart(profile, url, lenders)


if __name__ == "__main__":
    main()
