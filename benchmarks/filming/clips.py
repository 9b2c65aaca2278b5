"""Clips to measure with: rendered ones, and one that is repeated to any length."""

import shutil
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2

from align.media.video import VideoFrames
from align.media.video_choice import AllFrames
from facetrust.sample.clips.dataset import write_clips
from facetrust.sample.clips.plan import RATE
from facetrust.sample.clips.video_file import encoded_video
from facetrust.sample.options import ClipOptions

QUALITY = 23  # x264's usual one

KINDS = {".mp4", ".mov", ".mkv", ".webm", ".avi"}


def rendered_clips(folder: Path, count: int, side: int) -> list[Path]:
    """So many rendered clips of a few seconds each, enlarged to frames of `side` pixels."""
    write_clips(folder / "rendered", ClipOptions(count))
    enlarged = folder / "enlarged"
    enlarged.mkdir()
    for number, clip in enumerate(clips_in(folder / "rendered")[:count]):
        frames = [cv2.resize(frame.image, (side, side)) for frame in VideoFrames(clip, AllFrames())]
        (enlarged / f"{number:03d}.mp4").write_bytes(encoded_video(frames, RATE, QUALITY))
    return clips_in(enlarged)


def clips_in(folder: Path) -> list[Path]:
    """The clips of a folder and the folders in it, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS)


def copied(clips: Sequence[Path], folder: Path) -> list[Path]:
    """The same clips in one folder of their own, under numbers."""
    folder.mkdir()
    copies = [folder / f"{number:05d}{clip.suffix.lower()}" for number, clip in enumerate(clips)]
    for clip, copy in zip(clips, copies, strict=True):
        shutil.copyfile(clip, copy)  # a link out of the folder is not followed
    return copies


def prolonged(clip: Path, out: Path, seconds: float) -> Path:
    """The pictures of a clip again and again, as they are coded, until they last so long."""
    with av.open(str(clip)) as source, av.open(str(out), "w") as container:
        (stream,) = source.streams.video
        if stream.average_rate is None or stream.time_base is None:
            raise ValueError(f"{clip} tells no frame rate")
        copy = container.add_stream_from_template(stream)
        packets = [(bytes(packet), packet.pts, packet.dts, packet.is_keyframe) for packet in _of(source)]
        length = round(len(packets) / stream.average_rate / stream.time_base)
        for turn in range(-(-round(seconds / stream.time_base) // length)):
            for data, shown, decoded, is_key in packets:
                packet = av.Packet(data)
                packet.stream, packet.time_base = copy, Fraction(stream.time_base)
                packet.pts, packet.dts, packet.is_keyframe = (
                    shown + turn * length,
                    decoded + turn * length,
                    is_key,
                )
                container.mux(packet)
    return out


def _of(source: av.container.InputContainer) -> list[av.Packet]:
    return [packet for packet in source.demux(video=0) if packet.size]
