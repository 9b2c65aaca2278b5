"""The OpenAPI document, and whether the service keeps to it: schemathesis makes requests from it."""

from collections.abc import Callable

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from infer.service.app import create_app
from infer.service.hosts import hosts_of
from infer.service.service import Service

EXAMPLES = 60


@pytest.mark.parametrize(
    ("path", "method", "mode", "expected"),
    [
        ("/verify", "POST", GenerationMode.POSITIVE, 200),
        ("/embed", "POST", GenerationMode.POSITIVE, 200),
        ("/classify", "POST", GenerationMode.POSITIVE, 200),
        ("/health", "GET", GenerationMode.POSITIVE, 200),  # takes nothing that could be wrong
        ("/verify", "POST", GenerationMode.NEGATIVE, 422),
        ("/embed", "POST", GenerationMode.NEGATIVE, 422),
        ("/classify", "POST", GenerationMode.NEGATIVE, 422),
    ],
)
def test_the_service_keeps_to_its_document(
    make_service: Callable[..., Service], path: str, method: str, mode: GenerationMode, expected: int
) -> None:
    app = create_app(make_service(max_body=1_000_000), hosts_of("127.0.0.1", ["testserver"]))
    operation = schemathesis.openapi.from_asgi("/openapi.json", app)[path][method]
    statuses = set()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        statuses.add(case.call_and_validate().status_code)

    check()
    assert expected in statuses and max(statuses) < 500


def test_every_refusal_is_declared(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path in ("/verify", "/embed", "/classify", "/session"):
        told = document["paths"][path]["post"]
        assert set(told["responses"]) == {"200", "400", "403", "408", "413", "415", "422", "500", "503"}
        for status, response in told["responses"].items():
            name = response["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
            assert status == "200" or name == "ErrorReply"
        form = told["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
        if path == "/session":
            assert sorted(form) == ["document", "video"]
            continue
        form = form["photographs"]
        assert (form["minItems"], form["maxItems"]) == (2 if path == "/verify" else 1, 10)
    assert "HTTPValidationError" not in document["components"]["schemas"]
