"""What the service answers to `/classify`: every face, within its bounds, and none without a classifier."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx import Response
from numpy.typing import NDArray
from PIL import Image

import facetrust as ft
from infer.service import classify


def post(client: TestClient, *photographs: bytes) -> Response:
    return client.post(
        "/classify", files=[("photographs", (f"{n}.jpg", data)) for n, data in enumerate(photographs)]
    )


def test_each_photograph_has_the_verdict_that_the_library_gives(
    client: TestClient, jpegs: list[bytes], faceless: bytes, classifier: str
) -> None:
    sent = [*jpegs, faceless, b"no image"]
    answer = post(client, *sent).json()
    said = answer["classifier"]
    assert (said["name"], said["network"], said["crop_size"]) == (
        "own.safetensors",
        "timm:test_resnet",
        32,
    )
    assert (said["threshold"], said["threshold_source"], said["undecided"]) == (0.5, "EER", [0.5, 0.5])
    assert client.get("/health").json()["classifier"] == said
    expected = ft.classify(sent, model=ft.load_classifier(classifier))
    for row, wanted in zip(answer["photographs"], expected, strict=True):
        assert row["verdict"] == wanted.verdict.value
        if wanted.probability is None:
            assert (row["faces"], row["faces_found"], row["problem"]) == ([], 0, wanted.reason)
        else:
            (face,) = row["faces"]
            assert face["probability"] == pytest.approx(wanted.probability, abs=1e-5)
            assert face["reason"] == wanted.reason and row["problem"] is None
            left, top, right, bottom = face["box"]
            assert 0 <= left < right and 0 <= top < bottom and 0.5 < face["score"] <= 1
    assert {row["verdict"] for row in answer["photographs"]} == {
        "bona_fide", "synthetic", "no_face", "unreadable",
    }  # fmt: skip


def test_every_face_of_one_photograph_up_to_a_bound(
    client: TestClient, group_photograph: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.BytesIO()
    Image.fromarray(group_photograph).save(file, "PNG")
    (row,) = post(client, file.getvalue()).json()["photographs"]
    verdicts = {face["verdict"] for face in row["faces"]}
    assert len(row["faces"]) == row["faces_found"] == 6
    assert row["verdict"] == ("synthetic" if "synthetic" in verdicts else "bona_fide")
    monkeypatch.setattr(classify, "MOST_FACES", 2)
    (bounded,) = post(client, file.getvalue()).json()["photographs"]
    assert bounded["faces_found"] == 6
    assert [face["box"] for face in bounded["faces"]] == [face["box"] for face in row["faces"][:2]]


def test_the_bounds_of_the_service_hold(make_client: Callable[..., TestClient], jpegs: list[bytes]) -> None:
    small = make_client(max_pixels=10_000, max_body=200_000)
    (row,) = post(small, jpegs[0]).json()["photographs"]
    assert row["verdict"] == "unreadable" and "megapixels that the service takes" in row["problem"]
    assert post(small, bytes(300_000)).status_code == 413
    assert post(small).status_code in (400, 415, 422)
    assert post(small, *[b"x"] * 11).status_code == 422


def test_without_a_classifier_there_is_no_such_address(
    make_client: Callable[..., TestClient], jpegs: list[bytes]
) -> None:
    client = make_client(with_classifier=False)
    assert post(client, jpegs[0]).status_code == 404
    assert "/classify" not in client.get("/openapi.json").json()["paths"]
    assert client.get("/health").json()["classifier"] is None
