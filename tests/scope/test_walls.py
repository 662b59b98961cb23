"""Everybody walks through every page, list, search, count, file and chart, and sees nothing beyond his own book.

Addresses come from the URL conf, filters and columns from the pages themselves, expectations from the roles' scopes.
"""

from urllib.parse import urlencode

import pytest

from core.masking import mask_name
from core.rules.conditions import Operator, Type
from customers.models import WorkItem
from customers.queries.filters import list_custom_fields, list_filters
from customers.web.bulk import bulk_acts
from customers.web.columns import SORTS, list_columns
from staff.queries import get_access
from tests.scope.addresses import Page, list_pages, read_page, vary
from tests.scope.people import STAFF, Territory, World
from tests.scope.walking import Walker

PAGES = list_pages()
# What belongs to its maker alone, or to departments: whoever it answers, it may tell nothing of closed territories.
OTHERWISE = {"view", "undo", "import", "quarantine", "case", "handover"}
# These go through every variant of every page; the others, who differ in rights only, once through every page.
THOROUGH = {"rm-north", "former", "helper", "lead-north", "head-a", "everything"}


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
    """Return all that is open to somebody, and of the rest those he knew once, pools where pools are, and two in turn."""
    found = list(walker.world.territories.values())
    closed = list(walker.closed.values())
    wanted = {one.key for one in found if one.key not in walker.closed}
    if len(wanted) > 2:
        wanted = {"north", "south", "handed"} & wanted
    wanted |= {closed[(place + n) % len(closed)].key for n in (0, 1)} if closed else set()
    wanted |= {"handed", "dropped"} if walker.name == "former" else set()
    wanted |= {"pool-a", "pool-b"} if page.route.startswith("pools/") else set()
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


@pytest.mark.parametrize("name", [*sorted(THOROUGH), "marketer", "rm-south"])
def test_no_search_condition_column_or_order_reaches_beyond(world: World, name: str) -> None:
    walker = Walker(world, name)
    access = get_access(walker.member.user)
    assert access is not None
    custom = list_custom_fields()
    fields = [item.field for item in list_filters(access, {"rm", "pool"}, custom).values()]
    conditions = [f"{field.key}:{Operator.FILLED}" for field in fields if Operator.FILLED in field.operators]
    conditions += [f"{field.key}:is:yes" for field in fields if field.type == Type.YES_NO]
    for one in walker.closed.values():
        owner = one.owner.pk if one.owner else 0
        conditions += [f"likes:has:{one.mark[:-1]}", f"custom.hobby:has:{one.mark[:-1]}", f"rm:is:{owner}"]
        if one.borrower.pool_id:
            conditions.append(f"pool:is:{one.borrower.pool_id}")
    columns = ",".join(list_columns(custom))
    asked = [{"where": condition} for condition in conditions] + [{"sort": sort} for sort in SORTS]
    for query in asked:
        said = tuple(query.values())
        walker.ask("get", f"/customers/?{urlencode({**query, 'columns': columns})}", said=said)
    for one in walker.closed.values():
        for probe in (one.surname, one.borrower.number, one.borrower.phone, one.borrower.phone[-4:], one.mark[:-1]):
            walker.ask("get", f"/palette/?{urlencode({'q': probe})}", said=(probe,))
        at = f"/customers/{one.borrower.public_id}/"
        walker.ask("get", f"/palette/?{urlencode({'at': at})}", said=(at, one.borrower.public_id))
    for prefix in ("LN-7", "AP-7", "LI-7"):
        walker.ask("get", f"/palette/?q={prefix}")
    assert not walker.faults, "\n".join(walker.faults)


@pytest.mark.parametrize("name", [*sorted(THOROUGH), "marketer", "interface"])
def test_files_acts_on_many_and_questions_stay_within_the_book(world: World, name: str) -> None:
    walker = Walker(world, name)
    closed = list(walker.closed.values())
    walker.ask("post", "/customers/export/")
    for one in closed:
        query = urlencode({"where": f"likes:has:{one.mark[:-1]}"})
        walker.ask("post", f"/customers/export/?{query}")
        typed = {"name": one.borrower.name, "phone": one.borrower.phone}
        for path in ("/quality/similar/", "/conflicts/"):
            walker.ask("post", path, typed, said=(*typed.values(), mask_name(one.borrower.name)))
    picks = [who.public_id for one in closed for who in (one.borrower, one.investor)]
    tasks = WorkItem.objects.count()
    for key, _act in bulk_acts.items():
        for given in ({"pick": picks}, {"pick": picks, "confirmed": "1", "text": "x", "due_at": "2026-03-09T10:00"}):
            answer = walker.ask("post", "/customers/bulk/", {"act": key, **given}, said=tuple(picks))
            assert answer.status_code == 403 or answer.context["count"] == 0
    assert WorkItem.objects.count() == tasks
    assert not walker.faults, "\n".join(walker.faults)
