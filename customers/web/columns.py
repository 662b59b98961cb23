"""The columns of the customer list: what each shows, reads, sorts by and lets edit in place.

Cells are put together in Python: fifty rows of a dozen cells through the template language would take longer than
everything else of the page.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any

from django.db.models import Value
from django.db.models.functions import Coalesce, NullIf
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.errors import Text
from core.registries import attributes
from core.rules.formats import money_text
from core.templatetags.ui_parts.base import part
from core.templatetags.ui_parts.pieces import amount, badge
from core.templatetags.ui_parts.text import age, day
from customers import fields as facts
from customers.models import Customer, CustomField
from customers.models.customer import NEVER

DASH = mark_safe("–")
# An instant's age is read from the clock alone.
_NO_CONTEXT = Context()
Cell = Callable[[Customer, dict[str, Any]], Any]


def _plain(cell: Cell) -> Callable[[str], Cell]:
    """Return a column's cell that reads the same in every language."""
    return lambda _language: cell


@dataclass(frozen=True)
class Column:
    """A column: `only` names the model's fields it reads, `figure` a fact of another app, `fact` what may be edited.

    `cell` writes what stands in a row, in a language that is asked for once a page.
    """

    key: str
    label: Text
    cell: Callable[[str], Cell]
    kind: str = ""
    sort: str = ""
    drop: int = 0
    only: tuple[str, ...] = ()
    figure: str = ""
    define: Text = ""
    fact: str = ""

    @property
    def classes(self) -> str:
        """The classes of its cells."""
        return " ".join(filter(None, [self.kind, f"drop-{self.drop}" if self.drop else ""]))


SORTS = {
    "name": "name_key",
    "registered": "registered_at",
    "stage": "stage",
    "risk": "risk_tier",
    "value": "value_tier",
    "contact": "contact_key",
    "completeness": "completeness",
}
DERIVED = {"contact_key": Coalesce("latest_contact_at", Value(NEVER))}
# The RM's name beside the customer: two objects a row would be made for it otherwise.
RM_NAME = "rm_name"
NAME_OF_RM = Coalesce(NullIf("rm__user__display_name", Value("")), "rm__user__username")
# The column whose cell changes the owner, by a right of its own.
OWNER = "rm"
DEFAULT = (
    "role",
    "stage",
    "value_tier",
    "risk_tier",
    "outstanding",
    "overdue",
    "invested",
    "rm",
    "contact",
    "registered",
)
_ALWAYS = ("public_id", "number", "name", "version")


def list_columns(custom: Iterable[CustomField]) -> dict[str, Column]:
    """Return all columns there are, by key, in their order."""
    found = {column.key: column for column in _COLUMNS}
    for key, attribute in attributes.items():
        if key not in found and attribute.is_listed and attribute.type in _FIGURES:
            kind, cell = _FIGURES[attribute.type]
            found[key] = Column(key, attribute.label, _plain(_figure(key, cell)), kind, drop=3, figure=key)
    for row in custom:
        spec = facts.describe_custom(row)
        found[spec.name] = Column(spec.name, spec.label, _plain(_fact(spec)), drop=2, only=("custom",), fact=spec.name)
    return found


def choose(keys: Sequence[str], known: dict[str, Column]) -> list[Column]:
    """Return the wanted columns that exist, each once, in the wanted order."""
    return [known[key] for key in dict.fromkeys(keys) if key in known]


def needs(columns: Iterable[Column]) -> tuple[list[str], list[str]]:
    """Return the model's fields and the figures that columns read."""
    only = list(dict.fromkeys([*_ALWAYS, *(name for column in columns for name in column.only)]))
    return only, [column.figure for column in columns if column.figure]


def _role(_language: str) -> Cell:
    borrower, investor = gettext("Borrower"), gettext("Investor")
    words = {
        (True, True): mark_safe(f"{escape(borrower)} · {escape(investor)}"),  # noqa: S308
        (True, False): mark_safe(escape(borrower)),  # noqa: S308
        (False, True): mark_safe(escape(investor)),  # noqa: S308
        (False, False): DASH,
    }
    return lambda customer, _figures: words[customer.is_borrower, customer.is_investor]


def _risk(language: str) -> Cell:
    tones = {"HIGH": "late", "LOW": "good"}
    shown = {
        tier: badge(label, tones[tier]) if tier in tones else label
        for tier, label in _choices("risk_tier", language).items()
    }
    return lambda customer, _figures: shown[customer.risk_tier]


def _overdue(_customer: Customer, figures: dict[str, Any]) -> Any:
    value = figures.get("overdue")
    return amount(value, word=gettext("overdue"), tone="late") if value else DASH


def _money(value: Any) -> Any:
    return mark_safe(money_text(Decimal(value)))  # noqa: S308 - digits and signs


_FIGURES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "money": ("money", _money),
    "count": ("count", lambda value: f"{value:,}"),
    "date": ("date", day),
}


def _figure(key: str, show: Callable[[Any], Any]) -> Cell:
    def cell(_customer: Customer, figures: dict[str, Any]) -> Any:
        value = figures.get(key)
        return DASH if value is None else show(value)

    return cell


def _fact(spec: facts.Field) -> Cell:
    def cell(customer: Customer, _figures: dict[str, Any]) -> Any:
        return facts.show(spec, facts.as_text(spec, facts.read(spec, customer, None))) or DASH

    return cell


_CHOICE = (
    '<div class="menu-item is-ordered" data-reorder-item draggable="true"><input type="hidden" name="order" value="{key}">'
    '<label class="menu-label"><input type="checkbox" class="form-check-input" name="column" value="{key}"{checked}>'
    "{label}</label>{buttons}</div>"
)


@lru_cache(maxsize=512)
def draw_choices(columns: tuple[tuple[str, str, bool], ...], _language: str) -> str:
    """Return the lines of the chooser, in order, for columns with key, label and whether they are shown."""
    return SafeString(
        "".join(
            format_html(
                _CHOICE,
                key=key,
                label=label,
                checked=mark_safe(" checked") if is_on else "",
                buttons=part("reorder_buttons", key=key, label=label),
            )
            for key, label, is_on in columns
        )
    )


@lru_cache(maxsize=1024)
def open_cell(column: Column, can_edit: bool) -> str:
    """Return the beginning of a `<td>`; one that may be edited names its field. Keys and classes are names of ours."""
    name = OWNER if column.key == OWNER else column.fact
    if name and can_edit:
        return format_html('<td class="{} is-editable" data-cell="{}">', column.classes, name)
    return format_html('<td class="{}">', column.classes)


def render_cell(cell: Cell, customer: Customer, figures: dict[str, Any], opening: str) -> str:
    """Return a whole `<td>`, escaped."""
    text = cell(customer, figures)
    # What `conditional_escape` does, without its care for lazy texts, which no cell returns.
    return f"{opening}{text if isinstance(text, SafeString) else escape(str(text))}</td>"


def _label(field: str) -> Callable[[str], Cell]:
    """Return the cell of a choice, its words looked up once a language."""

    def in_language(language: str) -> Cell:
        words = _choices(field, language)
        return lambda customer, _figures: words[getattr(customer, field)]

    return in_language


@lru_cache(maxsize=64)
def _choices(field: str, _language: str) -> dict[str, str]:
    column: Any = Customer._meta.get_field(field)
    return {key: mark_safe(escape(str(label))) for key, label in column.choices}  # noqa: S308


_COLUMNS = (
    Column("number", _("Number"), _plain(lambda c, f: c.number), drop=3),
    Column("role", _("Role"), _role, drop=2, only=("is_borrower", "is_investor")),
    Column("stage", _("Stage"), _label("stage"), sort="stage", drop=1, only=("stage",)),
    Column("value_tier", _("Value tier"), _label("value_tier"), sort="value", drop=1, only=("value_tier",)),
    Column("risk_tier", _("Risk"), _risk, sort="risk", drop=2, only=("risk_tier",)),
    Column(
        "outstanding", _("To repay"), _plain(_figure("outstanding", _money)), "money", figure="outstanding",
        define=_("Principal of running loans not yet repaid."),
    ),
    Column(
        "overdue", _("Overdue"), _plain(_overdue), "money", figure="overdue", define=_("Due and not paid, penalty included.")
    ),
    Column(
        "invested", _("Invested"), _plain(_figure("invested", _money)), "money", drop=3, figure="invested",
        define=_("Principal lent out and not yet received back."),
    ),
    Column("rm", _("RM"), _plain(lambda c, f: getattr(c, RM_NAME) or DASH), drop=1, only=(RM_NAME,)),
    Column("contact", _("Latest contact"), _plain(lambda c, f: age(_NO_CONTEXT, c.latest_contact_at)), "date", sort="contact", drop=3, only=("latest_contact_at",)),
    Column("promise", _("Next promised contact"), _plain(lambda c, f: day(c.next_promise_at)), "date", drop=3, only=("next_promise_at",)),
    Column("registered", _("Registered"), _plain(lambda c, f: day(c.registered_at)), "date", sort="registered", drop=1, only=("registered_at",)),
    Column("status", _("Status"), _label("status"), drop=3, only=("status",)),
    Column("kind", _("Kind"), _label("kind"), drop=3, only=("kind",)),
    Column("source", _("Source"), _plain(lambda c, f: c.source or DASH), drop=3, only=("source",)),
    Column("investor_type", _("Risk tolerance"), _plain(lambda c, f: c.investor_type or DASH), drop=3, only=("investor_type",)),
    Column("completeness", _("Completeness"), _plain(lambda c, f: f"{c.completeness} %"), "count", sort="completeness", drop=3, only=("completeness",)),
    Column("liquidity_need", _("Need for liquidity"), _plain(_fact(facts.FIELDS["liquidity_need"])), drop=3, only=("liquidity_need",), fact="liquidity_need"),
    Column("interests", _("Interests"), _plain(_fact(facts.FIELDS["interests"])), drop=3, only=("interests",), fact="interests"),
    Column("likes", _("Personal likes"), _plain(_fact(facts.FIELDS["likes"])), drop=3, only=("likes",), fact="likes"),
)  # fmt: skip
