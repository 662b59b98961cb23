"""Rows of judgement."""

from risk.models.alerts import Alert, AlertRule, IndicatorValue
from risk.models.bureau import BureauReport
from risk.models.decisions import DecisionRecord, Review
from risk.models.laundering import ListedPerson, ListMatch, SuspicionCase
from risk.models.market import MarketRate, PolicyNotice, StressRun
from risk.models.reassessment import AssessmentPlan, Reassessment
from risk.models.register import Incident, LegalReview, RiskEntry, RiskReview
from risk.models.requests import HumanReviewRequest
from risk.models.rules import DecisionTable, RuleState, Scorecard, VersionedRule
from risk.models.scoring import Challenger, ModelTraining, Rescore
from risk.models.steps import DraftStep
from risk.models.trials import DefaultStudy, RuleTrial, TrialChange
from risk.models.warnings import WarningRule, WarningSignal

__all__ = [
    "Alert",
    "AlertRule",
    "AssessmentPlan",
    "BureauReport",
    "Challenger",
    "DecisionRecord",
    "DecisionTable",
    "DefaultStudy",
    "DraftStep",
    "HumanReviewRequest",
    "Incident",
    "IndicatorValue",
    "LegalReview",
    "ListMatch",
    "ListedPerson",
    "MarketRate",
    "ModelTraining",
    "PolicyNotice",
    "Reassessment",
    "Rescore",
    "Review",
    "RiskEntry",
    "RiskReview",
    "RuleState",
    "RuleTrial",
    "Scorecard",
    "StressRun",
    "SuspicionCase",
    "TrialChange",
    "VersionedRule",
    "WarningRule",
    "WarningSignal",
]
