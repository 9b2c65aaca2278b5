"""Videos of requests: sessions and classifications within the bounds of the service."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from typer.testing import CliRunner

import align.tracks.clip
from infer.cli import app
from infer.models.load import load_model
from infer.models.model import Threshold
from infer.service.app import create_app
from infer.service.classify import classify_uploads
from infer.service.encoder import ServedEncoder
from infer.service.hosts import hosts_of
from infer.service.limits import ServiceLimits
from infer.service.service import Service
from infer.service.turns import GivenUpError

from ...align.media.hanging import HangingFrames


def session(client: TestClient, document: bytes, video: bytes) -> Response:
    return client.post("/session", files={"document": ("a.jpg", document), "video": ("a.mp4", video)})


def refusal(answer: Response) -> str:
    assert answer.status_code == 422, answer.text
    return str(answer.json()["error"]["message"])


@pytest.mark.slow
def test_a_session_is_the_object_that_the_command_prints(
    client: TestClient, jpegs: list[bytes], clip: bytes, classifier: Path, tmp_path: Path
) -> None:
    told = session(client, jpegs[0], clip).json()
    (tmp_path / "a.jpg").write_bytes(jpegs[0])
    (tmp_path / "a.mp4").write_bytes(clip)
    words = ["session", tmp_path / "a.jpg", tmp_path / "a.mp4", "--model", "random:ir_lite"]
    words += ["--threshold", 0.5, "--classifier", classifier, "--json"]
    printed = json.loads(CliRunner().invoke(app, list(map(str, words))).stdout)
    assert len(told["frames"]) == told["frames_looked_at"] == 5 and told["verdict"] is None
    named = {"document": "a.jpg", "video": "a.mp4", "classifiers": ["own.safetensors"]}
    for key, value in named.items():
        assert told.pop(key) == value and printed.pop(key)
    frames, wanted = told.pop("frames"), printed.pop("frames")
    assert [frame["seconds"] for frame in frames] == [frame["seconds"] for frame in wanted]
    for key in ("similarity", "synthetic"):
        assert [frame[key] for frame in frames] == pytest.approx([frame[key] for frame in wanted], abs=1e-4)
    assert told.pop("similarity") == pytest.approx(printed.pop("similarity"), abs=1e-4)
    assert told.pop("reasons")[0] == printed.pop("reasons")[0]
    assert told == printed


@pytest.mark.slow
def test_a_clip_is_classified_over_time(client: TestClient, clip: bytes, jpegs: list[bytes]) -> None:
    files = [("photographs", ("a.mp4", clip)), ("photographs", ("a.jpg", jpegs[0]))]
    film, photograph = client.post("/classify", files=files).json()["photographs"]
    (face,) = film["faces"]
    assert len(face["moments"]) == 13 and film["clip"].startswith("face 0, in 13 of 13 frames")
    assert film["verdict"] == face["verdict"] and "the threshold" in face["reason"]
    assert min(one["probability"] for one in face["moments"]) <= face["probability"]
    assert photograph["clip"] is None and photograph["faces"][0]["moments"] == []


def test_what_is_no_session_and_what_is_beyond_the_bounds(
    make_client: Callable[..., TestClient], jpegs: list[bytes], faceless: bytes, clip: bytes
) -> None:
    client = make_client(with_classifier=False, clip_seconds=0.2)
    assert refusal(session(client, faceless, clip)) == "the document: no face found"
    assert refusal(session(client, jpegs[0], clip)) == "the video: a video of more than 0.2 seconds"
    assert refusal(session(client, jpegs[0], jpegs[0])) == "the video: not a video but an image (JPEG)"
    assert refusal(session(client, clip, clip)).startswith("the document: ")
    told = refusal(client.post("/session", files={"document": ("a.jpg", jpegs[0])}))
    assert told == "send 1 video in the field 'video', not 0"
    assert "'document' or 'video'" in refusal(client.post("/session", files={"photographs": ("a", clip)}))
    small = make_client(max_pixels=10_000)
    assert "megapixels" in refusal(session(small, jpegs[0], clip))
    (row,) = small.post("/classify", files=[("photographs", ("a.mp4", clip))]).json()["photographs"]
    assert row["verdict"] == "unreadable" and "10,000 pixels for a video" in row["problem"]


@pytest.mark.slow
def test_a_session_of_a_fused_encoder_is_refused_as_one(
    make_fused: Callable[..., Path], jpegs: list[bytes], clip: bytes
) -> None:
    file = make_fused()
    service = Service(
        ServedEncoder.of(load_model(str(file), file.parent), Threshold(0.5, "as asked for")), ServiceLimits()
    )
    client = TestClient(create_app(service, hosts_of("127.0.0.1")), base_url="http://127.0.0.1")
    assert "name its recogniser with --model" in refusal(session(client, jpegs[0], clip))
    service.close()


def test_a_service_that_only_classifies(make_client: Callable[..., TestClient], jpegs: list[bytes]) -> None:
    client = make_client(with_encoder=False)
    posts = {path for path, told in client.get("/openapi.json").json()["paths"].items() if "post" in told}
    assert posts == {"/classify"} and session(client, b"", b"").status_code == 404
    state = client.get("/health").json()
    assert state["model"] is None and state["threshold"] is None
    (row,) = client.post("/classify", files={"photographs": ("a.jpg", jpegs[0])}).json()["photographs"]
    assert row["verdict"] in ("bona_fide", "synthetic")


@pytest.mark.slow
def test_a_clip_that_hangs_the_decoder_does_not_hang_the_service(
    make_client: Callable[..., TestClient], jpegs: list[bytes], clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(with_classifier=False, decode_seconds=0.2)
    monkeypatch.setattr(align.tracks.clip, "VideoFrames", HangingFrames)
    told = refusal(session(client, jpegs[0], clip))
    assert told == "the video: a video that takes more than 0.2 seconds to decode"
    assert client.get("/health").json()["in_flight"] == 0


@pytest.mark.slow
def test_a_clip_that_nobody_waits_for_is_left(make_service: Callable[..., Service], clip: bytes) -> None:
    service, asked = make_service(), iter([False, False, True])
    ensemble = service._ensemble
    assert ensemble is not None
    with pytest.raises(GivenUpError):
        classify_uploads(ensemble, [clip], service.limits, lambda: next(asked))
    assert not list(asked)
