"""Pages of other sites, and names that an attacker made point here."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from infer.service.app import create_app
from infer.service.guard import allowed_hosts, is_loopback
from infer.service.service import Service

FILES = [("photographs", ("a.jpg", b"x"))] * 2


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1:80", "[::1]:8000", "[::1]"]
)
def test_own_names(client: TestClient, host: str) -> None:
    assert client.get("/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil:80", "[::2]", "[", "", "a@b"]
)
def test_foreign_names(client: TestClient, host: str) -> None:
    for path in ("/", "/health", "/openapi.json"):
        response = client.get(path, headers={"host": host})
        assert response.status_code == 403 and response.json()["error"]["code"] == "forbidden"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1"},
    ],
)
def test_pages_of_other_sites_cannot_post(client: TestClient, headers: dict[str, str]) -> None:
    for path in ("/verify", "/embed"):
        response = client.post(path, files=FILES, headers=headers)
        assert response.status_code == 403 and "page" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}],
)
def test_own_page_and_programs_can(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/verify", files=FILES, headers=headers).status_code == 200


def test_every_response_carries_the_headers(client: TestClient) -> None:
    responses = [
        client.get("/"),
        client.get("/health"),
        client.get("/nothing"),
        client.post("/verify", files=FILES),
        client.post("/verify", files=FILES[:1]),
        client.get("/health", headers={"host": "evil.example"}),
    ]
    for response in responses:
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in response.headers


def test_beyond_loopback_any_name_will_do_but_no_other_origin(make_service: Callable[..., Service]) -> None:
    client = TestClient(create_app(make_service(), "0.0.0.0"), base_url="http://faces.example")
    assert client.get("/health").status_code == 200
    assert client.post("/verify", files=FILES, headers={"origin": "http://evil.example"}).status_code == 403
    assert client.post("/verify", files=FILES, headers={"origin": "http://faces.example"}).status_code == 200


def test_what_is_loopback() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.1.2.3", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.0.1", "faces.example")))
    assert "127.1.2.3" in allowed_hosts("127.1.2.3") and not allowed_hosts("0.0.0.0")
