"""How risky a borrower is as a customer: what was last decided about him, and how late he is now."""

LOW, MIDDLE, HIGH, UNKNOWN = "LOW", "MIDDLE", "HIGH", "UNKNOWN"
_BY_GRADE = {"A": LOW, "B": LOW, "C": MIDDLE, "D": MIDDLE, "E": HIGH}


def judge_tier(*, grade: str, is_declined: bool, worst_dpd: int) -> str:
    """Return the risk tier: being late outweighs any grade; more than 30 days past due is always high."""
    if worst_dpd > 30 or is_declined:
        return HIGH
    tier = _BY_GRADE.get(grade, UNKNOWN)
    if worst_dpd > 0 and tier != HIGH:
        return MIDDLE
    return tier


SEVERITY_BY_BUCKET = {"M1": "LOW", "M2": "MIDDLE", "M3": "HIGH"}


def judge_severity(bucket: str) -> str:
    """Return how bad an overdue loan is: M1 low, M2 middle, M3 high, from M4 on (91 days) critical."""
    return SEVERITY_BY_BUCKET.get(bucket, "CRITICAL")
