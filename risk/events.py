"""What happens in judgement."""

from dataclasses import dataclass

from core.events import event_type


@event_type("risk.bureau_report_received")
@dataclass(frozen=True)
class BureauReportReceived:
    """The bureau answered, refused for good, or was given up: the application can be decided."""

    report_id: int
    application_id: int
    customer_id: int


@event_type("risk.alert_raised")
@dataclass(frozen=True)
class AlertRaised:
    """A limit was passed."""

    alert_id: int


@event_type("risk.alert_closed")
@dataclass(frozen=True)
class AlertClosed:
    """An alert is over."""

    alert_id: int


@event_type("risk.bureau_query_asked")
@dataclass(frozen=True)
class BureauQueryAsked:
    """Somebody asked for another try at the bureau."""

    report_id: int
