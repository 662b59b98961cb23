"""Listings: opened, filled by bids, or failed with every fen released."""

from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.calendar import WorkCalendar
from core.errors import BusinessError, NotFound
from core.ids import business_number
from core.models import User
from core.outbox import publish
from customers.operations import history
from ledger.models import TransferType
from ledger.operations.posting import TransferDraft, post_transfers_bulk
from ledger.rules.accounts import available_account, frozen_account
from lending.events import ListingEnded, ListingOpened
from lending.models import Application, Bid, Listing, Offer, Product

RISK_GRADES = {"A": 1, "B": 2, "C": 3, "D": 4, "E": 5, "F": 5, "G": 5}


class ListingsPaused(BusinessError):
    """Risk has paused the product's new listings."""

    code = "listings_paused"
    message = _("New listings of this product are paused at present.")
    next_step = _("Your offer stays open; try again later.")


class ListingNotOpen(BusinessError):
    """The listing takes no bids any more."""

    code = "listing_not_open"
    message = _("This listing is no longer open.")
    next_step = _("Choose another listing.")


def open_listing(*, offer: Offer, now: datetime, business_date: date) -> Listing:
    """Open the listing of an accepted offer; called in the acceptance's transaction. Raises ListingsPaused."""
    application = offer.application
    product = Product.objects.get(pk=application.product_id)
    if product.state != Product.State.ACTIVE:
        raise ListingsPaused
    listing = Listing.objects.create(
        number=business_number("LI", business_date),
        application=application,
        borrower_id=application.customer_id,
        product=product,
        title=f"{product.name} {application.get_purpose_display()}",
        amount=offer.amount,
        annual_rate=offer.annual_rate,
        periods=offer.periods,
        method=offer.method,
        grade=application.grade,
        risk_grade=RISK_GRADES.get(application.grade[:1], 5),
        opened_at=now,
        deadline_date=WorkCalendar().add_workdays(business_date, product.raising_workdays),
    )
    audit.record(actor=application.customer.user, action="lending.listing_opened", target=listing, now=now)
    history.add_timeline(
        customer_id=application.customer_id,
        kind="change",
        text_code="lending.listing_opened",
        params={"number": listing.number, "deadline": listing.deadline_date},
        at=now,
        key=f"lending.listing_opened:{listing.pk}",
        amount=listing.amount,
        url=f"/listings/{listing.public_id}/",
    )
    publish(ListingOpened(listing_id=listing.pk, customer_id=application.customer_id), now=now)
    return listing


def lock_for_bids(listing_id: int) -> None:
    """Enter the listing as one of many bidders; released at the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended('lending.listing', %s))", [listing_id])


def lock_against_bids(listing_id: int) -> None:
    """Wait until no bid is being placed and keep bidders out until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('lending.listing', %s))", [listing_id])


@transaction.atomic
def end_listing(
    *, listing_id: int, state: str, reason: str, actor: User | None, now: datetime, business_date: date
) -> Listing:
    """Fail or cancel an open or filled listing and release every bid at once. Raises ListingNotOpen."""
    lock_against_bids(listing_id)
    listing = Listing.objects.select_for_update(no_key=True).get(pk=listing_id)
    if listing.state not in {Listing.State.OPEN, Listing.State.FILLED}:
        raise ListingNotOpen
    bids = list(Bid.objects.select_for_update(no_key=True).filter(listing=listing, state=Bid.State.LIVE).order_by("pk"))
    post_transfers_bulk(
        drafts=[
            TransferDraft(
                type=TransferType.UNFREEZE,
                lines=[
                    (frozen_account(bid.investor_id), -bid.amount),
                    (available_account(bid.investor_id), bid.amount),
                ],
                idempotency_key=f"bid-release:{bid.pk}",
                reference=("lending.bid", bid.pk),
            )
            for bid in bids
        ],
        business_date=business_date,
        now=now,
        actor=actor,
    )
    Bid.objects.filter(pk__in=[bid.pk for bid in bids]).update(state=Bid.State.RELEASED, ended_at=now)
    listing.state = state
    listing.funded = 0
    listing.ended_at = now
    listing.save(update_fields=["state", "funded", "ended_at"])
    Application.objects.filter(pk=listing.application_id).update(ended_at=now)
    audit.record(
        actor=actor, action="lending.listing_ended", target=listing, data={"state": state, "reason": reason}, now=now
    )
    _note_end(listing, bids, now)
    publish(ListingEnded(listing_id=listing.pk, customer_id=listing.borrower_id, state=state, reason=reason), now=now)
    return listing


def _note_end(listing: Listing, bids: list[Bid], now: datetime) -> None:
    code = f"lending.listing_{listing.state.lower()}"
    url = f"/listings/{listing.public_id}/"
    params = {"number": listing.number}
    rows = [history.TimelineRow(listing.borrower_id, "change", code, now, f"{code}:{listing.pk}", params, url=url)]
    rows += [
        history.TimelineRow(
            bid.investor_id, "money", "lending.bid_released", now, f"bid_released:{bid.pk}", params, bid.amount, url
        )
        for bid in bids
    ]
    history.add_timeline_bulk(rows)


@transaction.atomic
def cancel_listing(*, listing_id: int, customer_id: int, now: datetime, business_date: date) -> Listing:
    """Let the borrower take his listing back before it is filled. Raises NotFound, ListingNotOpen."""
    listing = Listing.objects.select_related("borrower__user").filter(pk=listing_id, borrower_id=customer_id).first()
    if listing is None:
        raise NotFound
    if listing.state != Listing.State.OPEN:
        raise ListingNotOpen
    return end_listing(
        listing_id=listing_id,
        state=Listing.State.CANCELLED,
        reason="BORROWER",
        actor=listing.borrower.user,
        now=now,
        business_date=business_date,
    )


def fail_due_listings(*, now: datetime, business_date: date) -> int:
    """Fail every listing whose deadline is this business date or earlier and that is not full; return how many."""
    due = Listing.objects.filter(state=Listing.State.OPEN, deadline_date__lte=business_date).order_by("pk")
    count = 0
    for listing_id in due.values_list("pk", flat=True):
        end_listing(
            listing_id=listing_id,
            state=Listing.State.FAILED,
            reason="DEADLINE",
            actor=None,
            now=now,
            business_date=business_date,
        )
        count += 1
    return count
