"""A clip, from its file to the crops of the people in it, track by track."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from align.crops.aligner import AlignedFace, Aligner, Rejection
from align.crops.options import FaceChoice
from align.media.unreadable import UnreadableImageError
from align.media.video import Frame, VideoFrames
from align.media.video_file import VideoSource
from align.media.video_limits import USUAL_LIMITS, VideoLimits
from align.media.video_process import GuardedFrames
from align.tracks.appearance import look_of
from align.tracks.crop_spool import MOST_BYTES as SPOOLED
from align.tracks.crop_spool import CropSpool
from align.tracks.cuts import ShotCounter
from align.tracks.linker import SeenFace, TrackLinker
from align.tracks.options import ClipOptions
from common.formats.shards import Alignment

MOST_BYTES = 512_000_000  # of the crops of a clip where they stay in memory
LACKS_END = "damaged video (it lacks its end"


@dataclass(frozen=True)
class TrackedFace:
    """A face of a track."""

    face: AlignedFace
    frame: int  # among all frames of the clip, from 0
    seconds: float  # since its first frame
    track: int


@dataclass(frozen=True)
class AlignedClip:
    """The faces to keep of a clip."""

    faces: list[TrackedFace]  # track by track, each in order of time
    main: int  # the track that is chosen in most frames
    seconds: tuple[float, ...]  # of the frames that were looked at
    faceless: int  # of these, without a face

    @property
    def frames(self) -> int:
        """How many frames were looked at."""
        return len(self.seconds)


def align_clip(
    aligner: Aligner,
    source: VideoSource,
    options: ClipOptions,
    spool: CropSpool | None = None,
    limits: VideoLimits = USUAL_LIMITS,
    watch: Callable[[], None] = lambda: None,
) -> AlignedClip | Rejection:
    """The tracks of a video that the aligner's choice of a face keeps; never raises for what it holds.

    Crops are in memory, or in the spool; OSError says that its disk is full. `watch` is called every few
    frames, and what it raises ends the reading.

    Which is a clip's main track is decided by a vote of its frames, in each of which the aligner chooses a
    face; the choice `all` keeps the others too. Where no frame has a face and the middle of each is taken
    instead, these are a track, and so are frames that are crops already.
    """
    reader = _ClipReader(aligner, spool)
    frames = GuardedFrames(VideoFrames(source, options.choice, limits))
    try:
        for batch in _batches(frames, aligner.detector.batch_size if aligner.detector else 1):
            watch()
            reader.read(batch)
    except UnreadableImageError as error:
        return Rejection(str(error))
    return reader.result(frames.truncated)


class _ClipReader:
    """What is known of a clip while its frames are read."""

    def __init__(self, aligner: Aligner, spool: CropSpool | None) -> None:
        self._aligner, self._spool = aligner, spool
        self._linker, self._shots = TrackLinker(), ShotCounter()
        self._linked: list[TrackedFace] = []
        self._as_they_are: list[TrackedFace] = []  # frames without landmarks
        self._votes: Counter[int] = Counter()
        self._reasons: Counter[str] = Counter()  # of frames without a face
        self._seconds: list[float] = []  # of all frames
        self._bytes = 0

    def read(self, frames: list[Frame]) -> None:
        """Find the faces of the next frames. Raises UnreadableImageError where they become too many."""
        outcomes = self._aligner.align_all([frame.image for frame in frames], keep_others=True)
        for frame, outcome in zip(frames, outcomes, strict=True):
            self._seconds.append(frame.seconds)
            shot = self._shots.shot_of(frame.image)
            if isinstance(outcome, Rejection):
                self._reasons[outcome.reason] += 1
                continue
            outcome = [self._kept(face) for face in outcome]
            if outcome[0].alignment is Alignment.LANDMARKS:
                self._link(frame, outcome, shot)
            else:
                self._as_they_are.append(TrackedFace(outcome[0], frame.index, frame.seconds, 0))

    def _kept(self, face: AlignedFace) -> AlignedFace:
        """The face, with its crop where crops are kept."""
        self._bytes += face.image.nbytes
        most = MOST_BYTES if self._spool is None else SPOOLED
        if self._bytes > most:
            raise UnreadableImageError(
                f"a video with more than {most // 10**6:,} MB of crops; take fewer of its frames"
            )
        return face if self._spool is None else replace(face, image=self._spool.store(face.image))

    def _link(self, frame: Frame, faces: list[AlignedFace], shot: int) -> None:
        seen = [
            SeenFace(one.box, look_of(frame.image, one.box, one.landmarks))
            for one in (face.detection for face in faces)
        ]
        tracks = self._linker.link(seen, frame.seconds, shot)
        self._votes[tracks[0]] += 1  # the faces are in the order in which they would be chosen
        self._linked += [
            TrackedFace(face, frame.index, frame.seconds, track)
            for face, track in zip(faces, tracks, strict=True)
        ]

    def result(self, truncated: bool) -> AlignedClip | Rejection:
        """What the whole clip comes to."""
        if not self._linked:
            return self._without_tracks(truncated)
        main = min(self._votes, key=lambda track: (-self._votes[track], track))
        kept = [
            _of_truncated(face) if truncated else face
            for face in self._linked
            if face.track == main or self._aligner.options.face is FaceChoice.ALL
        ]
        kept.sort(key=lambda face: face.track)  # stable: each stays in order of time
        return AlignedClip(kept, main, tuple(self._seconds), self._without_face())

    def _without_tracks(self, truncated: bool) -> AlignedClip | Rejection:
        given = any(face.face.alignment is Alignment.AS_GIVEN for face in self._as_they_are)
        if truncated:  # photographs that lack their end are not taken so either
            return Rejection(f"{LACKS_END})" if given else f"{LACKS_END}, without a face in what is left)")
        if self._as_they_are:
            return AlignedClip(self._as_they_are, 0, tuple(self._seconds), self._without_face())
        (reason, _), *_ = self._reasons.most_common(1)
        return Rejection(f"{reason.split(' (')[0]} (in {len(self._seconds):,} frames)")

    def _without_face(self) -> int:
        middles = sum(face.face.alignment is Alignment.CENTRE for face in self._as_they_are)
        return middles + self._reasons.total()


def _of_truncated(face: TrackedFace) -> TrackedFace:
    return replace(face, face=replace(face.face, alignment=Alignment.TRUNCATED))


def _batches(frames: Iterable[Frame], size: int) -> Iterator[list[Frame]]:
    batch: list[Frame] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
