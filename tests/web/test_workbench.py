"""Each kind of department begins its day with its own figures."""

import pytest

from core.models import User
from customers.models import Customer, Pool
from staff.operations import create_department
from tests.web.conftest import Book, as_user, make_person


def person(role: str, kind: str, name: str) -> User:
    return make_person(role, f"bench-{role}", create_department(name=name, kind=kind), None)


@pytest.mark.parametrize(
    ("role", "kind", "shown", "hidden"),
    [
        ("data-officer", "DATA", ["Possible duplicates", "Rows in quarantine", "Incomplete records"], ["Open alerts"]),
        ("service-agent", "SERVICE", ["Messages that failed", "Cases with us"], ["Possible duplicates"]),
        ("risk-manager", "RISK", ["Open alerts", "Applications to review", "Late cases"], ["In the public pool"]),
        ("rm", "RELATIONSHIP", ["Cases with us"], ["Rows in quarantine", "Open alerts"]),
        ("auditor", "MANAGEMENT", [], ["Cases with us", "Open alerts"]),
    ],
)
def test_a_department_sees_its_own_bench(book: Book, role: str, kind: str, shown: list[str], hidden: list[str]) -> None:
    client = as_user(person(role, kind, "试验部"))
    html = client.get("/").content.decode()
    tiles = html.split('id="work"')[0]
    assert [text for text in shown if text not in tiles] == []
    assert [text for text in hidden if text in tiles] == []


def test_the_pool_counts_on_the_rms_bench(book: Book) -> None:
    pool = Pool.objects.create(name="公海", department=book.rm.staff_member.department)
    Customer.objects.filter(pk=book.investor.pk).update(rm=None, pool=pool, pooled_at=book.investor.registered_at)
    assert "In the public pool" in as_user(book.rm).get("/").content.decode()
