"""Rows of judgement."""

from risk.models.alerts import Alert, AlertRule, IndicatorValue
from risk.models.bureau import BureauReport
from risk.models.decisions import DecisionRecord, Review
from risk.models.rules import DecisionTable, RuleState, Scorecard, VersionedRule

__all__ = [
    "Alert",
    "AlertRule",
    "BureauReport",
    "DecisionRecord",
    "DecisionTable",
    "IndicatorValue",
    "Review",
    "RuleState",
    "Scorecard",
    "VersionedRule",
]
