"""Requests that are refused: what they are told, always in one form."""

import io
import struct
import tempfile
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from common.runtime.errors import UserError
from infer.examine import Examiner


def assert_refused(response: Response, status: int, code: str, text: str) -> None:
    assert response.status_code == status, response.text
    told = response.json()
    assert set(told) == {"error"} and set(told["error"]) == {"code", "message"}
    assert told["error"]["code"] == code and text in told["error"]["message"]


def forms(count: int, data: bytes = b"x") -> list[tuple[str, tuple[str, bytes]]]:
    return [("photographs", (f"{n}.jpg", data)) for n in range(count)]


@pytest.mark.parametrize("count", [1, 11, 20])
def test_wrong_number_of_photographs(client: TestClient, count: int) -> None:
    assert_refused(client.post("/verify", files=forms(count)), 422, "invalid", "2 to 10")


def test_no_photograph_and_eleven_to_embed(client: TestClient) -> None:
    empty = {"content": b"--x--\r\n", "headers": {"content-type": "multipart/form-data; boundary=x"}}
    assert_refused(client.post("/embed", **empty), 422, "invalid", "1 to 10")
    assert_refused(client.post("/embed", files=forms(11)), 422, "invalid", "1 to 10")


def test_very_many_parts_are_not_even_looked_at(client: TestClient) -> None:
    assert_refused(client.post("/verify", files=forms(2000)), 400, "bad_request", "Too many files")


def test_other_fields_and_fields_without_a_file(client: TestClient) -> None:
    other = client.post("/verify", files=[*forms(2), ("model", ("a", b"b"))])
    assert_refused(other, 422, "invalid", "unknown field")
    text = client.post("/verify", files=forms(1), data={"photographs": "text"})
    assert_refused(text, 422, "invalid", "must be files")
    long = client.post("/verify", files=forms(1), data={"photographs": "t" * 5000})
    assert_refused(long, 400, "bad_request", "malformed")


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "", "application/x-www-form-urlencoded"])
def test_what_is_no_form_with_files(client: TestClient, kind: str) -> None:
    response = client.post("/verify", content=b"{}", headers={"content-type": kind})
    assert_refused(response, 415, "unsupported_type", "multipart/form-data")


def test_a_compressed_body(client: TestClient) -> None:
    response = client.post("/verify", files=forms(2), headers={"content-encoding": "gzip"})
    assert_refused(response, 415, "unsupported_type", "multipart/form-data")


@pytest.mark.parametrize(
    "body", [b"", b"garbage", b"--x\r\n", b"--x\r\nContent-Disposition: a\r\n\r\nb\r\n--x--\r\n"]
)
def test_a_malformed_form(client: TestClient, body: bytes) -> None:
    response = client.post(
        "/verify", content=body, headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert response.status_code in (400, 422)
    assert set(response.json()) == {"error"}


def test_a_form_without_boundary(client: TestClient) -> None:
    response = client.post("/verify", content=b"x", headers={"content-type": "multipart/form-data"})
    assert_refused(response, 400, "bad_request", "boundary")


@pytest.mark.parametrize("charset", ["undefined", "punycode", "idna", "base64", "utf-16", "no such"])
def test_an_odd_charset(client: TestClient, charset: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="\xff..-"; filename="a\xff"\r\n\r\nb\r\n--x--\r\n'
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    response = client.post("/verify", content=body, headers={"content-type": kind})
    assert response.status_code in (400, 422) and set(response.json()) == {"error"}
    if charset == "undefined":
        assert_refused(response, 400, "bad_request", "UTF-8")


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    body=st.binary(max_size=300),
    kind=st.one_of(
        st.just("multipart/form-data; boundary=x"), st.text("multipart/form-data; boundary=\"'x", max_size=50)
    ),
)
def test_no_body_is_a_fault_of_the_service(client: TestClient, body: bytes, kind: str) -> None:
    response = client.post("/verify", content=b"--x\r\n" + body, headers={"content-type": kind})
    assert response.status_code in (400, 415, 422)
    assert response.json()["error"]["message"]


def test_unknown_address_method_and_option(client: TestClient) -> None:
    assert_refused(client.get("/nothing"), 404, "not_found", "/docs")
    wrong_method = client.get("/verify")
    assert_refused(wrong_method, 405, "method_not_allowed", "/docs")
    assert wrong_method.headers["allow"] == "POST"
    assert_refused(client.post("/verify?crops=maybe", files=forms(2)), 422, "invalid", "crops")


def test_an_upload_that_is_too_large(make_client: Callable[..., TestClient]) -> None:
    client = make_client(max_body=10_000)
    refused = client.post("/verify", files=forms(2, bytes(6_000)))
    assert_refused(refused, 413, "too_large", "0.01 MB")
    assert refused.headers["connection"] == "close"
    assert client.post("/verify", files=forms(2, bytes(3_000))).status_code == 200


def test_an_upload_that_is_too_large_and_does_not_say_so(make_client: Callable[..., TestClient]) -> None:
    parts = (bytes(1_000) for _ in range(50))  # sent in chunks, without a Content-Length
    head = {"content-type": "multipart/form-data; boundary=x"}
    refused = make_client(max_body=10_000).post("/verify", content=parts, headers=head)
    assert "content-length" not in refused.request.headers
    assert refused.status_code in (400, 413)
    start = b'--x\r\nContent-Disposition: form-data; name="photographs"; filename="a"\r\n\r\n'
    parts = iter([start, *[bytes(1_000)] * 50])
    assert_refused(
        make_client(max_body=10_000).post("/verify", content=parts, headers=head), 413, "too_large", "smaller"
    )


def test_nothing_of_an_upload_is_written_to_a_file(
    make_client: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)  # what a spooled file becomes on the disk
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    response = make_client().post("/verify", files=forms(3, bytes(5_000_000)))
    assert response.status_code == 200
    assert [entry["problem"] for entry in response.json()["photographs"]] == ["not an image"] * 3


def test_photographs_of_too_many_pixels_are_not_decoded(
    make_client: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    monkeypatch.setattr(Examiner, "examine", refuse)
    hostile = (bomb(30_000, 3_000), bomb(8_000, 8_000), jpeg(900, 700))
    files = [("photographs", ("bomb.png", data)) for data in hostile]
    answer = make_client(max_pixels=500_000).post("/verify", files=files).json()
    problems = [entry["problem"] for entry in answer["photographs"]]
    assert problems[1].startswith("8000x8000 is more than the 0.5 megapixels")
    assert [problem.split()[0] for problem in problems] == ["30000x3000", "8000x8000", "900x700"]


def test_a_bomb_beyond_what_pillow_opens(client: TestClient) -> None:
    files = [("photographs", ("bomb.png", bomb(30_000, 30_000)))] * 2
    problems = [entry["problem"] for entry in client.post("/verify", files=files).json()["photographs"]]
    assert all("pixels" in problem for problem in problems)


def test_a_damaged_model_is_told(
    make_client: Callable[..., TestClient], jpegs: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise UserError("the model gives embeddings that are not finite")

    monkeypatch.setattr(Examiner, "examine", fail)
    files = [("photographs", ("a.jpg", jpegs[0]))] * 2
    assert_refused(make_client().post("/verify", files=files), 500, "internal", "not finite")


def test_an_unforeseen_fault_tells_nothing_of_itself(
    make_client: Callable[..., TestClient], jpegs: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(Examiner, "examine", fail)
    client = make_client()
    for _ in range(30):  # and leaves no place taken
        response = client.post("/verify", files=[("photographs", ("a.jpg", jpegs[0]))] * 2)
        assert_refused(response, 500, "internal", "internal error")
        assert "secret" not in response.text
    assert client.get("/health").json()["in_flight"] == 0


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes with very many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packed = zlib.compressobj(9)
    row = bytes(1 + width // 8 + 1)
    data = packed.compress(row * min(height, 3_000)) + packed.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(file, "JPEG")
    return file.getvalue()
