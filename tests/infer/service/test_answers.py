"""What the service answers to photographs that it can use, and to those it cannot."""

import base64
import io

import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx import Response
from PIL import Image

from infer.examine import Examiner
from infer.models.model import Model


def post(client: TestClient, path: str, *photographs: bytes) -> Response:
    return client.post(
        path, files=[("photographs", (f"{n}.jpg", data)) for n, data in enumerate(photographs)]
    )


def test_compares_each_with_each(client: TestClient, jpegs: list[bytes]) -> None:
    answer = post(client, "/verify", jpegs[0], jpegs[1], jpegs[0]).json()
    assert answer["model"]["name"] == "random:ir_lite"
    assert answer["threshold"] == {"value": 0.5, "source": "as asked for", "doubt": None}
    assert [entry["name"] for entry in answer["photographs"]] == ["0.jpg", "1.jpg", "2.jpg"]
    assert [(pair["first"], pair["second"]) for pair in answer["pairs"]] == [(0, 1), (0, 2), (1, 2)]
    same = answer["pairs"][1]
    assert same["similarity"] == pytest.approx(1) and same["verdict"] == "match"
    matrix = np.array(answer["similarities"])
    assert np.array_equal(matrix, matrix.T) and matrix[0, 2] == same["similarity"]
    for pair in answer["pairs"]:
        assert pair["verdict"] == ("match" if pair["similarity"] >= 0.5 else "no_match")
        assert "0.5" in pair["reasons"][0]


def test_a_model_that_knows_no_synthetic_faces_claims_nothing_of_them(
    client: TestClient, jpegs: list[bytes]
) -> None:
    answer = post(client, "/verify", jpegs[0], jpegs[0]).json()
    synthetic = answer["model"]["synthetic"]
    assert synthetic["judged"] is False
    assert synthetic["statement"].startswith("the score does not speak about synthetic faces")
    assert (
        "if both photographs are bona fide, which this model cannot tell" in answer["pairs"][0]["statement"]
    )
    assert client.get("/health").json()["model"]["synthetic"] == synthetic
    document = client.get("/openapi.json").json()
    assert synthetic["statement"][1:] in document["info"]["description"]
    assert "real" not in document["info"]["description"]


def test_tells_where_the_face_is(client: TestClient, jpegs: list[bytes]) -> None:
    face = post(client, "/verify", *jpegs[:2]).json()["photographs"][0]["face"]
    left, top, right, bottom = face["box"]
    width, height = Image.open(io.BytesIO(jpegs[0])).size
    assert 0 <= left < right <= width and 0 <= top < bottom <= height
    assert all(left <= x <= right and top <= y <= bottom for x, y in face["landmarks"])
    assert 0.5 < face["score"] <= 1 and face["crop"] is None


def test_a_crop_comes_when_it_is_asked_for(client: TestClient, jpegs: list[bytes], model: Model) -> None:
    answer = post(client, "/verify?crops=true", *jpegs[:2]).json()
    crop = answer["photographs"][1]["face"]["crop"]
    kind, _, data = crop["image"].partition(",")
    assert kind == "data:image/png;base64"
    expected = Examiner(model).examine([jpegs[1]])[0]
    assert expected.face is not None and expected.landmarks is not None
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), expected.face.image)
    assert np.allclose(crop["landmarks"], expected.landmarks, atol=0.01)


def test_a_bad_photograph_costs_its_own_row(client: TestClient, jpegs: list[bytes], faceless: bytes) -> None:
    response = post(
        client, "/verify?crops=true", jpegs[0], faceless, b"no image", jpegs[0], jpegs[1][:300], b""
    )
    answer = response.json()
    assert response.status_code == 200
    problems = [entry["problem"] for entry in answer["photographs"]]
    assert [problem is None for problem in problems] == [True, False, False, True, False, False]
    assert problems[1] == "no face found" and problems[2] == "not an image"
    assert answer["photographs"][1]["face"] is None
    usable = {0, 3}
    for row, values in enumerate(answer["similarities"]):
        assert [value is None for value in values] == [{row, at} - usable != set() for at in range(6)]
    verdicts = {(pair["first"], pair["second"]): pair["verdict"] for pair in answer["pairs"]}
    assert verdicts[0, 3] == "match" and verdicts[0, 1] == "no_face" and verdicts[1, 2] == "no_image"
    assert all(pair["reasons"] for pair in answer["pairs"])


def test_embeddings_are_those_of_the_model(
    client: TestClient, jpegs: list[bytes], faceless: bytes, model: Model
) -> None:
    answer = post(client, "/embed", jpegs[0], faceless).json()
    expected = Examiner(model).examine([jpegs[0]])[0].embedding
    assert expected is not None
    assert np.allclose(answer["photographs"][0]["embedding"], expected, atol=1e-6)
    assert answer["photographs"][1]["embedding"] is None
    assert post(client, "/embed", jpegs[0]).status_code == 200


def test_health_tells_the_model_and_the_limits(client: TestClient) -> None:
    state = client.get("/health").json()
    assert state["status"] == "ok" and state["in_flight"] == 0 and state["uptime_s"] >= 0
    assert state["model"]["backbone"] == "ir_lite" and state["threshold"]["value"] == 0.5
    assert state["limits"] == {
        "max_photographs": 10,
        "max_upload_bytes": 64_000_000,
        "max_pixels": 40_000_000,
        "max_clip_seconds": 30.0,
    }


def test_names_of_files_lose_their_folders(client: TestClient, faceless: bytes) -> None:
    files = [("photographs", (name, faceless)) for name in ("../../etc/a.png", "C:\\x\\b.png", "n" * 500)]
    answer = client.post("/verify", files=files).json()
    assert [entry["name"] for entry in answer["photographs"]] == ["a.png", "b.png", "n" * 120]


def test_the_pages_need_nothing_from_elsewhere(client: TestClient) -> None:
    for path in ("/", "/docs", "/assets/page.js", "/assets/page.css", "/assets/docs.js", "/assets/mark.svg"):
        response = client.get(path)
        assert response.status_code == 200, path
        assert "https://" not in response.text and 'src="//' not in response.text
        assert client.head(path).status_code == 200
    assert client.get("/assets/../app.py").status_code == 404
