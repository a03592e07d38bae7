"""The OpenAPI document against the application: requests made up from it, and made wrong."""

import os
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from service.openapi import ROUTES

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "50"))
"""For each operation, of each kind; more for a thorough run."""


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("method", "path"), [(route.method, route.path) for route in ROUTES])
def test_no_request_gets_an_undocumented_answer(
    app: Flask, method: str, path: str, mode: GenerationMode
) -> None:
    """No server error, no undocumented status, type or shape, whatever is sent."""
    operation = schemathesis.openapi.from_wsgi("/openapi.json", app)[path][method]

    @seed(20261129)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Case[Any]) -> None:
        # A schema cannot say that a text needs a visible character: 422 for one that fits it.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    with suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
        check()
