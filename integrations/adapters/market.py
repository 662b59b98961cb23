"""The provider of market news, signed JSON."""

from datetime import date
from decimal import Decimal
from typing import Any

from integrations.adapters.calls import read_answer
from integrations.adapters.signed_http import SignedClient
from integrations.ports.market import MarketNews, PublishedPolicy, PublishedRate


class MarketFeedAdapter:
    """Reads what was published since a date."""

    def __init__(self, *, client: SignedClient) -> None:
        self._client = client

    def read_news(self, since: date) -> MarketNews:
        """Return everything published on that date and later, oldest first."""
        payload = {"since": since.isoformat()}
        call, answer = self._client.call("read_news", "news", key=f"news-{since.isoformat()}", payload=payload)
        return read_answer(call, lambda: _read_news(answer))


def _read_news(answer: dict[str, Any]) -> MarketNews:
    return MarketNews([_read_rate(row) for row in answer["rates"]], [_read_policy(row) for row in answer["policies"]])


def _read_rate(row: dict[str, Any]) -> PublishedRate:
    return PublishedRate(
        code=str(row["code"]),
        published_date=date.fromisoformat(row["published_date"]),
        value=Decimal(str(row["value"])),
        source=str(row["source"]),
    )


def _read_policy(row: dict[str, Any]) -> PublishedPolicy:
    effective = row.get("effective_date")
    return PublishedPolicy(
        reference=str(row["reference"]),
        title=str(row["title"]),
        issuer=str(row["issuer"]),
        published_date=date.fromisoformat(row["published_date"]),
        effective_date=date.fromisoformat(effective) if effective else None,
        summary=str(row.get("summary", "")),
        purposes=tuple(str(purpose) for purpose in row.get("purposes", ())),
        provinces=tuple(str(province) for province in row.get("provinces", ())),
    )
