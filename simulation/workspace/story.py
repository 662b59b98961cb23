"""Who acts when: the scenes of the desk, counted back from the present business date."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from core import clock
from core.calendar import WorkCalendar
from core.models import User
from customers.models import Customer
from simulation.facts import Person
from simulation.world import World
from staff.models import StaffMember

# Who looks after customers to the end; the leaver is not among them.
MANAGERS = ("lijing", "zhangqiang", "chenmei")
LEAVER = "gaofei"


@dataclass
class Story:
    """The desk's side of the demo world."""

    world: World
    staff: dict[str, StaffMember]
    first_day: date
    last_day: date
    random: Random
    next_person: Callable[[], Person]
    # Leads who will register by themselves, and from which day on.
    awaited: list[tuple[date, Person]] = field(default_factory=list)
    # Customers whom nobody calls, so that the pool's rules have something to do.
    neglected: set[int] = field(default_factory=set)
    scenes: dict[date, list["Scene"]] = field(default_factory=dict)

    def workday(self, days_before: int) -> date:
        """Return the working day that lies so many days before the present, or the one before it."""
        return WorkCalendar().shift_date(self.last_day - timedelta(days=days_before), "PRECEDING")

    def at(self, hour: int, minute: int = 0) -> datetime:
        """Let it be this time of the day, unless it is later already, and return the time asked for."""
        asked = clock.at(self.world.today, hour, minute)
        self.world.now = max(self.world.now, asked)
        return asked

    def user(self, name: str) -> User:
        """Return a colleague's log-in."""
        return self.staff[name].user

    def book(self, name: str) -> list[Customer]:
        """Return a colleague's customers, the oldest first."""
        rows = Customer.objects.filter(rm=self.staff[name], merged_into__isnull=True)
        return list(rows.defer("search_grams", "labels").order_by("pk"))

    def borrowers(self, name: str) -> list[Customer]:
        """Return a colleague's borrowers who have registered."""
        return [row for row in self.book(name) if row.is_borrower and row.user_id]

    def investors(self, name: str) -> list[Customer]:
        """Return a colleague's investors who have registered."""
        return [row for row in self.book(name) if row.is_investor and row.user_id]

    def await_person(self, day: date) -> Person | None:
        """Return a lead who registers on a day, once."""
        ready = next((row for row in self.awaited if row[0] <= day), None)
        if ready is None:
            return None
        self.awaited.remove(ready)
        return ready[1]


@dataclass(frozen=True)
class Scene:
    """Something that happens so many days before the present, on that working day or the one before it."""

    days_before: int
    hour: int
    minute: int
    act: Callable[[Story], None]


def place_scenes(story: Story, scenes: Sequence[Scene]) -> None:
    """Put scenes on their days; those before the story begins are left out."""
    for scene in scenes:
        day = story.workday(scene.days_before)
        if day > story.first_day:
            story.scenes.setdefault(day, []).append(scene)
            story.scenes[day].sort(key=lambda row: (row.hour, row.minute))


def live(story: Story, day: date) -> None:
    """Play the scenes of a day."""
    for scene in story.scenes.get(day, ()):
        story.at(scene.hour, scene.minute)
        scene.act(story)
