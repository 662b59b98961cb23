"""The OpenAPI document: complete, without a warning, and true under fire."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from core.api.tokens import issue_token
from tests.api.people import API, House, Person
from tests.api.test_matrix import MATRIX
from tests.fixtures.borrowers import make_staff

pytestmark = pytest.mark.slow

EXAMPLES = 5


def _read_document() -> dict[str, Any]:
    import yaml

    out = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=out)
    return dict(yaml.safe_load(out.getvalue()))


def test_the_document_is_complete() -> None:
    document = _read_document()
    described = {
        (method, path.removeprefix(API))
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    wanted = {(method, _generalise(address)) for method, address in MATRIX}
    assert wanted <= {(method, _generalise(path)) for method, path in described}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if path.startswith(API):
                assert operation["description"], (method, path)
                assert "400" in operation["responses"] and "429" in operation["responses"], (method, path)


@contextmanager
def kept_connection() -> Iterator[None]:
    """Keep the test's transaction open over the ends of requests, as Django's own test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def _generalise(address: str) -> str:
    parts = [("*" if part[:1] in {"<", "{"} else part) for part in address.split("/")]
    return "/".join(parts)


@pytest.mark.filterwarnings("ignore")
def test_no_input_makes_us_fail(house: House, make_person: Callable[..., Person], seeded: datetime) -> None:
    """Throw generated requests, right and wrong, at every operation, as a customer and as staff."""
    person = make_person(is_investor=True, balance="1000.00")
    listing = house.make_listing(make_person("李投资"), amount="2000.00")
    tokens = {"me": person.token}
    scopes = ["customers.view", "lending.view_applications", "lending.view_loans", "risk.view_alerts"]
    tokens["staff"] = issue_token(user=make_staff("manager"), scopes=scopes, now=seeded)["token"]
    schema = schemathesis.openapi.from_dict(_read_document())
    schema.app = get_wsgi_application()
    seen = []
    for result in schema.get_all_operations():
        operation = result.ok()
        if not operation.path.startswith(API) or "webhooks" in operation.path:
            continue
        token = tokens["staff" if "/staff/" in operation.path else "me"]
        with kept_connection():
            _attack(operation, token, listing["id"])
        seen.append(operation.label)
    assert len(seen) >= len(MATRIX)


def _attack(operation: Any, token: str, listing_id: str) -> None:
    is_logout = operation.path.endswith("logout/")

    @seed(20260302)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def attack(case: Any) -> None:
        headers = {} if is_logout else {"Authorization": f"Bearer {token}"}
        if case.path_parameters and "listings" in operation.path and "public_id" in case.path_parameters:
            case.path_parameters["public_id"] = listing_id
        response = case.call(headers=headers)
        assert response.status_code < 500, (case.as_curl_command(), response.content)
        if response.status_code >= 400:
            assert response.headers["content-type"] == ["application/problem+json"], (operation.label, response.headers)
        case.validate_response(response, checks=[status_code_conformance, response_schema_conformance])

    from hypothesis import given

    given(case=operation.as_strategy())(attack)()
