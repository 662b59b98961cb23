"""How well each partner behaves at the moment: the control interface sets it, requests use it up."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

SERVICES = ("wechat", "alipay", "bank", "custody", "bureau", "sms", "mail", "ca", "market")


@dataclass
class Behaviour:
    """One partner's manners. The `_next` and counted fields go down by one with each use."""

    delay_ms: int = 0
    fail_next: int = 0
    fail_status: int = 503
    refuse_next: int = 0
    refuse_code: str = "REFUSED_BY_TEST"
    hang_next: int = 0
    hang_seconds: float = 30.0
    lose_answer_next: int = 0
    bad_signature_next: int = 0
    callback_delay_ms: int = 0
    duplicate_callbacks: int = 0
    drop_callbacks: int = 0
    reorder_callbacks: int = 0
    bad_callback_signatures: int = 0
    hold_callbacks: bool = False
    settle_later: bool = False
    send_receipts: bool = False

    def use(self, name: str) -> bool:
        """Use up one of a counted field and tell whether there was one."""
        left = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return bool(left > 0)

    def change(self, values: dict[str, Any]) -> None:
        """Set fields by name. Raises ValueError for an unknown name or a value of another type."""
        known = {item.name: type(item.default) for item in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no behaviour {name}")
            wanted = known[name]
            if wanted is float and isinstance(value, int):
                value = float(value)
            if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
                raise ValueError(f"{name} must be {wanted.__name__}")
        for name, value in values.items():
            setattr(self, name, value)


@dataclass
class Behaviours:
    """The manners of all partners."""

    by_service: dict[str, Behaviour] = field(default_factory=lambda: {name: Behaviour() for name in SERVICES})

    def of(self, service: str) -> Behaviour:
        """Return one partner's manners; KeyError for none of ours."""
        return self.by_service[service]

    def reset(self) -> None:
        """Let everybody behave again."""
        for name in SERVICES:
            self.by_service[name] = Behaviour()

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return all manners for the control interface."""
        return {name: asdict(behaviour) for name, behaviour in self.by_service.items()}
