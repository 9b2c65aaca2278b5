"""What the tests of several packages share: real faces, tiny shards, commands in their own processes."""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, cast

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray
from PIL import Image

from common.formats.shards import ShardHeader, ShardRows, write_shard
from common.models.plane_names import PlaneName

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"

# a machine that is busy is no failure
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

Crop = NDArray[np.uint8]
Finished = subprocess.CompletedProcess[str]


class Started:
    """A command that was begun, in the manner of `subprocess.Popen`, with a process group of its own."""

    def __init__(
        self,
        arguments: list[str],
        connection: socket.socket,
        out: IO[str],
        errors: IO[str],
        opened: ExitStack,
    ) -> None:
        self.args = arguments
        self.returncode: int | None = None
        self._connection, self._answered = connection, b""
        self._out, self._errors, self._opened = out, errors, opened
        self._told: tuple[str, str] | None = None
        self.pid = cast(int, self._answer(60))

    def _answer(self, timeout: float | None) -> int | None:
        """The next number that is answered, None if none is within so many seconds."""
        while b"\n" not in self._answered:
            if not select.select([self._connection], [], [], timeout)[0]:
                return None
            received = self._connection.recv(100)
            assert received, "what waited for the command has ended"
            self._answered += received
        number, _, self._answered = self._answered.partition(b"\n")
        return int(number)

    def poll(self) -> int | None:
        if self.returncode is None and (status := self._answer(0)) is not None:
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if (status := self._answer(timeout)) is None:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def told(self) -> str:
        """What it has written to stdout until now."""
        return os.pread(self._out.fileno(), 10_000_000, 0).decode()

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        self.wait(timeout)
        if self._told is None:
            for file in (self._out, self._errors):
                file.seek(0)
            self._told = self._out.read(), "" if self._errors is self._out else self._errors.read()
            self._opened.close()
        return self._told

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Preloaded:
    """A process that waits with its imports done, and commands that are forked of it; see `preloaded.py`.

    Args:
        environment: of what waits, and so of the imports.
        folder: for its socket.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._address = str(folder / "socket")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self._address)
            listening.listen(64)
            number = listening.fileno()
            self._waiting = subprocess.Popen(
                [sys.executable, str(REPOSITORY / "tests" / "preloaded.py"), str(number)],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                pass_fds=[number],
            )

    def start(
        self, words: Sequence[object], cwd: Path, environment: Mapping[str, str], merged: bool = False
    ) -> Started:
        """`python -m WORDS`, or a script and words, begun; stderr goes where stdout does if `merged`."""
        called = list(map(str, words))
        asked = json.dumps({"words": called, "cwd": str(cwd), "environment": dict(environment)})
        with ExitStack() as opened:
            out = opened.enter_context(TemporaryFile("w+", encoding="utf-8"))
            errors = out if merged else opened.enter_context(TemporaryFile("w+", encoding="utf-8"))
            connection = opened.enter_context(socket.socket(socket.AF_UNIX))
            connection.connect(self._address)
            socket.send_fds(connection, [asked.encode()], [out.fileno(), errors.fileno()])
            arguments = [sys.executable, *([] if called[0].endswith(".py") else ["-m"]), *called]
            return Started(arguments, connection, out, errors, opened.pop_all())

    def run(
        self, words: Sequence[object], cwd: Path, environment: Mapping[str, str], timeout: float
    ) -> Finished:
        """`python -m WORDS` to its end, as by `subprocess.run`. Raises TimeoutExpired, and has it killed."""
        started = self.start(words, cwd, environment)
        try:
            out, errors = started.communicate(timeout)
        except subprocess.TimeoutExpired:
            started.kill()
            raise
        assert started.returncode is not None
        return Finished(started.args, started.returncode, out, errors)

    def close(self) -> None:
        """End what waits."""
        self._waiting.kill()
        self._waiting.wait()


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LACKING = {
    "shared": None if SHARED.is_dir() else "the folder 'shared' beside the repository is not there",
    "browser": None if CHROMIUM else "there is no Chromium; install it (Debian: apt install chromium)",
}


def _lacks_cuda() -> str | None:
    import torch  # slow: only for a run that has such tests

    return None if torch.cuda.is_available() else "there is no GPU that torch can use"


def pytest_configure(config: pytest.Config) -> None:
    """Let the commands that the tests start hear Ctrl-C, which a shell has its background jobs ignore."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lacks = dict(LACKING)
    if any(item.get_closest_marker("cuda") for item in items):
        lacks["cuda"] = _lacks_cuda()
    for item in items:
        for marker, lacking in lacks.items():
            if lacking and item.get_closest_marker(marker):  # keywords hold parameters of this name too
                item.add_marker(pytest.mark.skip(reason=lacking))


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    return SHARED


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A real browser without a window; for tests that are marked `browser`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # as root, and in containers, Chromium has no sandbox; it opens only what the tests made
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def process_environment() -> dict[str, str]:
    """For a process that is to find the packages from another working directory."""
    kept = {name: value for name, value in os.environ.items() if name != "FACETRUST_TRACEBACK"}
    return kept | {"PYTHONPATH": str(REPOSITORY), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture(scope="session")
def start_preloaded() -> type[Preloaded]:
    return Preloaded


@pytest.fixture(scope="session")
def preloaded(
    process_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Preloaded]:
    """Processes of commands that need not import torch each."""
    started = Preloaded(process_environment, tmp_path_factory.mktemp("preloaded"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def run_commands(process_environment: dict[str, str], preloaded: Preloaded) -> Callable[..., list[Finished]]:
    """Runs several commands, modules or scripts with words, two at a time; answers in their order."""

    def run(commands: Sequence[Sequence[object]], cwd: Path, **environment: str) -> list[Finished]:
        def one(words: Sequence[object]) -> Finished:
            return preloaded.run(words, cwd, process_environment | environment, timeout=300)

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(one, commands))

    return run


@pytest.fixture
def start_command(
    process_environment: dict[str, str], preloaded: Preloaded, tmp_path: Path
) -> Iterator[Callable[..., Started]]:
    """Starts `python -m WORDS` in a process group of its own, which ends with the test."""
    started: list[Started] = []

    def start(*words: object, cwd: Path = tmp_path, merged: bool = False, **environment: str) -> Started:
        started.append(preloaded.start(words, cwd, process_environment | environment, merged))
        return started[-1]

    yield start
    for running in started:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate(timeout=30)


@pytest.fixture(scope="session")
def assert_refused() -> Callable[[Finished, str], None]:
    """One line on stderr with this text in it, exit status 2, no traceback."""

    def check(done: Finished, text: str) -> None:
        told = f"{done.args[2:]}: status {done.returncode}, stderr {done.stderr!r}"
        assert done.returncode == 2, told
        assert "Traceback" not in done.stderr + done.stdout, told
        assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("error: "), told
        assert "internal error" not in done.stderr, told
        assert text in done.stderr, told

    return check


@pytest.fixture(scope="session")
def group_photograph() -> Crop:
    """(886, 1280, 3) RGB, six people side by side."""
    from insightface.data import get_image

    return np.ascontiguousarray(get_image("t1")[:, :, ::-1])


@pytest.fixture(scope="session")
def portraits(group_photograph: Crop) -> list[Crop]:
    """Six RGB photographs of one person each, cut from the group photograph, left to right."""
    from align.detectors.detection import detect
    from align.detectors.embedded import EmbeddedRetinaFace

    faces = sorted(detect(EmbeddedRetinaFace(), group_photograph), key=lambda face: face.box[0])
    assert len(faces) == 6
    cuts = []
    for face in faces:
        x, y = (face.box[:2] + face.box[2:]) / 2
        half = 0.9 * float(np.max(face.box[2:] - face.box[:2]))
        left, top = max(0, round(x - half)), max(0, round(y - half))
        cuts.append(group_photograph[top : round(y + half), left : round(x + half)].copy())
    return cuts


@pytest.fixture(scope="session")
def crops(portraits: list[Crop]) -> list[Crop]:
    """The aligned crops of the six portraits, (112, 112, 3) RGB."""
    from align.crops.crop import crop_face
    from align.detectors.detection import detect
    from align.detectors.embedded import EmbeddedRetinaFace

    detector = EmbeddedRetinaFace()
    return [crop_face(image, detect(detector, image)[0].landmarks) for image in portraits]


@pytest.fixture(scope="session")
def save_jpeg() -> Callable[[Path, Crop], Path]:
    """Writes an RGB image, folders included."""

    def save(path: Path, image: Crop) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path, quality=95)
        return path

    return save


@pytest.fixture(scope="session")
def shard_header() -> ShardHeader:
    return ShardHeader("detector-x", "ab" * 32, "arcface", 112)


@pytest.fixture(scope="session")
def make_rows() -> Callable[..., ShardRows]:
    """Rows from images, identities and synthetic flags; the other columns are made up."""

    def make(images: Sequence[Crop], identity: Sequence[str], synthetic: Sequence[int]) -> ShardRows:
        count = len(images)
        return ShardRows(
            images=np.array(images, np.uint8).reshape(count, 112, 112, 3),
            identity=list(identity),
            synthetic=np.array(synthetic, np.uint8),
            path=[f"{person}/{index}.jpg" for index, person in enumerate(identity)],
            landmarks=np.arange(count * 10, dtype=np.float32).reshape(count, 5, 2),
            box=np.arange(count * 4, dtype=np.float32).reshape(count, 4),
            score=np.linspace(0.5, 1, count, dtype=np.float32),
            alignment=np.zeros(count, np.uint8),
        )

    return make


@pytest.fixture(scope="session")
def variant() -> Callable[[Crop, int, bool], Crop]:
    """Another view of a crop: jittered and mirrored; a synthetic one has a smooth, tinted middle as well."""

    def make(crop: Crop, seed: int, synthetic: bool) -> Crop:
        rng = np.random.default_rng([seed, synthetic])
        matrix = cv2.getRotationMatrix2D((56, 56), rng.uniform(-8, 8), rng.uniform(0.95, 1.08))
        matrix[:, 2] += rng.uniform(-3, 3, 2)
        image = cv2.warpAffine(crop, matrix, (112, 112), borderMode=cv2.BORDER_REPLICATE)
        if rng.random() < 0.5:
            image = image[:, ::-1]
        image = image * rng.uniform(0.8, 1.2) + rng.normal(0, 3, image.shape)
        if synthetic:
            image[30:90, 25:87] = np.add(cv2.GaussianBlur(image[30:90, 25:87], (0, 0), 4), [25, -10, -25])
        return image.clip(0, 255).astype(np.uint8)

    return make


@pytest.fixture(scope="session")
def tiny_shards(
    tmp_path_factory: pytest.TempPathFactory,
    crops: list[Crop],
    variant: Callable[[Crop, int, bool], Crop],
    make_rows: Callable[..., ShardRows],
    shard_header: ShardHeader,
) -> Path:
    """Two shards of real faces: 6 people, each with 6 bona fide and 3 synthetic crops; not to be changed."""
    folder = tmp_path_factory.mktemp("tiny_shards")
    for number, people in enumerate((range(3), range(3, 6))):
        made = [
            (variant(crops[person], 100 * person + index, index >= 6), f"person{person}", int(index >= 6))
            for person in people
            for index in range(9)
        ]
        images, names, flags = zip(*made, strict=True)
        write_shard(folder / f"shard-{number:05d}.h5", shard_header, make_rows(images, names, flags))
    return folder


@pytest.fixture(scope="session")
def make_classifier(tmp_path_factory: pytest.TempPathFactory, portraits: list[Crop]) -> Callable[..., Path]:
    """Writes a checkpoint of a small classifier, whose logits of the portraits lie on both sides of 0.

    It takes `point` and `crops` of its header, by default box crops of 64 pixels, the `size` of its input,
    the `seed` of its weights, and the `planes` that it sees.
    """
    import torch

    from align.crops.aligner import AlignedFace, Aligner
    from align.crops.options import AlignOptions
    from common.formats.crop_frame import Template
    from common.formats.crop_size import fit_crop
    from common.metrics.figures import Ranking
    from common.models.classifier import Classifier, classifier_input
    from common.models.classifier_checkpoint import ClassifierInfo, OperatingPoint, save_classifier
    from common.models.crop_settings import CropSettings
    from common.models.standing import Standing

    aligner = Aligner(AlignOptions(size=64, template=Template.BOX, margin=0.2))
    faces = [cast(AlignedFace, aligner.align(portrait)).image for portrait in portraits]
    network = "timm:test_resnet"
    auc = Ranking("auc", "AUC", mark="auc", better="higher")
    box = CropSettings(template="box", margin=0.2, size=64)

    def make(
        point: OperatingPoint | None = None,
        crops: CropSettings | None = box,
        size: int = 32,
        seed: int = 19,
        planes: tuple[PlaneName, ...] = ("rgb",),
    ) -> Path:
        torch.manual_seed(seed)
        classifier = Classifier(network, classifier_input(network, size, planes), planes=planes).eval()
        with torch.no_grad():
            head = classifier.network.model.get_classifier()
            head.weight *= 500  # a new one begins small
            seen = torch.from_numpy(np.stack([fit_crop(crop, size) for crop in faces]))
            head.bias -= classifier.score(seen.permute(0, 3, 1, 2)).mean()
        info = ClassifierInfo(
            network=network,
            input_format=classifier.input_format,
            planes=planes,
            point=point or OperatingPoint(),
            crops=crops,
            recipe="test",
        )
        standing = Standing(
            task="classification", network=network, run="r", epoch=1, step=2, validation="v", rankings=(auc,),
            figures={"auc": 0.9},
        )  # fmt: skip
        path = tmp_path_factory.mktemp("classifier") / "own.safetensors"
        save_classifier(path, classifier, info, standing)
        return path

    return make


@pytest.fixture(scope="session")
def make_fused(
    tmp_path_factory: pytest.TempPathFactory, make_classifier: Callable[..., Path]
) -> Callable[..., Path]:
    """Writes a checkpoint of a fused encoder: a random ir_lite and a small classifier of loose crops.

    It takes `fusion`'s changes by name, and those of its header.
    """
    import torch

    from common.models.classifier_checkpoint import load_classifier
    from common.models.crop_settings import CropSettings
    from common.models.encoder import Encoder
    from common.models.fused.checkpoint import FusedInfo, save_fused
    from common.models.fused.encoder import FusedEncoder
    from common.models.fused.fusion import Fusion
    from common.models.fused.wide_crop import wide_crop

    def make(fusion: Mapping[str, float] | None = None, **header: object) -> Path:
        loaded = load_classifier(make_classifier(crops=CropSettings(template="loose", margin=0.5, size=64)))
        torch.manual_seed(3)
        recogniser = Encoder("ir_lite").eval()
        crops = wide_crop(None, 112, loaded.info.crops, loaded.info.input_format.size)
        joining = Fusion(features=recogniser.embedding_size, **(fusion or {}))
        fused = FusedEncoder(recogniser, loaded.classifier, crops, joining)
        info = FusedInfo(
            backbone="ir_lite",
            backbone_input=recogniser.input_format,
            network=loaded.info.network,
            network_input=loaded.info.input_format,
            crops=crops,
            fusion=joining,
            recogniser="ir_lite.pt",
            classifier="own.safetensors",
        ).model_copy(update=header)
        path = tmp_path_factory.mktemp("fused") / "fused.safetensors"
        save_fused(path, fused, info)
        return path

    return make
