"""JSON by orjson; amounts and rates as strings, instants in Shanghai time."""

from typing import Any

from rest_framework.renderers import BaseRenderer

from core import wire


class ORJSONRenderer(BaseRenderer):
    """`application/json`."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else wire.dumps(data)
