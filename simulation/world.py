"""A simulated present: the clock of both sides, the outbox, the passing of days."""

from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from core import clock, outbox
from core.close import close_through
from integrations.sandbox.client import SandboxControl
from ledger import custodian
from lending.operations.closing import plan_loans
from lending.operations.closing.debits import debit_in_the_morning
from messaging.operations.sending import release_due
from simulation.helpers import drain_at

# Below it the way to another process costs more than it saves.
_WORTH_HELP = 8


@dataclass
class World:
    """One simulated day after the other, against a real sandbox process; `random` is seeded, so runs agree.

    `helpers` are other processes that deliver events beside this one.
    """

    sandbox: SandboxControl
    now: datetime
    random: Random = field(default_factory=lambda: Random(7))
    helpers: list[Executor] = field(default_factory=list)

    @property
    def today(self) -> date:
        """Return the business date."""
        return clock.business_date()

    def move_to(self, instant: datetime) -> None:
        """Set the wall clock of the product's side and of the sandbox."""
        self.now = instant
        self.sandbox.set_clock(instant)

    def settle(self) -> None:
        """Deliver everything that waits; what failed for a moment gets its further tries a few seconds later."""
        self._deliver()
        for _try in range(5):
            if not outbox.pending_count():
                return
            self.now += timedelta(seconds=40)
            self._deliver()

    def _deliver(self) -> None:
        waiting = outbox.pending_count() if self.helpers else 0
        helped = [helper.submit(drain_at, self.now) for helper in self.helpers] if waiting >= _WORTH_HELP else []
        drain_at(self.now)
        for result in helped:
            result.result()
        if helped:
            # What a helper published while it finished found nobody else.
            drain_at(self.now)

    def begin_day(self) -> None:
        """Do what beat does in the morning: let messages go and debit what is due."""
        self.move_to(clock.at(self.today, 8, 30))
        release_due(now=self.now)
        for low, high in plan_loans(self.today):
            debit_in_the_morning(business_date=self.today, from_id=low, to_id=high, now=self.now)
        self.settle()
        self.move_to(clock.at(self.today, 9))

    def close_day(self) -> None:
        """Send what waits to the custodian, close the business date late in the evening, deliver what follows."""
        day = self.today
        self.move_to(clock.at(day, 23, 30))
        custodian.send_queue(now=self.now)
        with clock.use_clock(self.now):
            close_through(through=day)
        self.settle()
