"""Pages of other sites, and names that an attacker made point here."""

import socket
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from common.runtime.errors import UserError
from infer.service.app import create_app
from infer.service.hosts import hosts_of, is_loopback
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


def test_a_proxy_that_changes_the_host_is_no_other_site(client: TestClient) -> None:
    origin = {"origin": "https://faces.example"}
    own = client.post("/verify", files=FILES, headers=origin | {"sec-fetch-site": "same-origin"})
    assert own.status_code == 200
    for told in ({}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": ""}):
        assert client.post("/verify", files=FILES, headers=origin | told).status_code == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("192.168.0.7:8000", 200),
        ("[fe80::1]:8000", 200),
        ("localhost:8000", 200),
        (f"{socket.gethostname()}:8000", 200),
        ("faces.example", 200),
        ("Faces.Example.:443", 200),
        ("xn--mnchen-3ya.example", 200),
        ("evil.example", 403),
        ("192.168.0.7.evil.example", 403),
        ("faces.example.evil.example", 403),
        ("", 403),
    ],
)
def test_beyond_loopback_addresses_and_given_names(
    make_service: Callable[..., Service], host: str, status: int
) -> None:
    hosts = hosts_of("0.0.0.0", ["faces.EXAMPLE", "m\xfcnchen.example"])
    client = TestClient(create_app(make_service(), hosts), base_url="http://127.0.0.1")
    assert client.get("/health", headers={"host": host}).status_code == status
    for origin, same in ((host, True), ("other.example", False)):
        headers = {"host": host, "origin": f"http://{origin}".lower()}
        allowed = status == 200 and same
        answer = client.post("/verify", files=FILES, headers=headers)
        assert answer.status_code == (200 if allowed else 403)


def test_on_loopback_given_names_but_no_other_addresses() -> None:
    hosts = hosts_of("127.1.2.3", ["faces.example"])
    assert all(map(hosts.know, ("127.1.2.3", "faces.example:80", "localhost", "[::1]:8000")))
    assert not any(map(hosts.know, ("192.168.0.7", "[::2]", "evil.example", "[", "")))
    assert hosts_of("faces.lan").know("faces.lan:8000")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "http://a", "a:80", "a/b", "a b", "*", "*.a", "a..b", "x" * 64, "::1", "a\n"]
)
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(UserError, match="--name"):
        hosts_of("127.0.0.1", [name])


def test_what_is_loopback() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.1.2.3", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.0.1", "faces.example")))
