"""Base of the API's views."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from core import clock, idempotency
from core.api.permissions import IsCustomer, IsStaffToken
from core.errors import InvalidInput
from core.models import User
from core.web.reading import holds_nul


class IdempotencyKeyMissing(InvalidInput):
    """A POST that moves money or creates an obligation came without a key."""

    code = "idempotency_key_missing"
    status = 400
    message = _("The header Idempotency-Key is missing or longer than 255 characters.")
    next_step = _("Send a new random key with each new request, and the same key when you repeat one.")


def read_body(serializer_class: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the validated body. Raises ValidationError."""
    serializer = serializer_class(data=request.data, context={"request": request})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def user_of(request: Request) -> User:
    """Return who calls; views behind a permission have let in nobody else."""
    assert isinstance(request.user, User)
    return request.user


class OnceAPIView(APIView):
    """A view whose POST has its effect once under the caller's key."""

    # True on views whose POST moves money or creates an obligation; the schema shows the header then.
    needs_idempotency_key = False

    def read_body(self, serializer_class: type[Serializer[Any]], request: Request) -> dict[str, Any]:
        """Return the validated body. Raises ValidationError."""
        return read_body(serializer_class, request)

    def answer_once(
        self, request: Request, action: Callable[[str], tuple[int, Any]], *, check: Callable[[], None] | None = None
    ) -> Response:
        """Run an action once for the request's Idempotency-Key; the action gets a key of its own to pass on.

        `check` runs before, outside the transaction, unless the key has its answer already.
        Raises IdempotencyKeyMissing, KeyReused, KeyInFlight.
        """
        key = request.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= 255 or "\x00" in key:
            raise IdempotencyKeyMissing
        scope = f"user:{request.user.pk}"
        if check is not None and not idempotency.has_answer(scope=scope, key=key):
            check()
        answer = idempotency.run_once(
            scope=scope,
            key=key,
            fingerprint=idempotency.fingerprint_of(request.method, request.path, request.data),
            now=clock.now(),
            action=lambda: action(f"{scope}:{key}"),
        )
        response = Response(answer.body, status=answer.status)
        if answer.replayed:
            response["Idempotent-Replayed"] = "true"
        return response


class CustomerAPIView(OnceAPIView):
    """A view for customers; each sees only himself."""

    permission_classes = (IsAuthenticated, IsCustomer)


class StaffAPIView(OnceAPIView):
    """A view for staff tokens; `required_scope` names the right."""

    permission_classes = (IsAuthenticated, IsStaffToken)
    required_scope = ""


class RowListView(GenericAPIView):  # type: ignore[type-arg]
    """A list read with `.values()` and answered as it came: a fraction of the cost of one serializer a row.

    The rows carry `id` for paging and `public_id` for the reader, who gets only the latter, called `id`. The
    serializer class is what the OpenAPI document shows.
    """

    # Views with filters name their model's empty set here, for the OpenAPI document.
    queryset: QuerySet[Any] | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the caller in, unless his filters hold what no query can carry. Raises InvalidInput."""
        super().initial(request, *args, **kwargs)
        if holds_nul(request.query_params):
            raise InvalidInput

    def get_rows(self) -> Any:
        """Return the rows that the caller may see."""
        raise NotImplementedError

    def get_queryset(self) -> Any:
        """Return the rows; nothing while the OpenAPI document is written, for nobody calls then."""
        if getattr(self, "swagger_fake_view", False):
            return User.objects.none() if self.queryset is None else self.queryset
        return self.get_rows()

    def get(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        """Return one page."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None, "lists are always paged"
        # Copies, because the paginator reads the keys of the rows again for the addresses of its neighbours.
        return self.get_paginated_response([self.shape_row(dict(row)) for row in page])

    def shape_row(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row as its reader sees it."""
        del row["id"]
        return {"id": row.pop("public_id"), **row}


class CustomerListView(RowListView):
    """A list of a customer's own records, or of what every customer may see."""

    permission_classes = (IsAuthenticated, IsCustomer)


class StaffListView(RowListView):
    """A list for staff tokens; `required_scope` names the right, which also limits the rows."""

    permission_classes = (IsAuthenticated, IsStaffToken)
    required_scope = ""
