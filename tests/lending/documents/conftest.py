"""Contracts and a certificate authority for every test of this folder."""

from collections.abc import Callable

import pytest

from lending.documents.contract import ContractData
from tests.fixtures.contracts import Authority, make_authority, make_contract_data


@pytest.fixture
def make_contract() -> Callable[..., ContractData]:
    """Return a maker of complete contracts: `make_contract(method, lender_count, **replaced fields)`."""
    return make_contract_data


@pytest.fixture(scope="session")
def authority() -> Authority:
    """An authority that no other run trusts."""
    return make_authority("Test")
