"""Opaque public ids and readable business numbers: nothing sequential leaves the house."""

import secrets
from datetime import date

from django.db import models

# The same where a statement writes many rows: 122 random bits in 22 characters.
PUBLIC_ID_SQL = "substr(translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/=', '-_'), 1, 22)"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def public_id() -> str:
    """Return a random 22-character URL-safe id (128 bits)."""
    return secrets.token_urlsafe(16)


def business_number(prefix: str, day: date) -> str:
    """Return a readable number that betrays no volume, such as `LN20261122-7K3QX9RD`.

    Forty random bits a day; the unique constraint of the column it goes into settles the rare collision.
    """
    return f"{prefix}{day:%Y%m%d}-{''.join(_ALPHABET[byte & 31] for byte in secrets.token_bytes(8))}"


class PublicIdField(models.CharField):  # type: ignore[type-arg]
    """The id that URLs and the API show."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.update(max_length=22, unique=True, default=public_id, editable=False)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def deconstruct(self):  # type: ignore[no-untyped-def]
        name, path, args, kwargs = super().deconstruct()
        for key in ("max_length", "unique", "default", "editable"):
            kwargs.pop(key, None)
        return name, path, args, kwargs
