"""Everybody walks through every page, list, file and chart, and sees nothing beyond his own book.

Addresses come from the URL conf, filters and columns from the pages themselves, expectations from the roles' scopes.
"""

from urllib.parse import urlencode

import pytest

from tests.scope.addresses import HOUSE, Page, list_pages, read_page, vary
from tests.scope.people import STAFF, Territory, World
from tests.scope.walking import Walker

pytestmark = pytest.mark.slow

PAGES = list_pages()
# What belongs to its maker alone, or to departments: whoever it answers, it may tell nothing of closed territories.
OTHERWISE = {"view", "undo", "import", "quarantine", "case", "segment", "trial", "coupon_offer", HOUSE}
# These go through every variant of every page; the others, who differ in rights only, once through every page.
THOROUGH = {"rm-north", "former"}


@pytest.mark.parametrize("name", STAFF)
def test_a_walk_finds_nothing_beyond_ones_own_book(world: World, name: str) -> None:
    walker = Walker(world, name)
    for place, page in enumerate(PAGES):
        if not page.kind:
            _visit_list(walker, page)
            continue
        for one in _choose(walker, page, place):
            _visit_record(walker, page, one)
    assert not walker.faults, "\n".join(walker.faults)


def _choose(walker: Walker, page: Page, place: int) -> list[Territory]:
    """Return all that is open to somebody, and of the rest those he knew once, pools where pools are, and one or two in turn."""
    found = list(walker.world.territories.values())
    if page.kind == HOUSE:
        return found[:1]
    closed = list(walker.closed.values())
    wanted = {one.key for one in found if one.key not in walker.closed}
    if len(wanted) > 2:
        wanted = {"north", "south"} & wanted
    if len(wanted) > 1 and walker.name not in THOROUGH:
        wanted = {sorted(wanted)[place % len(wanted)]}
    turns = (0, 1) if walker.name in THOROUGH else (0,)
    wanted |= {closed[(place + n) % len(closed)].key for n in turns} if closed else set()
    wanted |= {"handed", "dropped"} if walker.name == "former" else set()
    is_of_pools = page.route.startswith("pools/") or page.name == "customers:owner-cell"
    wanted |= {"pool-a", "pool-b"} if is_of_pools else set()
    return [one for one in found if one.key in wanted and (page.kind == "borrower" or one.records.get(page.kind))]


def _visit_record(walker: Walker, page: Page, one: Territory) -> None:
    for path in page.fill(one):
        is_unsure = page.kind in OTHERWISE or walker.may_see_pool(one, path)
        for method in page.methods:
            if one.key in walker.closed and not is_unsure:
                walker.refused(path, walker.ask(method, path), page.right)
            elif method == "get":
                answer = walker.ask("get", path)
                if walker.name in THOROUGH and answer.status_code == 200 and "html" in answer["Content-Type"]:
                    for link in vary(path, answer.whole):
                        walker.ask("get", link)


def _visit_list(walker: Walker, page: Page) -> None:
    path = f"/{page.route}"
    if "get" not in page.methods:
        return
    first = walker.ask("get", path)
    if first.status_code != 200 or "html" not in first["Content-Type"] or walker.name not in THOROUGH:
        return
    for link in vary(path, first.whole):
        walker.ask("get", link)
    fields = read_page(first.whole).texts
    for one in list(walker.closed.values())[-1:]:
        for field in sorted(fields):
            for probe in (one.surname, one.borrower.phone, one.borrower.number, one.mark[:-1]):
                walker.ask("get", f"{path}?{urlencode({field: probe, 'view': 'all'})}", said=(probe,))


def test_the_admin_is_closed_to_whoever_sees_less_than_the_whole_house(world: World) -> None:
    user = world.staff["everything"].user
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    walker = Walker(world, "everything")
    for path in ("/admin/", "/admin/customers/customer/", "/admin/customers/workitem/", "/admin/core/auditentry/"):
        assert walker.ask("get", path).status_code == 403
    assert not walker.faults, "\n".join(walker.faults)


def test_a_household_that_reaches_into_another_book_is_named_to_nobody_in_full(world: World) -> None:
    one = world.territories["south"]
    walker = Walker(world, "rm-south")
    answer = walker.ask("get", f"/customers/{one.investor.public_id}/relations/")
    assert answer.context["household"] is not None and answer.context["hidden"] == 2
    assert not walker.faults, "\n".join(walker.faults)
