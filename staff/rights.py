"""The rights there are, by app, and the roles a new installation starts with."""

from typing import Final

VIEW_CUSTOMERS: Final = "customers.view"
UNMASK: Final = "customers.unmask"
EDIT_CUSTOMERS: Final = "customers.edit"
# Change owners within the reach of the right, hand over books, protect customers, move them between pools.
ASSIGN_CUSTOMERS: Final = "customers.assign"
# Give an RM more customers than his capacity.
EXCEED_CAPACITY: Final = "customers.exceed_capacity"
# Look into the public pools, claim from them and release into them.
CLAIM_CUSTOMERS: Final = "customers.claim"
# Judge possible duplicates, merge records and take merges apart.
MERGE_CUSTOMERS: Final = "customers.merge"
# Bring customers in by file; mend or drop what stands in quarantine.
IMPORT_CUSTOMERS: Final = "customers.import"
# Take masked lists out of the house.
EXPORT_CUSTOMERS: Final = "customers.export"
# Bring customers in by the interface: all that a partner's token may do.
TAKE_IN_CUSTOMERS: Final = "customers.take_in"
# Save views of a list for one's team or, with the reach of a department, for everybody.
SHARE_VIEWS: Final = "customers.share_views"
# Take in leads, answer them, win them as customers or give them up.
WORK_LEADS: Final = "leads.work"
# See whether the steps of the relationship process are done on time, and have put right what goes wrong.
STEER_PROCESS: Final = "customers.process"
# Open and answer cases between departments.
WORK_CASES: Final = "service.work_cases"
VIEW_APPLICATIONS: Final = "lending.view_applications"
REVIEW_APPLICATION: Final = "lending.review_application"
CONFIRM_REVIEW: Final = "lending.confirm_review"
VIEW_LOANS: Final = "lending.view_loans"
VIEW_ALERTS: Final = "risk.view_alerts"
HANDLE_ALERTS: Final = "risk.handle_alerts"
# Look at scorecards, decision tables, their trials and prices; write drafts of them and submit them.
VIEW_RULES: Final = "risk.view_rules"
EDIT_RULES: Final = "risk.edit_rules"
# Watch the whole house's risk: indicators, market, stress tests, register, incidents.
MONITOR_RISK: Final = "risk.monitor"
# Run stress tests, keep the register, write up incidents and legal reviews.
MANAGE_RISK: Final = "risk.manage"
# Work on money-laundering cases: nobody else may see that there are any.
WORK_AML: Final = "risk.work_aml"
# Decide what another person proposed on such a case.
DECIDE_AML: Final = "risk.decide_aml"
VIEW_MESSAGES: Final = "messaging.view"
COLLECT: Final = "service.collect"
# Look at segments and at one's own customers in them; make and change segments for everybody.
VIEW_SEGMENTS: Final = "segmentation.view"
EDIT_SEGMENTS: Final = "segmentation.edit"
# Look at coupon offers, and at the coupons of customers in one's reach.
VIEW_COUPONS: Final = "marketing.view_coupons"
# Draft offers, submit them, pause and end them, hand coupons out to a segment.
EDIT_COUPONS: Final = "marketing.edit_coupons"
# Give a customer of one's own a coupon.
GIVE_COUPONS: Final = "marketing.give_coupons"
VIEW_ANALYTICS: Final = "analytics.view"
CONFIGURE: Final = "operations.configure"
APPROVE_CONFIGURATION: Final = "operations.approve"
AUDIT: Final = "operations.audit"
# A collaborator needs the level "may read and write" for these.
WRITING: Final = frozenset({EDIT_CUSTOMERS, COLLECT, GIVE_COUPONS})
# With one of these a member of staff has pages in the admin.
OPERATIONS: Final = (CONFIGURE, APPROVE_CONFIGURATION, AUDIT)

ALL: Final = frozenset(
    {
        VIEW_CUSTOMERS,
        UNMASK,
        EDIT_CUSTOMERS,
        ASSIGN_CUSTOMERS,
        EXCEED_CAPACITY,
        CLAIM_CUSTOMERS,
        SHARE_VIEWS,
        MERGE_CUSTOMERS,
        IMPORT_CUSTOMERS,
        EXPORT_CUSTOMERS,
        TAKE_IN_CUSTOMERS,
        WORK_LEADS,
        STEER_PROCESS,
        WORK_CASES,
        VIEW_APPLICATIONS,
        REVIEW_APPLICATION,
        CONFIRM_REVIEW,
        VIEW_LOANS,
        VIEW_ALERTS,
        HANDLE_ALERTS,
        MONITOR_RISK,
        MANAGE_RISK,
        WORK_AML,
        DECIDE_AML,
        VIEW_RULES,
        EDIT_RULES,
        VIEW_MESSAGES,
        COLLECT,
        VIEW_SEGMENTS,
        EDIT_SEGMENTS,
        VIEW_COUPONS,
        EDIT_COUPONS,
        GIVE_COUPONS,
        VIEW_ANALYTICS,
        CONFIGURE,
        APPROVE_CONFIGURATION,
        AUDIT,
    }
)
_RM = [
    VIEW_CUSTOMERS,
    UNMASK,
    EDIT_CUSTOMERS,
    CLAIM_CUSTOMERS,
    EXPORT_CUSTOMERS,
    WORK_LEADS,
    WORK_CASES,
    VIEW_APPLICATIONS,
    VIEW_LOANS,
    VIEW_MESSAGES,
    COLLECT,
    VIEW_SEGMENTS,
    VIEW_COUPONS,
    GIVE_COUPONS,
    VIEW_ANALYTICS,
]

STANDARD_ROLES: Final = {
    "rm": ("客户经理", "OWN", _RM),
    "team-lead": (
        "团队主管",
        "TEAM",
        [*_RM, EDIT_SEGMENTS, SHARE_VIEWS, ASSIGN_CUSTOMERS, MERGE_CUSTOMERS, VIEW_ALERTS, STEER_PROCESS],
    ),
    "service-agent": ("客服专员", "ALL", [VIEW_CUSTOMERS, WORK_CASES, VIEW_LOANS, VIEW_MESSAGES]),
    "data-officer": (
        "数据专员",
        "ALL",
        [
            VIEW_CUSTOMERS,
            EDIT_CUSTOMERS,
            MERGE_CUSTOMERS,
            IMPORT_CUSTOMERS,
            EXPORT_CUSTOMERS,
            TAKE_IN_CUSTOMERS,
            WORK_LEADS,
            WORK_CASES,
            VIEW_SEGMENTS,
            EDIT_SEGMENTS,
            VIEW_ANALYTICS,
        ],
    ),
    "intake-interface": ("数据接口", "OWN", [TAKE_IN_CUSTOMERS]),
    "risk-officer": (
        "风控专员",
        "ALL",
        [
            VIEW_CUSTOMERS,
            UNMASK,
            WORK_CASES,
            VIEW_APPLICATIONS,
            REVIEW_APPLICATION,
            VIEW_LOANS,
            VIEW_ALERTS,
            HANDLE_ALERTS,
            MONITOR_RISK,
            MANAGE_RISK,
            WORK_AML,
            VIEW_RULES,
            EDIT_RULES,
            VIEW_SEGMENTS,
            VIEW_ANALYTICS,
        ],
    ),
    "risk-manager": (
        "风控主管",
        "ALL",
        [
            VIEW_CUSTOMERS,
            UNMASK,
            WORK_CASES,
            VIEW_APPLICATIONS,
            REVIEW_APPLICATION,
            CONFIRM_REVIEW,
            VIEW_LOANS,
            VIEW_ALERTS,
            HANDLE_ALERTS,
            MONITOR_RISK,
            MANAGE_RISK,
            WORK_AML,
            DECIDE_AML,
            VIEW_RULES,
            EDIT_RULES,
            VIEW_SEGMENTS,
            VIEW_ANALYTICS,
            APPROVE_CONFIGURATION,
        ],
    ),
    "manager": (
        "管理层",
        "ALL",
        [
            VIEW_CUSTOMERS,
            EXPORT_CUSTOMERS,
            ASSIGN_CUSTOMERS,
            EXCEED_CAPACITY,
            SHARE_VIEWS,
            WORK_LEADS,
            STEER_PROCESS,
            WORK_CASES,
            VIEW_APPLICATIONS,
            VIEW_LOANS,
            VIEW_ALERTS,
            MONITOR_RISK,
            VIEW_RULES,
            VIEW_MESSAGES,
            VIEW_SEGMENTS,
            EDIT_SEGMENTS,
            VIEW_COUPONS,
            VIEW_ANALYTICS,
            APPROVE_CONFIGURATION,
        ],
    ),
    "operations": (
        "运营专员",
        "ALL",
        [
            VIEW_CUSTOMERS,
            STEER_PROCESS,
            VIEW_LOANS,
            VIEW_RULES,
            EDIT_RULES,
            VIEW_MESSAGES,
            VIEW_SEGMENTS,
            EDIT_SEGMENTS,
            VIEW_COUPONS,
            EDIT_COUPONS,
            VIEW_ANALYTICS,
            CONFIGURE,
        ],
    ),
    "auditor": ("审计专员", "ALL", [VIEW_CUSTOMERS, VIEW_LOANS, VIEW_RULES, VIEW_SEGMENTS, VIEW_ANALYTICS, AUDIT]),
}
