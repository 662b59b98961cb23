"""The provider of market news: the true publications of the LPR up to 2026, one policy, and what a test adds."""

from datetime import date
from typing import Any

from aiohttp import web

from integrations.sandbox.signed import endpoint
from integrations.sandbox.world import Refusal, World, text_of

NAME = "market"
_SOURCE = "全国银行间同业拆借中心"
_RATES: list[dict[str, str]] = [
    {"code": "LPR_1Y", "published_date": day, "value": value, "source": _SOURCE}
    for day, value in (
        ("2023-08-21", "0.034500"),
        ("2024-07-22", "0.033500"),
        ("2024-10-21", "0.031000"),
        ("2025-05-20", "0.030000"),
    )
]
_POLICIES: list[dict[str, Any]] = [
    {
        "reference": "金规〔2026〕2号",
        "title": "个人贷款业务明示综合融资成本规定",
        "issuer": "国家金融监督管理总局",
        "published_date": "2026-03-15",
        "effective_date": "2026-08-01",
        "summary": "签约前逐项展示综合融资成本：各项费用、收取方式、年化水平与收款人，并设置强制阅读时间。",
        "purposes": [],
        "provinces": [],
    }
]


class MarketPartner:
    """Serves signed queries; `added` is what a test has published."""

    def __init__(self, world: World) -> None:
        self._signer = world.keys.signer(NAME)
        self._added: dict[str, list[dict[str, Any]]] = {"rates": [], "policies": []}

    def add_routes(self, app: web.Application) -> None:
        """Answer below /market, take news below /control/market."""
        app.router.add_post("/market/news", endpoint(NAME, self._signer, self._news))
        app.router.add_post("/control/market", self._publish)

    def _news(self, world: World, payload: dict[str, Any]) -> dict[str, Any]:
        try:
            since = date.fromisoformat(text_of(payload, "since", 10)).isoformat()
        except ValueError as error:
            raise Refusal("BAD_DATE") from error
        today = world.clock.now().date().isoformat()
        known = {"rates": [*_RATES, *self._added["rates"]], "policies": [*_POLICIES, *self._added["policies"]]}
        return {
            kind: sorted(
                (row for row in rows if since <= row["published_date"] <= today),
                key=lambda row: str(row["published_date"]),
            )
            for kind, rows in known.items()
        }

    async def _publish(self, request: web.Request) -> web.Response:
        given = await request.json()
        for kind, rows in self._added.items():
            rows.extend(given.get(kind, []))
        return web.json_response({})
