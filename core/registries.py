"""Where higher apps contribute what a lower frame shows or computes (design §2)."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from core.errors import Text


class AlreadyRegistered(Exception):
    """Two contributions share one key: a programmer's mistake."""


T = TypeVar("T")


class Registry(Generic[T]):
    """Contributions by key, in order of registration. An app registers in `AppConfig.ready()`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._items: dict[str, T] = {}

    def register(self, key: str, item: T) -> None:
        """Add a contribution. Raises AlreadyRegistered for a key that is taken by another one."""
        if key in self._items and self._items[key] != item:
            raise AlreadyRegistered(f"{self.name}: {key}")
        self._items[key] = item

    def get(self, key: str) -> T:
        """Return the contribution of a key; KeyError where there is none."""
        return self._items[key]

    def items(self) -> Iterator[tuple[str, T]]:
        """Yield keys and contributions in order of registration."""
        yield from self._items.items()

    def __contains__(self, key: str) -> bool:
        return key in self._items


@dataclass(frozen=True)
class CustomerPanel:
    """A part of a record's page: the named URL gets the record's public id and answers an HTML fragment.

    With `right` only for those who hold it.
    """

    title: Text
    url_name: str
    place: str = "tab"
    order: int = 100
    right: str = ""


@dataclass(frozen=True)
class TimelineKind:
    """How a timeline entry of one kind is shown: one of the five shapes money, contact, promise, notice, change."""

    label: Text
    shape: str


@dataclass(frozen=True)
class WorkRow:
    """One line of the RM's day: what, for whom, why now, until when, where to act."""

    group: str
    title: str
    reason: str
    customer_id: int | None
    url: str
    due_at: Any = None
    urgency: int = 100
    work_item_id: int | None = None


@dataclass(frozen=True)
class WorkSource:
    """A source of the ordered work list; `rows(user, business_date, limit)` returns only what the user may see."""

    label: Text
    rows: Callable[[Any, date, int], Sequence[WorkRow]]


# Writes " AND <column> …" for a column of customers' keys, or nothing where all customers are meant.
Among = Callable[[str], str]
Choices = Sequence[tuple[str, Text]]


@dataclass(frozen=True)
class AttributeFamily:
    """Facts about customers that are told from the same rows in one pass.

    `build(among)` returns SQL of the app's own that yields `customer_id`, each once, and a column of each attribute's
    key; it puts `among("l.borrower_id")` into every WHERE that reads rows of customers. It holds no parameters and no
    percent sign: the day is that of `core_businessdate`.
    """

    build: Callable[[Among], str]


@dataclass(frozen=True)
class Attribute:
    """A fact about customers for lists, labels and segments; its key is a column of its family.

    `type` is count, money, ratio, date, moment, text, flag or list. What the family does not yield is unknown, of counts
    and sums none. A listed one is a column and a filter of the customer list. One `for_marketing` says nothing about
    credit and must not be asked for it.
    """

    label: Text
    type: str
    family: str
    group: Text = ""
    choices: Choices | Callable[[], Choices] = ()
    is_listed: bool = False
    for_marketing: bool = False

    def list_choices(self) -> tuple[tuple[str, Text], ...]:
        """Return the values it can have with their labels, none where any will do."""
        return tuple(self.choices() if callable(self.choices) else self.choices)


@dataclass(frozen=True)
class Act:
    """Something customers do that can be counted; the label goes on after the customer's name: "placed a bid".

    `build(among)` returns SQL of the app's own that yields `customer_id`, `on_date` and `amount` (NULL without one), a row
    each time, as with a family.
    """

    label: Text
    build: Callable[[Among], str]


@dataclass(frozen=True)
class StandingTable:
    """Where the attributes are kept beside one another, a column a key, fresh within seconds; `key` names the customer."""

    table: str
    key: str = "customer_id"


@dataclass(frozen=True)
class Indicator:
    """A figure that risk watches: `compute(business_date)` returns (dimension, value, numerator, denominator) rows.

    Dimensions are codes of products unless `name_dimension` says what they mean; `records(dimension)` is the address
    of the list behind the figure.
    """

    label: Text
    compute: Callable[[date], Sequence[tuple[str, Any, Any, Any]]]
    unit: str = "ratio"
    definition: Text = ""
    name_dimension: Callable[[str], str] | None = None
    records: Callable[[str], str] | None = None


@dataclass(frozen=True)
class AlertMeasure:
    """What is done by itself when a figure breaks its limit.

    `take(dimension=, reason=, actor=, now=)` tells whether it changed anything; `lift` undoes that.
    """

    label: Text
    take: Callable[..., bool]
    lift: Callable[..., bool]


@dataclass(frozen=True)
class WarningPattern:
    """A pattern in the life of a loan or customer that may come before trouble.

    `sql` yields (customer_id, loan_id or NULL, figures as jsonb) for those whom it fits on `%(on)s`; it takes the
    whole numbers of `defaults` by name. `sentence` says it with the figures.
    """

    label: Text
    sentence: Text
    sql: str
    defaults: Mapping[str, int]


@dataclass(frozen=True)
class Metric:
    """A figure that analytics keeps by day: `compute(business_date)` returns (dimension, value) rows.

    Figures that read the same rows may share a `family`: called once, it returns the rows of all of them by code.
    """

    label: Text
    compute: Callable[[date], Sequence[tuple[str, Any]]]
    unit: str = "yuan"
    definition: Text = ""
    family: Callable[[date], Mapping[str, Sequence[tuple[str, Any]]]] | None = None


@dataclass(frozen=True)
class MarketingBar:
    """A reason to leave people out of everything they have not asked for, until a day.

    `find(customer_ids, on)` returns those of some customers whom it holds back on a date, each with the day from which he
    may be addressed again; `sentence` says it with `until`.
    """

    label: Text
    sentence: Text
    find: Callable[[Collection[int], date], Mapping[int, date]]


@dataclass(frozen=True)
class NavigationItem:
    """An entry of the left rail: shown where its named URL exists and `visible(user)` allows it."""

    label: Text
    url_name: str
    icon: str
    order: int = 100
    visible: Callable[[Any], bool] | None = None


# What a page is for, in a few sentences, by the name of its address: shown by the help button.
page_helps: Registry[Text] = Registry("page_helps")
customer_panels: Registry[CustomerPanel] = Registry("customer_panels")
# Parts of the loan page that higher apps add; the named URL gets the loan's public id.
loan_panels: Registry[CustomerPanel] = Registry("loan_panels")
timeline_kinds: Registry[TimelineKind] = Registry("timeline_kinds")
work_sources: Registry[WorkSource] = Registry("work_sources")
attributes: Registry[Attribute] = Registry("attributes")
attribute_families: Registry[AttributeFamily] = Registry("attribute_families")
acts: Registry[Act] = Registry("acts")
# Who rests on a segment: `find(segment_id)` returns labels and addresses.
segment_uses: Registry[Callable[[int], Sequence[tuple[Text, str]]]] = Registry("segment_uses")
# After how many days a customer is contacted at the latest, whatever the rules of revisits say: SQL of the app's own that yields
# `customer_id` and `days`.
contact_limits: Registry[str] = Registry("contact_limits")
# Which customers events of a type touch, by the event's name: `find(events)` returns their ids.
touches: Registry[Callable[[Sequence[Any]], Collection[int]]] = Registry("touches")
# One entry, "customers": the table in which lists find the attributes.
standing_tables: Registry[StandingTable] = Registry("standing_tables")
indicators: Registry[Indicator] = Registry("indicators")
# What alerts may do by themselves, by the codes of risk's measures.
alert_measures: Registry[AlertMeasure] = Registry("alert_measures")
warning_patterns: Registry[WarningPattern] = Registry("warning_patterns")
metrics: Registry[Metric] = Registry("metrics")
# Figures in the frame of every page, such as the count of open alerts: `item(user)`.
frame_items: Registry[Callable[[Any], Any]] = Registry("frame_items")
navigation: Registry[NavigationItem] = Registry("navigation")
# What deciding an approval of a kind comes to: `decide(*, approval_id, is_approved, note, actor, now)` decides and carries out.
approvals: Registry[Callable[..., Any]] = Registry("approvals")
# What lenders must be shown about an application before they bid: `disclose(application_id)` returns plain values.
listing_disclosures: Registry[Callable[[int], dict[str, Any]]] = Registry("listing_disclosures")
# What takes back an act of a kind: `reverse(payload=…, actor=…, now=…)`; it raises a BusinessError where it no longer can.
reversals: Registry[Callable[..., None]] = Registry("reversals")
# What keeps a record from being merged into another one: `obstacle(merged_id, kept_id)` returns a sentence or nothing.
merge_obstacles: Registry[Callable[[int, int], Text | None]] = Registry("merge_obstacles")
# Whose relation with the house runs, whatever the calendar says: SQL of the app's own that yields `customer_id`.
running_relations: Registry[str] = Registry("running_relations")
# What proves a step of the relationship process: SQL about the open run `o` that yields `at`, NULL or no row where nothing does.
step_proofs: Registry[str] = Registry("step_proofs")
# What else steps begin with: SQL of the app's own that yields `customer_id`, `step` (as `begins_with` names it) and `at`.
step_beginnings: Registry[str] = Registry("step_beginnings")
# What else goes when a group of a customer's fields has been kept as long as it may: by name (group, SQL on `%(ids)s`).
erasures: Registry[tuple[str, str]] = Registry("erasures")
# What the platform can take on at present, in yuan: `funds` that may be lent, `demand` waiting for them.
capabilities: Registry[Callable[[], Any]] = Registry("capabilities")
# What apps above say beside the years together in the head of a customer's page: `find(access, customer_id)` returns words
# and the tab that shows more.
tenure_notes: Registry[Callable[[Any, int], Sequence[tuple[Text, str]]]] = Registry("tenure_notes")
# What is given by itself to who comes to something that steps begin with: `find()` returns that, a label and an address.
gifts: Registry[Callable[[], Sequence[tuple[str, Text, str]]]] = Registry("gifts")
# Whom nothing unasked is sent, by the code of the reason; contract and service messages go all the same.
marketing_bars: Registry[MarketingBar] = Registry("marketing_bars")
# Who may come into the admin: `gate(user)`; one that opens is enough.
admin_gates: Registry[Callable[[Any], bool]] = Registry("admin_gates")


def register_family(key: str, build: Callable[[Among], str], members: Mapping[str, Attribute]) -> None:
    """Register attributes with the family that tells them."""
    attribute_families.register(key, AttributeFamily(build))
    for name, attribute in members.items():
        attributes.register(name, attribute)


def find_marketing_bars(customer_ids: Collection[int], on: date) -> dict[int, tuple[str, date]]:
    """Return who of some customers is held back from marketing on a date: the reason's code, and from when he no longer is."""
    found: dict[int, tuple[str, date]] = {}
    for code, bar in marketing_bars.items():
        for customer_id, until in bar.find(customer_ids, on).items():
            if customer_id not in found or until > found[customer_id][1]:
                found[customer_id] = (code, until)
    return found


def read_attribute_sql(key: str) -> str:
    """Return SQL that yields `customer_id` and `value` of one attribute as its app's rows are now, known values only."""
    family = attribute_families.get(attributes.get(key).family).build(lambda _column: "")
    return f"SELECT f.customer_id, f.{key} AS value FROM ({family}) f WHERE f.{key} IS NOT NULL"  # noqa: S608
