"""The aligner: photographs are read, their faces detected, chosen and cropped."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from align.crops.choose_face import choose_faces, rank_faces
from align.crops.crop import centre_square, crop_box, crop_face, crop_resolution, inner_corners
from align.crops.options import AlignOptions, OnMissing
from align.crops.photograph import DecodedPhotograph
from align.crops.reasons import (
    COINCIDE,
    LOST_FACE,
    LOST_PART,
    NO_BOX,
    NO_FACE,
    TURNED,
    ReasonKind,
    kind_of,
)
from align.crops.second_look import Found, SecondLook
from align.detectors.detection import CroppingDetector, Detection, DetectorSettings
from align.detectors.registry import open_detector
from align.media.source import ImageSource, open_image
from align.media.unreadable import UnreadableImageError
from common.formats.crop_frame import box_square, crop_frame, crop_matrix
from common.formats.shards import Alignment
from common.runtime.device import Device
from common.runtime.onnx_session import settle_device

WINDOW_PIXELS = 30_000_000  # decoded at one time, where the detector takes several images at once
READERS = 4  # threads that decode for a GPU, in each of the few processes that share it
OVERSAMPLING = 2.0  # pixels of a reduced photograph on a side of a pixel of the crop, at the least


@dataclass(frozen=True)
class AlignedFace:
    """A face of a photograph."""

    image: NDArray[np.uint8]  # (size, size, 3) RGB
    detection: Detection  # in pixels of the photograph; landmarks and score are NaN where none was asked for
    alignment: Alignment = Alignment.LANDMARKS
    faces_found: int = 0  # at least; beside a large face the detector may not have looked for small ones
    turned: int = 0  # degrees clockwise by which the photograph is turned for it: 0, 90, 180 or 270


@dataclass(frozen=True)
class Rejection:
    """A photograph without a usable face."""

    reason: str

    @property
    def kind(self) -> ReasonKind:
        """The kind of its reason."""
        return kind_of(self.reason)


class Aligner:
    """From photographs to crops with one detector; holds no other state.

    Raises UserError when the detector that the options name is not there.

    >>> face = ft.Aligner(ft.AlignOptions(size=224)).align("anna.jpg")
    >>> face.image.shape, face.faces_found
    ((224, 224, 3), 1)
    """

    def __init__(self, options: AlignOptions = AlignOptions(), threads: int = 1) -> None:
        self.options = options
        self.frame = crop_frame(options.size, options.template, options.margin)
        settings = DetectorSettings(options.det_size, options.min_score, options.device, threads)
        self.detector = open_detector(options.detector, settings)
        self._second_look = SecondLook(self.detector, options) if self.detector else None
        on_gpu = self.detector is not None and settle_device(options.device) is Device.CUDA
        self._readers = READERS if on_gpu else 1

    def align(self, source: ImageSource) -> AlignedFace | Rejection:
        """The most prominent face of a photograph; never raises for what it holds."""
        outcome = next(self.align_all([source]))
        return outcome if isinstance(outcome, Rejection) else outcome[0]

    def align_all(
        self, sources: Sequence[ImageSource], keep_others: bool = False
    ) -> Iterator[list[AlignedFace] | Rejection]:
        """The faces to keep of each photograph, in order, those of one photograph by prominence.

        With `keep_others` all that were found are kept behind the one that the options choose; small ones are
        not looked for where it is larger, unless the options choose all. Never raises for what a photograph
        holds; UserError for what is none, such as None.
        """
        window: list[DecodedPhotograph | Rejection] = []
        batch = self.detector.batch_size if self.detector else 1
        pixels = 0
        for photograph in self._read_all(sources):
            window.append(photograph)
            pixels += photograph.pixels.size // 3 if isinstance(photograph, DecodedPhotograph) else 0
            if len(window) >= batch or pixels > WINDOW_PIXELS:
                yield from self._finish(window, keep_others)
                window, pixels = [], 0
        yield from self._finish(window, keep_others)

    def _read_all(self, sources: Sequence[ImageSource]) -> Iterator[DecodedPhotograph | Rejection]:
        """What `_read` makes of each; on a GPU a few are decoded ahead."""
        if min(self._readers, len(sources)) <= 1:
            yield from map(self._read, sources)
            return
        ahead: deque[Future[DecodedPhotograph | Rejection]] = deque()
        with ThreadPoolExecutor(self._readers) as pool:
            for source in sources:
                ahead.append(pool.submit(self._read, source))
                if len(ahead) > 2 * self._readers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def _read(self, source: ImageSource) -> DecodedPhotograph | Rejection:
        """The photograph, reduced as far as the detector's size allows, or why it cannot be read."""
        try:
            file = open_image(source, allow_cut=self.detector is not None)
            wanted = self.detector.wanted_side if self.detector else 2 * self.options.size
            side = max(file.height, file.width) if self.detector else min(file.height, file.width)
            return DecodedPhotograph.decode(file, side / wanted)
        except UnreadableImageError as error:
            return Rejection(str(error))

    def _finish(
        self, window: list[DecodedPhotograph | Rejection], keep_others: bool
    ) -> Iterator[list[AlignedFace] | Rejection]:
        photographs = [entry for entry in window if isinstance(entry, DecodedPhotograph)]
        found = iter(self._detect(photographs))
        for entry in window:
            if isinstance(entry, Rejection):
                yield entry
                continue
            faces = next(found)
            try:
                yield self._crop(entry, faces, keep_others)
            except UnreadableImageError as error:  # the whole of it is decoded only now
                yield Rejection(str(error))

    def _detect(self, photographs: list[DecodedPhotograph]) -> list[list[Detection]]:
        """The usable faces of the first look, in pixels of the photographs as they were decoded."""
        looks = self._second_look
        if self.detector is None or looks is None or not photographs:
            return [[] for _ in photographs]
        found = self.detector.detect_batch(
            [photograph.pixels for photograph in photographs],
            [looks.early_exit(entry.pixels.shape[:2], entry.reduction) for entry in photographs],
        )
        return [looks.usable(faces, entry.reduction) for faces, entry in zip(found, photographs, strict=True)]

    def _crop(
        self, photograph: DecodedPhotograph, faces: list[Detection], keep_others: bool
    ) -> list[AlignedFace] | Rejection:
        if self._second_look is None:
            return [self._without_landmarks(photograph, Alignment.AS_GIVEN)]
        found = self._second_look.after(photograph, faces)
        size = found.photograph.pixels.shape[:2]
        chosen = choose_faces(found.faces, self.options.face, *size)
        standing = self._second_look.standing(found, chosen)
        if keep_others:
            others = rank_faces(found.faces, self.options.face, *size)[len(chosen) :]
            standing += self._second_look.standing_as_found(found, others)
        try:
            aligned = [self._crop_face(found, face, turned) for face, turned in standing]
        except ValueError:
            return Rejection(COINCIDE if self.frame.box_margin is None else NO_BOX)
        whole = [face for face in aligned if face is not None]
        if whole:
            return whole
        if photograph.file.lost is not None:
            return Rejection(LOST_FACE if standing else LOST_PART)
        if self.options.on_missing is OnMissing.CENTER:
            return [self._without_landmarks(photograph, Alignment.CENTRE)]
        return Rejection(TURNED if found.lies or chosen else NO_FACE)

    def _crop_face(self, found: Found, seen: Detection, turned: int) -> AlignedFace | None:
        """The crop of a face; None where it shows pixels that the file lacks."""
        photograph = found.photograph
        face, lost = photograph.to_full_size(seen), photograph.file.lost
        matrix = crop_matrix(face.landmarks, face.box, self.frame)
        crop = self._cut(photograph, face, crop_resolution(matrix))
        if lost is not None and lost.reaches(inner_corners(matrix, self.frame.size)):
            return None
        alignment = Alignment.LANDMARKS if lost is None else Alignment.TRUNCATED
        return AlignedFace(crop, face, alignment, len(found.faces), turned)

    def _cut(self, photograph: DecodedPhotograph, face: Detection, resolution: float) -> NDArray[np.uint8]:
        """The pixels of a crop, one of which is `resolution` pixels of the whole photograph wide.

        By landmarks they are cut from a photograph reduced no further than `OVERSAMPLING` allows, by the box
        from all its pixels: what is resized twice has lost the traces that such a crop is for.
        """
        if isinstance(self.detector, CroppingDetector):
            return self.detector.crop(photograph.sharper(1).pixels, face.landmarks)
        if self.frame.box_margin is not None:
            square = box_square(face.landmarks, face.box, self.frame.box_margin)
            return crop_box(photograph.sharper(1).pixels, square, self.frame.size)
        source = photograph.sharper(resolution / OVERSAMPLING)
        return crop_face(source.pixels, source.from_full_size(face.landmarks), self.frame)

    def _without_landmarks(self, photograph: DecodedPhotograph, alignment: Alignment) -> AlignedFace:
        """The square in the middle of a photograph, as a face whose landmarks and score are NaN."""
        height, width = photograph.file.height, photograph.file.width
        side = min(height, width)
        left, top = (width - side) // 2, (height - side) // 2
        nowhere = Detection(
            np.array([left, top, left + side, top + side], np.float32),
            np.full((5, 2), np.nan, np.float32),
            float("nan"),
        )
        source = photograph.sharper(side / self.options.size)
        return AlignedFace(centre_square(source.pixels, self.options.size), nowhere, alignment)


@lru_cache(maxsize=4)
def aligner_of_process(options: AlignOptions) -> Aligner:
    """The aligner with these options, which a process opens once for all its tasks and calls."""
    return Aligner(options)


def align_photographs(
    sources: Sequence[ImageSource], options: AlignOptions = AlignOptions()
) -> list[AlignedFace | Rejection]:
    """The most prominent face of each photograph; a function that worker processes can be given."""
    outcomes = aligner_of_process(options).align_all(sources)
    return [outcome if isinstance(outcome, Rejection) else outcome[0] for outcome in outcomes]
