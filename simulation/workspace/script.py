"""All scenes together, and what every working day brings."""

from datetime import date

from core.calendar import is_workday
from customers.operations.notices import mark_read
from service.operations.department_cases import escalate_department_cases
from simulation.workspace import (
    cases,
    config,
    coupons,
    desk,
    diary,
    journey,
    leads,
    owners,
    pipeline,
    quality,
    records,
    watching,
)
from simulation.workspace.story import Scene, Story, live, place_scenes

_PARTS = (config, coupons, leads, pipeline, records, quality, owners, cases, desk, diary, journey, watching)
# Older notices have been seen; what came in since is new.
_READ_UNTIL_DAYS = 2


def begin(story: Story) -> None:
    """Lay out what will happen on which day."""
    for part in _PARTS:
        place_scenes(story, part.list_scenes(story))
    place_scenes(story, [Scene(_READ_UNTIL_DAYS, 18, 10, _read_notices)])


def live_day(story: Story, day: date) -> None:
    """Play a day at the desk."""
    if day >= story.last_day:
        # The present is young: what people do today is for whoever logs in.
        return
    live(story, day)
    if is_workday(day):
        diary.work_through(story, day)
        journey.walk_on(story, day)
        escalate_department_cases(now=story.at(17, 50))


def _read_notices(story: Story) -> None:
    for member in story.staff.values():
        mark_read(member_id=member.pk, public_ids=None, now=story.at(18, 10))
