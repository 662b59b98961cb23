"""Rows of judgement."""

from risk.models.alerts import Alert, AlertRule, IndicatorValue
from risk.models.bureau import BureauReport
from risk.models.decisions import DecisionRecord, Review
from risk.models.rules import DecisionTable, RuleState, Scorecard, VersionedRule
from risk.models.scoring import Challenger, ModelTraining, Rescore
from risk.models.steps import DraftStep
from risk.models.trials import DefaultStudy, RuleTrial, TrialChange

__all__ = [
    "Alert",
    "AlertRule",
    "BureauReport",
    "Challenger",
    "DecisionRecord",
    "DecisionTable",
    "DefaultStudy",
    "DraftStep",
    "IndicatorValue",
    "ModelTraining",
    "Rescore",
    "Review",
    "RuleState",
    "RuleTrial",
    "Scorecard",
    "TrialChange",
    "VersionedRule",
]
