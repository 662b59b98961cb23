"""After a merge and its undo stage, value and roles of both records say what their own deals say."""

from decimal import Decimal

from core.models import User
from core.outbox import drain
from customers.models import Customer, CustomerRole
from customers.operations import merging
from segmentation.operations.segments import add_members
from segmentation.operations.touched import follow_customers
from tests.fixtures.borrowers import make_staff
from tests.segmentation.labelling import label
from tests.segmentation.test_segments import make, members
from tests.web.conftest import NOW, TODAY, Book, _kept_book, book, make_customer, make_loan

__all__ = ["_kept_book", "book"]

Roles = dict[str, tuple[str, str, Decimal]]


def see(customer: Customer) -> tuple[str, str, Roles]:
    found = Customer.objects.get(pk=customer.pk)
    roles = CustomerRole.objects.filter(customer=customer).values_list("role", "stage", "value_tier", "value")
    return found.stage, found.value_tier, {role: (stage, tier, value) for role, stage, tier, value in roles}


def test_labels_and_roles_are_judged_anew_after_a_merge_and_its_undo(book: Book) -> None:
    officer: User = make_staff("data-officer")
    kept = make_customer(60, "李雷", book.rm, is_borrower=True)
    merged = make_customer(61, "李雷", book.rm, is_investor=True)
    Customer.objects.filter(pk=merged.pk).update(status="REGISTERED", identity_number="", identity_index="")
    for number in range(3):
        make_loan(60 + number, kept, book.investor)
    # What an older rule or another record has left behind is what a merge brings along.
    stale = {"stage": "MATURE", "value_tier": "HIGH", "value": Decimal(900_000), "since_date": TODAY}
    CustomerRole.objects.create(customer=merged, role="INVESTOR", **stale)
    Customer.objects.filter(pk=merged.pk).update(stage="MATURE", value_tier="HIGH")
    merge = merging.merge_customers(kept_id=kept.pk, merged_id=merged.pk, choices={}, actor=officer, now=NOW)
    drain()
    stage, tier, roles = see(kept)
    assert (stage, tier) == ("NEW", "LOW")
    assert roles["INVESTOR"] == ("POTENTIAL", "UNKNOWN", Decimal(0))
    assert roles["BORROWER"][0] == "NEW" and roles["BORROWER"][2] > 0
    assert Customer.objects.get(pk=kept.pk).labels["stage"]["reason"]["deals"] == 3
    merging.undo_merge(merge_id=merge.pk, actor=officer, now=NOW)
    drain()
    assert see(kept)[:2] == ("NEW", "LOW") and see(kept)[2].keys() == {"BORROWER"}
    assert see(merged) == ("POTENTIAL", "UNKNOWN", {"INVESTOR": ("POTENTIAL", "UNKNOWN", Decimal(0))})


def test_a_list_counts_a_merged_person_once_until_the_undo(book: Book) -> None:
    officer: User = make_staff("data-officer")
    kept, merged = (make_customer(number, "李雷", book.rm, is_borrower=True) for number in (62, 63))
    Customer.objects.filter(pk=merged.pk).update(status="REGISTERED", identity_number="", identity_index="")
    both, one = (make(book, name, None, "STATIC") for name in ("两个都在", "只有一个"))
    for segment, ids in ((both, [kept.pk, merged.pk]), (one, [merged.pk])):
        add_members(segment_id=segment.pk, customer_ids=ids, actor=book.manager, now=NOW)
    merge = merging.merge_customers(kept_id=kept.pk, merged_id=merged.pk, choices={}, actor=officer, now=NOW)
    drain()
    assert members(both) == members(one) == {kept.pk}
    merging.undo_merge(merge_id=merge.pk, actor=officer, now=NOW)
    drain()
    assert (members(both), members(one)) == ({kept.pk, merged.pk}, {merged.pk})
    for segment in (both, one):
        segment.refresh_from_db()
        assert segment.member_count == len(members(segment))


def test_judging_some_says_the_same_as_judging_all(book: Book) -> None:
    label()
    before = see(book.borrower), see(book.investor)
    Customer.objects.filter(pk=book.borrower.pk).update(stage="LOST", value_tier="HIGH")
    ids = [book.borrower.pk, book.investor.pk]
    follow_customers(customer_ids=ids, business_date=TODAY, now=NOW)
    assert (see(book.borrower), see(book.investor)) == before
