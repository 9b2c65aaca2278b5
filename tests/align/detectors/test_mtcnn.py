"""MTCNN with weights of the published names and shapes; the published values cannot be had here."""

import itertools
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import adaptive_avg_pool2d

from align.crops.aligner import AlignedFace, Aligner
from align.crops.options import AlignOptions
from align.detectors.detection import DetectorSettings, detect
from align.detectors.mtcnn.files import FILES
from align.detectors.mtcnn.networks import output_network, proposal_network, refinement_network
from align.detectors.mtcnn.windows import Windows
from align.detectors.registry import detector_fingerprint, open_detector
from common.formats.shards import Alignment
from common.runtime.errors import UserError

NETWORKS = (proposal_network, refinement_network, output_network)
LANDMARKS = torch.tensor([[0.3, 0.7, 0.5, 0.35, 0.65], [0.35, 0.35, 0.6, 0.8, 0.8]])  # five x, five y
LOGIT = 3.0


def planted() -> list[dict[str, torch.Tensor]]:
    """Weights by which every window is a face, with landmarks at the same places of it."""
    states = []
    for make in NETWORKS:
        state = {name: torch.zeros_like(value) for name, value in make().state_dict().items()}
        head = next(name for name in state if name.endswith("_1.bias"))
        state[head][1] = LOGIT
        if "dense6_3.bias" in state:
            state["dense6_3.bias"] = LANDMARKS.flatten().clone()
        states.append(state)
    return states


def write_wheel(path: Path, contents: list[Any], legacy: bool = True) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in zip(FILES, contents, strict=False):
            file = path.with_name(name)
            torch.save(content, file, _use_new_zipfile_serialization=not legacy)
            archive.write(file, f"facenet_pytorch/data/{name}")
            file.unlink()
    return path


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return write_wheel(tmp_path / "facenet.whl", planted())


def test_parameters_have_the_published_names_and_counts() -> None:
    names, counts = zip(
        *(
            ({key.rpartition(".")[0] for key in net.state_dict()}, sum(p.numel() for p in net.parameters()))
            for net in (make() for make in NETWORKS)
        ),
        strict=True,
    )
    assert counts == (6_632, 100_178, 389_040)  # as the files of facenet-pytorch 2.6.0
    assert names[0] == {"conv1", "prelu1", "conv2", "prelu2", "conv3", "prelu3", "conv4_1", "conv4_2"}
    assert names[2] >= {"conv4", "prelu4", "dense5", "prelu5", "dense6_1", "dense6_2", "dense6_3"}


def test_windows_are_reduced_as_by_adaptive_pooling() -> None:
    image = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (61, 83, 3), dtype=np.uint8))
    rectangles = torch.tensor([[0, 0, 83, 61], [5, 7, 6, 8], [70, 10, 83, 40], [3, 4, 27, 28]])
    found = Windows(image).reduced(rectangles, 24, 20)
    planes = image.permute(2, 0, 1).float()
    for reduced, (left, top, right, bottom) in zip(found, rectangles.tolist(), strict=True):
        expected = (adaptive_avg_pool2d(planes[:, top:bottom, left:right], (24, 20)) - 127.5) / 128
        torch.testing.assert_close(reduced, expected)


def test_every_window_is_a_face_where_the_networks_say_so(wheel: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 53, 3), dtype=np.uint8)
    faces = detect(open_detector(f"mtcnn:{wheel}", DetectorSettings()), image)  # type: ignore[arg-type]
    assert len(faces) > 1
    for face in faces:
        corner, side = face.box[:2], face.box[2:] - face.box[:2] + 1
        expected = corner - 1 + LANDMARKS.T.numpy() * side
        np.testing.assert_allclose(face.landmarks, expected, atol=1e-4)
        assert face.score == pytest.approx(1 / (1 + np.exp(-LOGIT))) and side[0] == side[1] >= 19
    for one, other in itertools.combinations([face.box for face in faces], 2):
        shared = np.prod(np.clip(np.minimum(one, other)[2:] - np.maximum(one, other)[:2] + 1, 0, None))
        assert shared <= 0.7 * min(np.prod(box[2:] - box[:2] + 1) for box in (one, other))
    sure = open_detector(f"mtcnn:{wheel}", DetectorSettings(min_score=0.96))
    assert detect(sure, image) == []  # type: ignore[arg-type]
    assert detect(sure, image[:11]) == []  # type: ignore[arg-type]


def test_boxes_of_images_of_unequal_size_and_the_middle_where_there_is_no_face(
    wheel: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in ((40, 53), (64, 45), (18, 30))]
    options = AlignOptions(f"mtcnn:{wheel}", face="largest", template="box", size=32, on_missing="center")  # type: ignore[arg-type]
    found = [faces[0] for faces in Aligner(options).align_all(images) if isinstance(faces, list)]
    assert [face.alignment for face in found] == [Alignment.LANDMARKS] * 2 + [Alignment.CENTRE]
    assert all(isinstance(face, AlignedFace) and face.image.shape == (32, 32, 3) for face in found)


def test_a_folder_is_as_the_wheel(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    folder = tmp_path / "installed" / "facenet_pytorch"
    expected = detector_fingerprint(f"mtcnn:{wheel}")
    for place in (folder, folder / "data"):
        assert detector_fingerprint(f"mtcnn:{place}") == expected
        assert open_detector(f"mtcnn:{place}", DetectorSettings()).sha256 == expected  # type: ignore[union-attr]


def lacking(path: Path) -> None:
    write_wheel(path, planted()[:2])


def of_another_shape(path: Path) -> None:
    write_wheel(path, [planted()[1]] * 3)


def huge(path: Path) -> None:
    write_wheel(path, [torch.zeros(3_000_000), *planted()[1:]])


class Evil:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch ran",)


def running_code(path: Path) -> None:
    write_wheel(path, [{"conv1.weight": Evil()}, *planted()[1:]])


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lacking, "has 0 files onet.pt"),
        (of_another_shape, r"pnet.pt is not of facenet-pytorch's MTCNN \(missing"),
        (huge, "pnet.pt has more than"),
        (running_code, r"pnet.pt holds more than tensors \((posix|nt).system\)"),
        (lambda path: path.write_bytes(b"no wheel"), "File is not a zip file"),
        (lambda path: path.mkdir(), "has no pnet.pt"),
        (lambda path: None, "no such file"),
    ],
)
def test_what_is_no_such_wheel_is_told(write: Callable[[Path], object], told: str, tmp_path: Path) -> None:
    path = tmp_path / "other.whl"
    write(path)
    with pytest.raises(UserError, match=told) as refused:
        open_detector(f"mtcnn:{path}", DetectorSettings())
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)
    assert not Path("ran").exists()
