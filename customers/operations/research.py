"""Findings about market, trade and competitors."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import InvalidInput, Text
from core.models import User
from customers.models import ResearchNote
from customers.operations.diary.members import member_of
from customers.queries.reasons import list_lost_reasons


class ResearchInvalid(InvalidInput):
    """What was entered about a finding cannot be kept."""

    code = "research_invalid"


@transaction.atomic
def add_research(
    *,
    kind: str,
    title: str,
    text: str,
    actor: User,
    now: datetime,
    competitor: str = "",
    source: str = "",
    segment_code: str = "",
    lost_reason: str = "",
) -> ResearchNote:
    """Keep a finding and link it to a target group and a reason of losses. Raises ResearchInvalid, Refused."""
    fields: dict[str, list[Text]] = {}
    if kind not in ResearchNote.Kind.values:
        fields["kind"] = [_("Market, industry or competitor?")]
    if not title.strip() or len(title) > 120:
        fields["title"] = [_("A title of at most 120 characters.")]
    if not text.strip() or len(text) > 5000:
        fields["text"] = [_("Write down what was found, in at most 5000 characters.")]
    if kind == ResearchNote.Kind.COMPETITOR and not competitor.strip():
        fields["competitor"] = [_("Name the competitor.")]
    if lost_reason and lost_reason not in dict(list_lost_reasons(on=now.date())):
        fields["lost_reason"] = [_("There is no such reason.")]
    if fields:
        raise ResearchInvalid(fields=fields)
    note = ResearchNote.objects.create(
        kind=kind,
        title=title.strip(),
        text=text.strip(),
        competitor=competitor.strip()[:60],
        source=source.strip()[:200],
        segment_code=segment_code.strip()[:60],
        lost_reason=lost_reason,
        author=member_of(actor),
        at=now,
    )
    audit.record(actor=actor, action="customers.research_added", target=note, data={"kind": kind}, now=now)
    return note
