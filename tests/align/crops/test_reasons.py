from pathlib import Path

import pytest

from align.crops.aligner import Rejection
from align.crops.reasons import COINCIDE, NO_FACE, TURNED, ReasonKind, kind_of
from align.media.read import UnreadableImageError, read_image
from align.sources.walk import DEAD_LINK, LINK_OUT


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("no such file", ReasonKind.NO_SUCH_FILE),
        (DEAD_LINK, ReasonKind.NO_SUCH_FILE),
        ("no permission to read", ReasonKind.CANNOT_BE_READ),
        ("cannot be read (Input/output error)", ReasonKind.CANNOT_BE_READ),
        ("not enough memory to decode", ReasonKind.CANNOT_BE_READ),
        ("a folder that cannot be read (Permission denied)", ReasonKind.CANNOT_BE_READ),
        ("not an image", ReasonKind.NO_IMAGE),
        ("damaged image (image file is truncated)", ReasonKind.NO_IMAGE),
        ("JPEG XL is not read; convert it to JPEG or PNG", ReasonKind.NO_IMAGE),
        ("30000x30000 is more than 120,000,000 pixels", ReasonKind.NO_IMAGE),
        ("8x8 is too small for a face", ReasonKind.NO_IMAGE),
        ("a file of more than 400 MB", ReasonKind.NO_IMAGE),
        ("an empty file, not a video", ReasonKind.NO_IMAGE),
        ("damaged video (it lacks its end, without a face in what is left)", ReasonKind.NO_IMAGE),
        ("a video of more than 500,000 frames", ReasonKind.NO_IMAGE),
        ("a video that takes more than 1,800 seconds to decode", ReasonKind.NO_IMAGE),
        (NO_FACE, ReasonKind.NO_FACE),
        (f"{NO_FACE} (in 32 frames)", ReasonKind.NO_FACE),
        (COINCIDE, ReasonKind.NO_FACE),
        (TURNED, ReasonKind.TURNED),
        (LINK_OUT, ReasonKind.OTHER),
        ("listed twice", ReasonKind.OTHER),
        ("", ReasonKind.OTHER),
    ],
)
def test_reasons_are_told_apart_by_their_words(reason: str, kind: ReasonKind) -> None:
    assert kind_of(reason) is kind
    assert Rejection(reason).kind is kind


def test_reasons_of_real_files_have_their_kinds(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no image")
    (tmp_path / "folder.jpg").mkdir()
    found = {}
    for name in ("absent.jpg", "text.jpg", "folder.jpg"):
        with pytest.raises(UnreadableImageError) as told:
            read_image(tmp_path / name)
        found[name] = kind_of(str(told.value))
    assert found == {
        "absent.jpg": ReasonKind.NO_SUCH_FILE,
        "text.jpg": ReasonKind.NO_IMAGE,
        "folder.jpg": ReasonKind.NO_IMAGE,
    }
