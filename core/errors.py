"""The one family of refusals: a stable code, a sentence for the user, what to do next."""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class BusinessError(Exception):
    """A refusal that is the user's to read; subclasses stand beside the operation that raises them.

    `fields` maps an input's name to the sentences that concern it.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    message: ClassVar[Text] = _("This cannot be done now.")
    next_step: ClassVar[Text] = ""

    def __init__(self, *, fields: dict[str, list[Text]] | None = None, **params: Any) -> None:
        self.fields = fields or {}
        self.params = params
        super().__init__(self.code)

    def sentence(self) -> str:
        """Return the message in the active language with its figures filled in."""
        return str(self.message) % self.params

    def advice(self) -> str:
        """Return what to do next in the active language; empty where nothing helps."""
        return str(self.next_step) % self.params

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence()}"


class InvalidInput(BusinessError):
    """The input itself is wrong."""

    code = "invalid_input"
    status = 422
    message = _("Some of the data is not valid.")
    next_step = _("Correct the marked fields and send again.")


class NotFound(BusinessError):
    """There is no such record in this user's scope."""

    code = "not_found"
    status = 404
    message = _("There is no such record, or it is not yours to see.")


class Refused(BusinessError):
    """The user may not do this."""

    code = "forbidden"
    status = 403
    message = _("You are not allowed to do this.")
    next_step = _("Ask your team lead for the right.")
