"""What each page that watches risk is for."""

from django.utils.translation import gettext_lazy as _

from core.registries import page_helps

_HELPS = {
    "risk:warnings": _(
        "Borrowers whom patterns fit that come before trouble, those with most points first. Below stands how often each rule was right."
    ),
    "risk:reassessments": _(
        "Borrowers are assessed again at intervals by their grade, by the rules in force and what is known today. Overdue is who could not be judged."
    ),
    "risk:indicators": _(
        "The figures that the close reckons each night. A row opens the course with its limits, its parts, its alerts and the records behind it."
    ),
    "risk:market": _(
        "Published rates and policies. A row shows which loans, customers and prices it concerns; a policy waits until somebody has said what it means."
    ),
    "risk:stress": _(
        "What the book of today would lose if more borrowers failed or rates moved. Each answer is kept with its assumptions."
    ),
    "risk:register": _(
        "The risks of the house by likelihood and impact. Whoever owns one gets it on his list when it is to be looked at again."
    ),
    "risk:incidents": _("What broke, and drills of it, measured against what is allowed."),
    "risk:reviews": _("Questions to the lawyers. What is under review or was objected to cannot go live."),
    "risk:suspicion": _(
        "Cases that may have to be reported. One person proposes, another decides; nobody else may learn of them."
    ),
}


def register_helps() -> None:
    """Register them."""
    for name, text in _HELPS.items():
        page_helps.register(name, text)
