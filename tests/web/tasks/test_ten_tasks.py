"""Ten tasks of an RM, in both languages, by keyboard, by mouse and on a phone: they work, and they stay as short."""

import os
from collections.abc import Iterator

import pytest

from tests.web.tasks.hands import Count, Way
from tests.web.tasks.stage import LANGUAGES, Stage
from tests.web.tasks.ten import TASKS, Task
from tests.web.tasks.usability import read_rows, write_rows

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IS_COUNTING = os.environ.get("P2PCRM_USABILITY") == "write"
# Every task in every way, and in both languages over its ways; all of them where the page is written anew.
RUNS = [
    pytest.param(task, way, language, id=f"{task.__name__}-{way}-{language}")
    for number, task in enumerate(TASKS)
    for turn, way in enumerate(Way)
    for place, language in enumerate(LANGUAGES)
    if IS_COUNTING or (number + turn) % len(LANGUAGES) == place
]


@pytest.fixture(scope="module")
def counted() -> Iterator[dict[tuple[int, str, str, Way], Count]]:
    """What the runs took; `make usability` writes it into the page."""
    found: dict[tuple[int, str, str, Way], Count] = {}
    yield found
    if IS_COUNTING:
        write_rows(found)


@pytest.mark.parametrize(("task_type", "way", "language"), RUNS)
def test_a_task(
    stage: Stage,
    counted: dict[tuple[int, str, str, Way], Count],
    task_type: type[Task],
    way: Way,
    language: str,
) -> None:
    task = task_type(stage, language)
    task.prepare()
    hands = stage.open(task.user, language, way)
    hands.begin(f"{stage.server}{task.url}")
    if way is Way.KEYBOARD:
        task.by_keys(hands)
    else:
        task.by_touch(hands)
    count = hands.end()
    task.check()
    key = (task.number, task.title, task.starts, way)
    # Both languages take the same; what is written differs.
    count.typed = max(count.typed, counted[key].typed) if key in counted else count.typed
    counted[key] = count
    if IS_COUNTING:
        return
    row = read_rows()[task.number, way]
    assert (count.steps, count.loads) == (row.steps, row.loads), "count again: make usability"
    assert count.steps <= row.most_steps
    assert count.loads <= row.most_loads
