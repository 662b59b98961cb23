"""The whole book: eight territories with every kind of record, and who once worked on two of them but no longer does."""

from core.models import User
from customers.models import Customer, DuplicatePair, Lead, Relation
from customers.operations.ownership import change_owner, remove_collaborator, set_collaborator
from lending.models import Application, Bid, LenderShare, Loan
from marketing.models import Coupon, CouponOffer
from risk.models import DecisionTable
from risk.operations import tables, trials
from segmentation.operations.attributes import refresh_attributes
from segmentation.operations.evaluation import evaluate_segments
from segmentation.operations.segments import create_segment
from tests.scope.people import NOW, PASSWORD, TODAY, World, build_house
from tests.scope.records import furnish, open_cases


def build_world() -> World:
    """Write everything, then let one colleague lose what he worked on: by the operations, as in real life."""
    world = build_house()
    staff, manager = world.staff, world.staff["manager"].user
    dropped = world.territories["dropped"]
    for who in (dropped.borrower, dropped.investor):
        set_collaborator(
            customer_id=who.pk, member_id=staff["former"].pk, level="WRITE", title="x", actor=manager, now=NOW
        )
    dropped.readers = []
    for key, one in world.territories.items():
        author = staff["former"] if key in {"handed", "dropped"} else one.owner or staff["manager"]
        furnish(world, one, author)
    handed = world.territories["handed"]
    change_owner(
        customer_ids=[handed.borrower.pk, handed.investor.pk], new_member_id=staff["rm-south"].pk, pool_id=None,
        reason="ASSIGNED", note="n", actor=manager, now=NOW,
    )  # fmt: skip
    handed.owner = staff["rm-south"]
    for who in (dropped.borrower, dropped.investor):
        remove_collaborator(customer_id=who.pk, member_id=staff["former"].pk, actor=manager, now=NOW)
    open_cases(world)
    cross_borders(world)
    for one in world.territories.values():
        one.borrower.refresh_from_db()
        one.investor.refresh_from_db()
    for key in ("north", "south"):
        for role in ("borrower", "investor"):
            world.customers[f"{role}-{key}"] = _register(getattr(world.territories[key], role), f"{role}-{key}")
    _choose_everybody(world)
    _offer_coupons(world)
    _try_a_draft(world)
    return world


def _try_a_draft(world: World) -> None:
    """A draft of a table beside the one in force: of the whole house, whoever may look at rules."""
    officer = world.staff["risk"].user
    draft = tables.start_draft(source_id=DecisionTable.objects.get().pk, actor=officer, now=NOW)
    trial = trials.start_trial(
        rule=draft, kind="SHADOW", from_date=TODAY, to_date=None, actor=officer, now=NOW, business_date=TODAY
    )
    for one in world.territories.values():
        one.records |= {"trial": trial.public_id}


def _choose_everybody(world: World) -> None:
    """One segment that reaches into every book; who looks at it sees his own."""
    refresh_attributes(customer_ids=None, business_date=TODAY, now=NOW)
    rule = {"all": [{"fact": "kind", "is": "in", "values": ["PERSON"]}]}
    segment = create_segment(
        name="everybody", description="", kind="DYNAMIC", rule=rule, actor=world.staff["manager"].user, now=NOW
    )
    evaluate_segments(segment_ids=[segment.pk], business_date=TODAY, now=NOW)
    for one in world.territories.values():
        one.records |= {"segment": segment.public_id, "owner_customer": one.borrower.public_id}


def _offer_coupons(world: World) -> None:
    """One offer of the house, of which every book's borrower has a coupon in use for his own application."""
    staff = world.staff
    offer = CouponOffer.objects.create(
        name="offer", discount_rate="0.03", most_per_coupon="500.00", budget="9000.00", reserved=8 * 100, valid_from=TODAY,
        valid_until=TODAY, state="APPROVED", made_at=NOW, made_by=staff["risk"].user, approved_at=NOW,
        approved_by=staff["manager"].user,
    )  # fmt: skip
    for one in world.territories.values():
        application = Application.objects.filter(customer=one.borrower).first()
        Coupon.objects.create(
            offer=offer, customer=one.borrower, state="RESERVED", issued_at=NOW, expires_date=TODAY, redeemed_at=NOW,
            reserved="100.00", application=application,
        )  # fmt: skip
        one.records |= {"coupon_offer": offer.public_id}


def cross_borders(world: World) -> None:
    """What belongs to two books at once: a lender, a friend, a household, a possible duplicate, an introducer."""
    here, there = (world.territories[key] for key in ("north", "south"))
    plan = {"principal": "100000.00"}
    for home, away in ((here, there), (there, here)):
        LenderShare.objects.create(loan_id=home.records["_loan"], investor=away.investor, **plan)
        listing = Loan.objects.get(pk=home.records["_loan"]).listing
        Bid.objects.create(
            listing=listing, investor=away.investor, amount=plan["principal"], state="WON", placed_at=NOW,
            risk_notice_version="1", idempotency_key=f"across-{home.key}",
        )  # fmt: skip
        Lead.objects.filter(public_id=home.records["lead"]).update(introducer=away.investor, customer=away.borrower)
    # Each book's household has lost somebody to the other one.
    household = Customer.objects.values_list("household", flat=True).get(pk=here.borrower.pk)
    Customer.objects.filter(pk=there.investor.pk).update(household_id=household)
    Relation.objects.create(
        customer=here.borrower, other=there.borrower, kind="FRIEND", note="note", source="RM", created_at=NOW
    )
    DuplicatePair.objects.create(first=here.borrower, second=there.borrower, score=80, reasons=["name"], found_at=NOW)


def _register(customer: Customer, username: str) -> User:
    user = User.objects.create(username=username, kind=User.Kind.CUSTOMER)
    user.set_password(PASSWORD)
    user.save()
    Customer.objects.filter(pk=customer.pk).update(user=user)
    return user
