"""Papers of a customer: taken in encrypted, handed out with a trace, removed with a way back."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit
from core.errors import BusinessError, InvalidInput, NotFound
from core.models import User
from customers.models import Customer, Document, ReversibleAct
from customers.operations import history
from customers.operations.facts import RecordMerged
from customers.operations.undo import UndoOvertaken, remember_act
from customers.rules import papers, quality

REMOVED: Final = "customers.document_removed"
_TITLE_LONGEST: Final = 120
MOST_DOCUMENTS: Final = 200


class InvalidDocument(InvalidInput):
    """The file is none that is taken."""

    code = "invalid_document"
    message = _("Only PDF, JPEG, PNG and WebP files up to 8 MB are taken.")


class DocumentKnown(BusinessError):
    """The customer has this very file already."""

    code = "document_known"
    message = _("This file is among the documents already.")


class DocumentsFull(BusinessError):
    """The customer's file holds as many papers as it may."""

    code = "documents_full"
    message = _("There are %(count)s documents already, as many as are kept.")
    next_step = _("Have those removed that are no longer needed.")


@dataclass(frozen=True)
class Paper:
    """A document's content on its way to a reader."""

    name: str
    content_type: str
    content: bytes


@transaction.atomic
def upload_document(
    *,
    customer_id: int,
    kind: str,
    title: str,
    content: bytes,
    valid_until_date: date | None,
    actor: User | None,
    now: datetime,
) -> Document:
    """Keep a file encrypted; what it is follows from its bytes, not from its name.

    Raises InvalidDocument, DocumentKnown, DocumentsFull, RecordMerged.
    """
    if papers.sniff(content) is None or len(content) > papers.LARGEST_BYTES:
        raise InvalidDocument(fields={"file": [InvalidDocument.message]})
    title = " ".join(title.split())
    if quality.check_text(title, longest=_TITLE_LONGEST) is not None:
        raise InvalidDocument(fields={"title": [_("At most 120 characters.")]})
    if kind not in Document.Kind.values:
        raise InvalidDocument(fields={"kind": [_("Choose one of the list.")]})
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    if customer.merged_into_id is not None:
        raise RecordMerged
    present = Document.objects.filter(customer=customer, removed_at__isnull=True)
    if present.filter(sha256=_digest(content)).exists():
        raise DocumentKnown
    if present.count() >= MOST_DOCUMENTS:
        raise DocumentsFull(count=MOST_DOCUMENTS)
    document = keep_paper(
        customer=customer,
        kind=kind,
        title=title or str(Document.Kind(kind).label),
        content=content,
        actor=actor,
        now=now,
        valid_until_date=valid_until_date,
    )
    audit.record(
        actor=actor,
        action="customers.document_uploaded",
        target=customer,
        data={"document": document.public_id, "kind": kind, "bytes": len(content), "sha256": document.sha256},
        now=now,
    )
    history.add_timeline(
        customer_id=customer.pk,
        kind="change",
        text_code="customers.document_uploaded",
        params={"document_kind": kind},
        at=now,
        key=f"document:{document.pk}",
        actor=actor,
    )
    return document


def keep_paper(
    *,
    customer: Customer,
    kind: str,
    title: str,
    content: bytes,
    actor: User | None,
    now: datetime,
    valid_until_date: date | None = None,
) -> Document:
    """Write a file of a type that `papers.sniff` knows; for the operations that have judged it."""
    content_type = papers.sniff(content)
    assert content_type is not None
    return Document.objects.create(
        customer=customer,
        kind=kind,
        title=title,
        content_type=content_type,
        size=len(content),
        sha256=_digest(content),
        content=base64.b64encode(content).decode(),
        uploaded_at=now,
        uploaded_by=actor,
        valid_until_date=valid_until_date,
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@transaction.atomic
def download_document(*, customer_id: int, public_id: str, actor: User, now: datetime) -> Paper:
    """Return a document's content and keep who took it. Raises NotFound."""
    document = Document.objects.filter(customer_id=customer_id, public_id=public_id, removed_at__isnull=True).first()
    if document is None:
        raise NotFound
    audit.record(
        actor=actor,
        action="customers.document_downloaded",
        target=document.customer,
        data={"document": document.public_id, "kind": document.kind},
        now=now,
        is_sensitive_read=True,
    )
    name = f"{document.public_id}.{papers.EXTENSIONS[document.content_type]}"
    return Paper(name, document.content_type, base64.b64decode(document.content))


@transaction.atomic
def remove_document(*, customer_id: int, public_id: str, actor: User, now: datetime) -> ReversibleAct:
    """Take a document out of the file; it can be put back at once. Raises NotFound."""
    document = (
        Document.objects.select_for_update(no_key=True)
        .defer("content")
        .filter(customer_id=customer_id, public_id=public_id, removed_at__isnull=True)
        .first()
    )
    if document is None:
        raise NotFound
    document.removed_at = now
    document.save(update_fields=["removed_at"])
    audit.record(
        actor=actor,
        action="customers.document_removed",
        target=document.customer,
        data={"document": document.public_id, "kind": document.kind},
        now=now,
    )
    return remember_act(kind=REMOVED, payload={"document": document.pk}, count=1, actor=actor, now=now)


def put_document_back(*, payload: dict[str, Any], actor: User, now: datetime) -> None:
    """Undo a removal. Raises UndoOvertaken where the same file was taken in again."""
    document = Document.objects.select_for_update(no_key=True).defer("content").get(pk=payload["document"])
    twins = Document.objects.filter(
        customer_id=document.customer_id, sha256=document.sha256, removed_at__isnull=True
    ).exclude(pk=document.pk)
    if twins.exists():
        raise UndoOvertaken
    document.removed_at = None
    document.save(update_fields=["removed_at"])
    audit.record(
        actor=actor,
        action="customers.document_put_back",
        target=document.customer,
        data={"document": document.public_id},
        now=now,
    )
