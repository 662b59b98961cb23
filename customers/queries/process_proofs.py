"""What proves a step among the rows of this app; higher apps register theirs."""

from core.registries import step_proofs

_REACHED = """
SELECT min(p.at) AS at FROM customers_registrationstep p WHERE p.customer_id = o.customer_id AND p.step = '{step}'
"""
_ASSESSED = """
SELECT min(p.assessed_at) AS at FROM customers_investorassessment p WHERE p.customer_id = o.customer_id
"""


def register() -> None:
    """Register them; contacts are no plain fact, because one proves one step only."""
    for step in ("IDENTITY", "CARD", "FIRST_DEAL"):
        step_proofs.register(step, _REACHED.format(step=step))
    step_proofs.register("QUESTIONNAIRE", _ASSESSED)
