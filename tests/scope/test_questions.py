"""Search, conditions, orders, files, acts on many, counts and sums: none reaches beyond one's own book.

Fields and columns come from the lists themselves, expectations from the roles' scopes.
"""

from decimal import Decimal
from urllib.parse import urlencode

import pytest

from core.masking import mask_name
from core.rules.conditions import Operator, Type
from customers.models import WorkItem
from customers.queries.filters import list_custom_fields, list_filters
from customers.web.bulk import bulk_acts
from customers.web.columns import SORTS, list_columns
from staff import rights
from staff.queries import get_access
from tests.scope.people import STAFF, World
from tests.scope.walking import Walker

pytestmark = pytest.mark.slow

# Two colleagues of one rank in the same place, one of whom once knew more, and their leader.
THOROUGH = ("former", "lead-north", "rm-north")


@pytest.mark.parametrize("name", [*THOROUGH, "helper", "head-a"])
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


@pytest.mark.parametrize("name", [*THOROUGH, "helper", "head-a", "everything"])
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


# Lists and the kinds of record they count: list -> rows of each territory.
COUNTED = {
    "/customers/": 2,
    "/loans/": 1,
    "/listings/": 1,
    "/applications/": 2,
    "/collections/": 1,
    "/messages/": 1,
    "/opportunities/?view=list": 2,
    "/leads/?view=all": 1,
    "/risk/alerts/": 1,
    "/risk/warnings/": 1,
}
NEEDED = {
    "/customers/": rights.VIEW_CUSTOMERS,
    "/loans/": rights.VIEW_LOANS,
    "/listings/": rights.VIEW_LOANS,
    "/applications/": rights.VIEW_APPLICATIONS,
    "/collections/": rights.COLLECT,
    "/messages/": rights.VIEW_MESSAGES,
    "/opportunities/?view=list": rights.VIEW_CUSTOMERS,
    "/leads/?view=all": rights.WORK_LEADS,
    "/risk/alerts/": rights.VIEW_ALERTS,
    "/risk/warnings/": rights.VIEW_LOANS,
}


@pytest.mark.parametrize("name", STAFF)
def test_counts_and_sums_are_those_of_ones_own_book(world: World, name: str) -> None:
    walker = Walker(world, name)
    mine = [one for one in world.territories.values() if one.key not in walker.closed]
    # His own, not what he may only read beside the RM.
    own = [one for one in mine if walker.member not in one.readers]
    for path, rows in COUNTED.items():
        right = NEEDED[path]
        if not world.holds(name, right):
            continue
        # What he may only read beside the RM he sees in lists, and writes or works on nowhere.
        is_own = right in rights.WRITING | {rights.WORK_LEADS}
        found = {one.key for one in (own if is_own else mine)}
        context = walker.ask("get", path).context
        shown = context["page"].total if "page" in context else len(context["rows"])
        assert shown == rows * len(found), (name, path)
    if world.holds(name, rights.VIEW_ANALYTICS):
        answer = walker.ask("get", "/analytics/")
        tiles = {str(tile["label"]): tile["value"] for tile in answer.context["tiles"]}
        assert tiles["Loan balance"] == sum((Decimal(one.amount(10)) * 3 for one in own), Decimal(0))
        assert tiles["Active borrowers"] == len(own)
    assert not walker.faults, "\n".join(walker.faults)
