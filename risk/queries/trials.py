"""Trials as staff see them, and the stored decisions that a trial judges."""

from collections.abc import Sequence

from django.db.models import QuerySet

from core.errors import NotFound
from core.models import User
from lending.models import Product
from risk.models import DecisionRecord, DecisionTable, RuleState, RuleTrial, Scorecard, TrialChange
from risk.rules.standard import CODE
from staff import rights
from staff.queries import access_right, get_access, scope_condition


def list_products_of(code: str, model: type[Scorecard] | type[DecisionTable]) -> list[int]:
    """Return the products that a rule of a code judges: its own, those of its parameter set, else the standard's."""
    codes = {code, *model.objects.filter(state=RuleState.PUBLISHED).values_list("code", flat=True)}
    found = []
    for pk, product, parameter_set in Product.objects.values_list("pk", "code", "parameter_set"):
        closest = next((one for one in (product, parameter_set, CODE) if one and one in codes), None)
        if closest == code:
            found.append(pk)
    return found


def list_judged(product_ids: Sequence[int]) -> QuerySet[DecisionRecord]:
    """Return the decisions that rules made on applications for these products."""
    return DecisionRecord.objects.filter(
        application__product_id__in=product_ids, score__isnull=False, scorecard__isnull=False, table__isnull=False
    )


def list_trials(user: User) -> QuerySet[RuleTrial]:
    """Return all trials, the newest first. Raises Refused."""
    access_right(user, rights.VIEW_RULES)
    return RuleTrial.objects.select_related("asked_by", "table", "scorecard").order_by("-id")


def access_trial(user: User, public_id: str) -> RuleTrial:
    """Return one trial. Raises Refused, NotFound."""
    trial = list_trials(user).filter(public_id=public_id).first()
    if trial is None:
        raise NotFound
    return trial


def list_changes(user: User, trial: RuleTrial) -> QuerySet[TrialChange]:
    """Return the decisions that would have changed, of applications that the reader may see."""
    access = get_access(user)
    if access is None or not access.has(rights.VIEW_APPLICATIONS):
        return TrialChange.objects.none()
    return (
        TrialChange.objects.filter(trial=trial)
        .filter(scope_condition(access, rights.VIEW_APPLICATIONS, "decision__customer__rm"))
        .select_related("decision__application__product", "decision__customer")
    )


def get_latest_trial(rule: Scorecard | DecisionTable) -> RuleTrial | None:
    """Return the newest finished back-test of a draft as it stands now."""
    field = "table" if isinstance(rule, DecisionTable) else "scorecard"
    return (
        RuleTrial.objects.filter(
            kind=RuleTrial.Kind.PAST,
            state=RuleTrial.State.DONE,
            **{field: rule, f"{field}_hash": rule.content_hash},
        )
        .order_by("-id")
        .first()
    )
