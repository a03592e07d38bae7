"""The page of the API."""

import re

from flask.testing import FlaskClient

from service.docs import operations, schemas
from service.openapi import ROUTES
from service.schemas import ReviewsQuery


def test_page_shows_every_operation_and_schema(client: FlaskClient) -> None:
    """With every field, its type and whether it is required."""
    page = client.get("/docs").get_data(as_text=True)
    for route in ROUTES:
        assert f"<code>{route.path}</code>" in page
        assert route.summary in page
    for name, (description, words, fields) in schemas().items():
        assert f'id="schema-{name}"' in page
        assert fields or '"' in words.words
        assert description
    assert "≤ 200 characters" in page
    links = set(re.findall(r'href="#(schema-\w+)"', page))
    assert links
    assert links <= set(re.findall(r'id="(schema-\w+)"', page))


def test_examples_of_the_page_are_answered(client: FlaskClient) -> None:
    """As they stand in its forms."""
    tried = [operation for operation in operations() if operation.example]
    assert len(tried) >= 2
    for operation in tried[:2]:
        response = client.post(
            operation.path, data=operation.example.encode(), content_type="application/json"
        )
        assert response.status_code == 200


def test_page_needs_nothing_from_outside_and_no_script_to_be_read(client: FlaskClient) -> None:
    """What only a script can do is hidden without one; the command to type stands beside."""
    page = client.get("/docs").get_data(as_text=True)
    targets = re.findall(r'(?:href|src|action)="([^"]*)"', page)
    targets.remove("data:,")
    assert all(target.startswith(("/", "#")) for target in targets)
    assert "style=" not in page
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/docs.js" defer>']
    forms = re.findall(r"<form[^>]*data-method[^>]*>", page)
    scripted = [form for form in forms if 'method="get"' not in form]
    assert scripted
    assert all(form.endswith("hidden>") for form in scripted)
    assert page.count("curl -s ") == len(scripted)


def test_page_has_a_field_for_every_parameter(client: FlaskClient) -> None:
    """Which is sent only by the script: it leaves the empty ones out."""
    page = client.get("/docs").get_data(as_text=True)
    (fields,) = re.findall(r"<fieldset hidden disabled>(.*?)</fieldset>", page, re.DOTALL)
    assert re.findall(r'name="(\w+)"', fields) == list(ReviewsQuery.model_fields)
