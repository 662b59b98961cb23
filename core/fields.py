"""Model fields for money, rates and sensitive text; encryption with rotating keys and a keyed blind index."""

import base64
import hashlib
import hmac
import os
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models


class MoneyField(models.DecimalField):  # type: ignore[type-arg]
    """Yuan, numeric(18,2)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"] = 18
        kwargs["decimal_places"] = 2
        super().__init__(*args, **kwargs)


class RateField(models.DecimalField):  # type: ignore[type-arg]
    """A rate as a fraction with six places: 0.120000 is twelve percent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"] = 9
        kwargs["decimal_places"] = 6
        super().__init__(*args, **kwargs)


class UndecipherableValue(Exception):
    """A stored value cannot be decrypted: its key is missing from FIELD_KEYS or it was altered."""


@lru_cache(maxsize=8)
def _ciphers(keys: tuple[str, ...]) -> tuple[str, dict[str, AESGCM]]:
    ciphers = {}
    for entry in keys:
        key_id, _, material = entry.strip().partition(":")
        ciphers[key_id] = AESGCM(base64.b64decode(material))
    return keys[0].partition(":")[0], ciphers


def encrypt(text: str) -> str:
    """Encrypt under the first of FIELD_KEYS; the result names its key: `1$<base64 of nonce and AES-GCM text>`."""
    key_id, ciphers = _ciphers(tuple(settings.FIELD_KEYS))
    nonce = os.urandom(12)
    return f"{key_id}${base64.b64encode(nonce + ciphers[key_id].encrypt(nonce, text.encode(), b'')).decode()}"


def decrypt(stored: str) -> str:
    """Return the plain text of a stored value. Raises UndecipherableValue."""
    key_id, _, body = stored.partition("$")
    _first, ciphers = _ciphers(tuple(settings.FIELD_KEYS))
    if key_id not in ciphers:
        raise UndecipherableValue(f"FIELD_KEYS lacks key {key_id}")
    raw = base64.b64decode(body)
    try:
        return ciphers[key_id].decrypt(raw[:12], raw[12:], b"").decode()
    except InvalidTag as error:
        raise UndecipherableValue("a stored value was altered") from error


def is_current_key(stored: str) -> bool:
    """Tell whether a stored value is already under the first key, so that rotation can pass over it."""
    return stored.partition("$")[0] == settings.FIELD_KEYS[0].partition(":")[0]


def blind_index(value: str, purpose: str) -> str:
    """Return the keyed hash by which an encrypted value is found; empty for an empty value.

    The purpose keeps indexes apart: the same digits as phone and as card give different hashes.
    """
    if not value:
        return ""
    key = base64.b64decode(settings.BLIND_INDEX_KEY)
    return hmac.new(key, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()[:40]


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is plain in Python and encrypted in the database; it can be looked up by a blind index only."""

    def from_db_value(self, value: str | None, *_args: Any) -> str | None:
        return decrypt(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return encrypt(prepared) if prepared else prepared

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name in {"isnull"}:
            return super().get_lookup(lookup_name)
        return None


class BlindIndexField(models.CharField):  # type: ignore[type-arg]
    """The blind index beside an encrypted field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 40
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)
