"""Papers of a customer: sent in, listed and opened by himself and by staff."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.parsers import FileJSONParser
from core.api.views import CustomerAPIView, read_body, user_of
from core.errors import NotFound
from customers.api.bodies_facts import DocumentSerializer, DocumentsSerializer, DocumentUploadSerializer
from customers.api.views.record import StaffRecordView
from customers.models import Customer, Document
from customers.operations import documents
from customers.queries.own import get_own_customer
from customers.queries.relations import list_documents
from staff import rights

_SHOWN = 200


def _describe(row: Document) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "kind": row.kind,
        "title": row.title,
        "content_type": row.content_type,
        "size": row.size,
        "sha256": row.sha256,
        "uploaded_at": row.uploaded_at,
        "valid_until_date": row.valid_until_date,
    }


def _upload(request: Request, customer: Customer) -> Response:
    body = read_body(DocumentUploadSerializer, request)
    document = documents.upload_document(customer_id=customer.pk, actor=user_of(request), now=clock.now(), **body)
    return Response(_describe(document), status=201)


def _open(request: Request, customer: Customer, public_id: str) -> HttpResponse:
    paper = documents.download_document(
        customer_id=customer.pk, public_id=public_id, actor=user_of(request), now=clock.now()
    )
    headers = {
        "Content-Disposition": f'attachment; filename="{paper.name}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(paper.content, content_type=paper.content_type, headers=headers)


class StaffDocumentsView(StaffRecordView):
    """The papers of a customer."""

    parser_classes = (FileJSONParser,)

    @extend_schema(operation_id="staff_customers_documents_list", responses=DocumentsSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        """Return the papers, newest first, without their content."""
        customer, _access = self.find(request, public_id)
        return Response({"results": [_describe(row) for row in list_documents(customer.pk)[:_SHOWN]]})

    @extend_schema(request=DocumentUploadSerializer, responses={201: DocumentSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Keep a file of a customer of your scope; the same file twice is refused."""
        return _upload(request, self.find(request, public_id)[0])


class StaffDocumentView(StaffRecordView):
    """One paper of a customer."""

    # Papers show in plain text what answers mask.
    required_scope = rights.UNMASK

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, public_id: str, document: str) -> HttpResponse:
        """Return the file; who took it is kept."""
        return _open(request, self.find(request, public_id)[0], document)


def _list_own(customer: Customer) -> QuerySet[Any, Any]:
    # Photos of a visit show how the RM works, and others than the customer.
    return list_documents(customer.pk).exclude(kind=Document.Kind.VISIT)


class OwnDocumentsView(CustomerAPIView):
    """The papers of the customer who asks."""

    parser_classes = (FileJSONParser,)

    @extend_schema(operation_id="me_documents_list", responses=DocumentsSerializer)
    def get(self, request: Request) -> Response:
        """Return your papers, newest first, without their content."""
        rows = _list_own(get_own_customer(request.user))
        return Response({"results": [_describe(row) for row in rows[:_SHOWN]]})

    @extend_schema(request=DocumentUploadSerializer, responses={201: DocumentSerializer})
    def post(self, request: Request) -> Response:
        """Send a paper in: PDF, JPEG, PNG or WebP up to 8 MB; the same file twice is refused."""
        return _upload(request, get_own_customer(request.user))


class OwnDocumentView(CustomerAPIView):
    """One paper of the customer who asks."""

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, public_id: str) -> HttpResponse:
        """Return the file."""
        customer = get_own_customer(request.user)
        if not _list_own(customer).filter(public_id=public_id).exists():
            raise NotFound
        return _open(request, customer, public_id)
