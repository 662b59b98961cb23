"""Who looks after whom: colleagues who help, the public pool, and a leaver whose book is handed over."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

from customers.models import Collaborator, Customer, Export, OwnerChange, Pool, Promise
from customers.operations import diary, ownership
from customers.operations.exports import start_export
from customers.operations.ownership.handover import review_export
from ledger.queries import balance_of
from ledger.rules.accounts import available_account
from simulation import people
from simulation.workspace.story import LEAVER, Scene, Story

_SHARE_TAKEN_OUT: Final = Decimal("0.80")


def list_scenes(_story: Story) -> Sequence[Scene]:
    """Return when customers change hands."""
    return [
        Scene(32, 15, 20, _help_each_other),
        Scene(22, 16, 30, _export_before_leaving),
        Scene(21, 11, 30, _promise_before_leaving),
        Scene(20, 17, 15, _hand_over),
        Scene(12, 10, 15, _leave_with_the_leaver),
        Scene(13, 14, 20, _release),
        Scene(5, 14, 45, _claim),
    ]


def _help_each_other(story: Story) -> None:
    lead, now = story.user("wanghao"), story.world.now
    own, other = story.book("lijing"), story.book("chenmei")
    if len(own) < 3 or not other:
        return
    for customer, name, level, title in (
        (own[1], "zhangqiang", Collaborator.Level.WRITE, "装修贷专员"),
        (own[2], "chenmei", Collaborator.Level.READ, "异地网点协助"),
        (other[0], "lijing", Collaborator.Level.WRITE, "债权转让顾问"),
    ):
        actor = lead if name != "lijing" else story.user("chenmei")
        ownership.set_collaborator(
            customer_id=customer.pk,
            member_id=story.staff[name].pk,
            level=level,
            title=title,
            actor=actor,
            now=now,
        )
    ownership.protect_customer(
        customer_id=own[0].pk, is_protected=True, reason="重点客户，由主管确认", actor=lead, now=now
    )


def _export_before_leaving(story: Story) -> None:
    count = len(story.book(LEAVER))
    if count:
        start_export(
            actor=story.user(LEAVER),
            columns=["name", "stage", "value_tier"],
            filters={},
            count=count,
            now=story.world.now,
        )


def _promise_before_leaving(story: Story) -> None:
    book = story.book(LEAVER)
    if book:
        diary.make_promise(
            customer_id=book[0].pk,
            text="月底前寄出利息证明",
            due_at=story.world.now + timedelta(days=12),
            actor=story.user(LEAVER),
            now=story.world.now,
        )


def _hand_over(story: Story) -> None:
    """Give the leaver's book to two colleagues of his team and look at what he took out."""
    book, lead = story.book(LEAVER), story.user("wanghao")
    receivers = [story.staff["lijing"].pk, story.staff["zhangqiang"].pk]
    handover = ownership.start_handover(
        giver_id=story.staff[LEAVER].pk,
        plan={pk: [row.pk for row in book[place::2]] for place, pk in enumerate(receivers)},
        is_leaving=True,
        note="高飞离职，客户按区域分给李静与张强",
        actor=lead,
        now=story.world.now,
        business_date=story.world.today,
    )
    story.staff[LEAVER].refresh_from_db()
    exported = Export.objects.filter(actor=handover.giver.user).first()
    if exported is not None:
        review_export(export_id=exported.pk, actor=lead, now=story.at(17, 40))


def _leave_with_the_leaver(story: Story) -> None:
    """Let investors of his book take most of their money out: the watch over the book raises the alarm."""
    moved = OwnerChange.objects.filter(old=story.staff[LEAVER], reason=OwnerChange.Reason.HANDOVER)
    gone = Customer.objects.filter(pk__in=moved.values("customer_id"), is_investor=True, user__isnull=False)
    for customer in gone.order_by("pk")[:2]:
        amount = (balance_of(available_account(customer.pk)) * _SHARE_TAKEN_OUT).quantize(Decimal(100))
        if amount > 0:
            people.withdraw(story.world, customer, amount.quantize(Decimal("0.01")), key=f"leaves:{customer.pk}")


def _release(story: Story) -> None:
    """Let an RM give back one of those who were given to him and want nothing."""
    pool = Pool.objects.filter(is_active=True).first()
    if pool is None:
        return
    promised = Promise.objects.filter(state=Promise.State.OPEN).values("customer_id")
    idle = Customer.objects.filter(rm=story.staff["zhangqiang"], stage=Customer.Stage.POTENTIAL, is_protected=False)
    for customer in idle.filter(user__isnull=True).exclude(pk__in=promised).order_by("-pk")[:1]:
        ownership.release_to_pool(
            customer_id=customer.pk,
            pool_id=pool.pk,
            reason="三次联系均表示近期没有需求",
            actor=story.user("zhangqiang"),
            now=story.world.now,
        )


def _claim(story: Story) -> None:
    """Let a colleague look at what stands in the pool and take one of it."""
    pooled = Customer.objects.filter(pool__isnull=False, merged_into__isnull=True)
    # Who had somebody before may not claim him back so soon.
    pooled = pooled.exclude(owner_changes__old=story.staff["lijing"]).order_by("pk")
    for number, customer in enumerate(pooled[:3]):
        actor, now = story.user("lijing"), story.world.now
        ownership.view_pooled(customer=customer, actor=actor, now=now)
        if not number:
            ownership.claim_from_pool(customer_id=customer.pk, actor=actor, now=now)
