"""The rights there are, by app, and the roles a new installation starts with."""

from typing import Final

VIEW_CUSTOMERS: Final = "customers.view"
UNMASK: Final = "customers.unmask"
EDIT_CUSTOMERS: Final = "customers.edit"
VIEW_APPLICATIONS: Final = "lending.view_applications"
REVIEW_APPLICATION: Final = "lending.review_application"
CONFIRM_REVIEW: Final = "lending.confirm_review"
VIEW_LOANS: Final = "lending.view_loans"
VIEW_ALERTS: Final = "risk.view_alerts"
HANDLE_ALERTS: Final = "risk.handle_alerts"
VIEW_MESSAGES: Final = "messaging.view"
COLLECT: Final = "service.collect"
VIEW_ANALYTICS: Final = "analytics.view"
CONFIGURE: Final = "operations.configure"
APPROVE_CONFIGURATION: Final = "operations.approve"
AUDIT: Final = "operations.audit"
# A collaborator needs the level "may read and write" for these.
WRITING: Final = frozenset({EDIT_CUSTOMERS, COLLECT})
# With one of these a member of staff has pages in the admin.
OPERATIONS: Final = (CONFIGURE, APPROVE_CONFIGURATION, AUDIT)

ALL: Final = frozenset(
    {
        VIEW_CUSTOMERS,
        UNMASK,
        EDIT_CUSTOMERS,
        VIEW_APPLICATIONS,
        REVIEW_APPLICATION,
        CONFIRM_REVIEW,
        VIEW_LOANS,
        VIEW_ALERTS,
        HANDLE_ALERTS,
        VIEW_MESSAGES,
        COLLECT,
        VIEW_ANALYTICS,
        CONFIGURE,
        APPROVE_CONFIGURATION,
        AUDIT,
    }
)
_RM = [VIEW_CUSTOMERS, UNMASK, EDIT_CUSTOMERS, VIEW_APPLICATIONS, VIEW_LOANS, VIEW_MESSAGES, COLLECT, VIEW_ANALYTICS]

STANDARD_ROLES: Final = {
    "rm": ("客户经理", "OWN", _RM),
    "team-lead": ("团队主管", "TEAM", [*_RM, VIEW_ALERTS]),
    "service-agent": ("客服专员", "ALL", [VIEW_CUSTOMERS, VIEW_LOANS, VIEW_MESSAGES]),
    "risk-officer": (
        "风控专员",
        "ALL",
        [
            VIEW_CUSTOMERS,
            UNMASK,
            VIEW_APPLICATIONS,
            REVIEW_APPLICATION,
            VIEW_LOANS,
            VIEW_ALERTS,
            HANDLE_ALERTS,
            VIEW_ANALYTICS,
        ],
    ),
    "risk-manager": (
        "风控主管",
        "ALL",
        [
            VIEW_CUSTOMERS,
            UNMASK,
            VIEW_APPLICATIONS,
            REVIEW_APPLICATION,
            CONFIRM_REVIEW,
            VIEW_LOANS,
            VIEW_ALERTS,
            HANDLE_ALERTS,
            VIEW_ANALYTICS,
            APPROVE_CONFIGURATION,
        ],
    ),
    "manager": (
        "管理层",
        "ALL",
        [
            VIEW_CUSTOMERS,
            VIEW_APPLICATIONS,
            VIEW_LOANS,
            VIEW_ALERTS,
            VIEW_MESSAGES,
            VIEW_ANALYTICS,
            APPROVE_CONFIGURATION,
        ],
    ),
    "operations": ("运营专员", "ALL", [VIEW_CUSTOMERS, VIEW_LOANS, VIEW_MESSAGES, VIEW_ANALYTICS, CONFIGURE]),
    "auditor": ("审计专员", "ALL", [VIEW_CUSTOMERS, VIEW_LOANS, VIEW_ANALYTICS, AUDIT]),
}
