"""Give out tokens and take them back."""

from datetime import datetime
from typing import Any

from django.db import transaction

from core import audit
from core.models import ApiToken, User


@transaction.atomic
def issue_token(*, user: User, scopes: list[str], now: datetime) -> dict[str, Any]:
    """Return a new token with its expiry and scopes; only its hash is kept."""
    row, token = ApiToken.objects.create(user, scopes=scopes)
    audit.record(actor=user, action="core.token_issued", target=user, data={"scopes": scopes}, now=now)
    return {"token": token, "expires_at": row.expiry, "scopes": scopes}


@transaction.atomic
def revoke_token(*, token: ApiToken, user: User, now: datetime) -> None:
    """End a token at once; ending it a second time changes nothing."""
    ended, _kinds = ApiToken.objects.filter(pk=token.pk).delete()
    if not ended:
        return
    audit.record(actor=user, action="core.token_revoked", target=user, now=now)
