"""How public ids look in an address: anything else is no such address."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class PublicIdConverter(StringConverter):
    """The 22 characters of a public id."""

    regex = "[A-Za-z0-9_-]{22}"


class PurposeConverter(StringConverter):
    """A code in capitals, such as a consent's purpose."""

    regex = "[A-Z_]{1,24}"


register_converter(PublicIdConverter, "public_id")
register_converter(PurposeConverter, "upper_code")
