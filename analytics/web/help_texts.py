"""What each page is for, in two or three sentences; the page that reads everything knows them all."""

from django.utils.translation import gettext_lazy as _

from core.registries import page_helps

_HELPS = {
    "analytics:today": _(
        "What to do today, the most urgent first, each with its reason. Finish with d, put off until tomorrow with s, open with o. The figures above are your part of the book; each opens the records behind it."
    ),
    "analytics:dashboard": _(
        "Your part of the book in figures and charts. The filters above apply to all of them; every point opens the records behind it."
    ),
    "customers:list": _(
        "All customers in your reach. Put conditions together until the sentence says whom you want, f adds one; save the result as a view. x picks rows for acts on many, e edits in the row, a count with ≈ is an estimate."
    ),
    "customers:page": _(
        "Everything about one customer: the strip says how he stands, the timeline what happened, the right side what to do next and what is new since you last looked. l records a contact, r sets a reminder."
    ),
    "customers:enter": _(
        "Enter somebody who did not register himself. While you type, the right side says whether a colleague works with him and which of your records are like him. Who works on his own customers only becomes the RM; otherwise the rules choose."
    ),
    "customers:notices": _(
        "What colleagues and the system want you to know: mentions, customers given to you, answers. What repeats stands in one line; d marks it as read."
    ),
    "customers:bulk": _("Something for many customers at once. Look at the number before you go on; it can be taken back for ten minutes."),
    "customers:process": _(
        "Whether the steps of the relationship process are done on time, by step, RM and week. Each count opens the steps behind it; n opens a corrective action, and its page shows the figures before and after."
    ),
    "marketing:offers": _(
        "Offers that pay borrowers back a part of the interest they paid on time. One person drafts, another one approves, and own money covers every budget that runs."
    ),
    "marketing:offer": _(
        "One coupon offer: its terms and budget, what came of it among your customers, and to whom it was handed out. Ending it calls in what nobody uses yet."
    ),
    "lending:loans": _(
        "Running and finished loans of the customers in your reach, with what is due, late and paid. A row opens beside the list."
    ),
    "lending:loan": _(
        "One loan: its state, its schedule with what was paid when, who lent how much. Rest on an instalment to see its split among the lenders."
    ),
    "lending:listings": _("Listings that are open for bids, filled or failed."),
    "lending:listing": _("One listing: what was asked for, who has bid, until when."),
    "risk:applications": _("Applications for loans and how far they are; those referred to a person wait for a decision."),
    "risk:application": _(
        "One application with its score, the rules that fired and what would have to change. One person proposes, another one confirms."
    ),
    "segmentation:list": _("Named choices of customers, by rule or by hand, with how many of yours are in each."),
    "segmentation:segment": _("Who is in a segment, since when and why, where else its members are, and how its rule has changed."),
    "segmentation:recommendations": _("How recommendations of listings do: on later data beside plainer orders, and how many of those shown to your customers were taken."),
    "segmentation:needs": _("What your customers are likely to want next, when and how much, and how right that was on later data."),
    "segmentation:clusters": _("Groups of customers that a learning has found. Accepted, one becomes a segment; how it drifts is looked at each week."),
    "segmentation:cluster": _("What sets one group of customers apart, and how it has drifted since."),
    "segmentation:lookalike-leads": _("Open leads in your scope who have what the segment's members had when they came, the likest first; each opens the lead."),
    "segmentation:lookalikes": _("Customers who are not in the segment but share what sets its members apart; the likest can be kept as a list."),
    "segmentation:new": _("Put conditions together; the count below follows while you write. Groups hold when all, one or none of their parts hold."),
    "segmentation:edit": _("Put conditions together; the count below follows while you write. Groups hold when all, one or none of their parts hold."),
    "segmentation:explain": _("Each condition of a segment with what this customer has."),
    "risk:alerts": _("Where a limit is broken or will be. Take an alert up, note what you do, close it with what came of it."),
    "risk:models": _("The models that score applications, those that run beside them, and how new ones are made."),
    "risk:model": _("How good a model is, what each input gives, whom it treats how, and its way into force."),
    "risk:challenger": _("A model beside the one that decides: what it would have said, and whether it would be better."),
    "risk:alert": _("One alert: why it was raised and what was done about it."),
    "risk:tables": _("Decision tables by version: what is in force, what was, and the draft that is being written."),
    "risk:table": _(
        "A decision table with its test cases. A draft is typed into like a spreadsheet: arrows move, Alt and an arrow move the row, Ctrl-Z takes back. Mistakes stand where they are."
    ),
    "risk:trials": _("Drafts tried on past applications, or beside the rules in force."),
    "risk:trial": _("What a draft would have decided against what was decided: who would change, approvals, expected loss, by segment."),
    "risk:pricing": _("The rate of each grade against what the grade is expected to lose. One person asks for other rates, another one approves."),
    "risk:fairness": _("Approvals and prices by groups that no decision sees."),
    "service:cases": _("Borrowers who are late and what to do with each, within the hours and number of contacts that the law allows."),
    "service:case": _("One collection case: what is owed, every contact, every promise to pay."),
    "messaging:list": _("What was sent to customers by which channel, and whether it arrived."),
    "messaging:message": _("One message, its text and its way to the customer."),
}  # fmt: skip


def register() -> None:
    """Register the sentences."""
    for name, text in _HELPS.items():
        page_helps.register(name, text)
