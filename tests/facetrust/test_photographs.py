"""Verify, embed and align, with photographs in every form."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import facetrust as ft

Crop = NDArray[np.uint8]


def png(pixels: Crop, **more: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", **more)
    return file.getvalue()


def same_photograph(pixels: Crop, folder: Path) -> list[Any]:
    """One photograph as a path in text, a path, bytes, an array, a view of one, and an image of Pillow's."""
    path = folder / "portrait.png"
    path.write_bytes(png(pixels))
    return [str(path), path, path.read_bytes(), pixels, pixels[:, ::-1][:, ::-1], Image.fromarray(pixels)]


def test_every_form_of_a_photograph_gives_the_same(
    tmp_path: Path, portraits: list[Crop], model: ft.Model
) -> None:
    forms = same_photograph(portraits[0], tmp_path)
    vectors = ft.embed(forms, model=model).vectors
    assert vectors.shape == (6, 128) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(vectors, np.repeat(vectors[:1], 6, axis=0))
    others = [ft.verify(form, portraits[1], model=model) for form in forms]
    assert others == [others[0]] * 6 and others[0].similarity is not None
    (face,) = ft.align(forms[0])
    for form in forms[1:]:
        np.testing.assert_array_equal(ft.align(form)[0].image, face.image)
    found = ft.Aligner().align(forms[-1])
    assert isinstance(found, ft.AlignedFace)
    np.testing.assert_array_equal(found.image, face.image)


def test_images_of_pillow_are_read_as_their_files_are(portraits: list[Crop], model: ft.Model) -> None:
    rgba = np.dstack([portraits[0], np.full(portraits[0].shape[:2], 255, np.uint8)])
    exif = Image.Exif()
    exif[0x0112] = 6  # the file lies on its side
    lying = png(np.ascontiguousarray(np.rot90(portraits[0])), exif=exif)
    for file in (png(rgba), png(portraits[0][:, :, 1]), lying):
        opened = Image.open(io.BytesIO(file))
        whole = ft.embed([file, opened, opened], model=model)
        assert whole.rejected == {}
        np.testing.assert_array_equal(whole.vectors, np.repeat(whole.vectors[:1], 3, axis=0))


def test_what_holds_no_face_is_named_and_never_raises(portraits: list[Crop], model: ft.Model) -> None:
    cut = Image.open(io.BytesIO(png(portraits[0])[:-2000]))
    bad = [
        "nobody.jpg",
        b"text",
        np.full((200, 200, 3), 128, np.uint8),
        portraits[0].astype(np.float32),
        portraits[0][:, :, 0],
        np.zeros((8, 8, 3), np.uint8),
        cut,
    ]
    found = ft.embed([portraits[0], *bad], model=model)
    assert list(found.rejected) == [1, 2, 3, 4, 5, 6, 7] and found.has_face.tolist() == [True] + [False] * 7
    assert not found.vectors[1:].any()
    assert [found.rejected[row] for row in (1, 3)] == ["no such file", "no face found"]
    height, width = portraits[0].shape[:2]
    array = "not an image: an array must be (H, W, 3) uint8 RGB, not "
    assert found.rejected[4] == f"{array}({height}, {width}, 3) float32"
    assert found.rejected[5] == f"{array}({height}, {width}) uint8"
    assert "8x8 is too small" in found.rejected[6] and "damaged image" in found.rejected[7]
    for one, verdict in zip(bad, ("no_file", "no_image", "no_face", *["no_image"] * 4), strict=True):
        result = ft.verify(one, portraits[1], model=model, threshold=-1)
        assert not result and result.verdict == verdict and result.similarity is None
        with pytest.raises(ft.UserError):
            ft.align(one)


@pytest.mark.parametrize("wrong", [None, 3, ["a.jpg"]])
def test_what_is_no_photograph_is_refused(wrong: Any, portraits: list[Crop], model: ft.Model) -> None:
    for call in (
        lambda: ft.embed([portraits[0], wrong], model=model),
        lambda: ft.verify(portraits[0], wrong, model=model),
        lambda: ft.align(wrong),
    ):
        with pytest.raises(ft.UserError, match=f"a photograph is a path, .* not {type(wrong).__name__}"):
            call()


def test_one_photograph_is_not_a_list_of_them(portraits: list[Crop], model: ft.Model) -> None:
    for one in ("a.jpg", Path("a.jpg"), b"", portraits[0], Image.fromarray(portraits[0])):
        with pytest.raises(ft.UserError, match="photographs is a list"):
            ft.embed(one, model=model)  # type: ignore[arg-type]
    stacked = np.stack([np.asarray(Image.fromarray(one).resize((160, 160))) for one in portraits[:2]])
    assert ft.embed(stacked, model=model).vectors.shape == (2, 128)
    assert ft.embed([], model=model).vectors.shape == (0, 128)


def test_a_verification_is_true_for_a_match_alone(portraits: list[Crop], model: ft.Model) -> None:
    match = ft.verify(portraits[0], portraits[0], model=model, threshold=0.9)
    assert match and match.verdict is ft.Verdict.MATCH and match.threshold == 0.9
    assert match.similarity == pytest.approx(1, abs=1e-6)
    assert match.reasons == ("similarity 1.00 is at or above the threshold 0.90",)
    assert "which this model cannot tell" in match.statement
    assert "does not speak about synthetic faces" in match.synthetic_statement
    unknown = ft.verify(portraits[0], portraits[0], model=model)
    assert not unknown and unknown.verdict is None and unknown.threshold is None
    assert unknown.reasons == ("similarity 1.00, and no threshold is known",)
    dark = (portraits[0] * 0.15).astype(np.uint8)
    assert any(
        "in the second photograph the face is too dark" in warning
        for warning in ft.verify(portraits[0], dark, model=model).warnings
    )


def test_align_gives_every_face_or_one(group_photograph: Crop) -> None:
    faces = ft.align(group_photograph, face="all")
    assert len(faces) == 6 and all(face.image.shape == (112, 112, 3) for face in faces)
    for face in faces:
        left, top, right, bottom = face.detection.box
        x, y = face.detection.landmarks[2]
        assert left < x < right and top < y < bottom and 0.5 < face.detection.score <= 1
    (first,) = ft.align(group_photograph, face="largest")
    np.testing.assert_array_equal(first.image, faces[0].image)
    with pytest.raises(ft.UserError, match=r"^nobody\.jpg: no such file$"):
        ft.align("nobody.jpg")


def test_crops_share_no_memory_with_the_array(crops: list[Crop]) -> None:
    (face,) = ft.align(crops[0], detector="none")
    np.testing.assert_array_equal(face.image, crops[0])
    assert not np.shares_memory(face.image, crops[0])


def test_errors_name_parameters(portraits: list[Crop], model: ft.Model) -> None:
    with pytest.raises(ft.UserError, match=r"^threshold must be from -1 to 1, not 3$"):
        ft.verify(portraits[0], portraits[0], model=model, threshold=3)
    with pytest.raises(ft.UserError, match=r"^min_score must lie between"):
        ft.align(portraits[0], min_score=2)
    with pytest.raises(ft.UserError, match=r"^face is central, largest, all, not 'biggest'$"):
        ft.align(portraits[0], face="biggest")
    with pytest.raises(ft.UserError, match=r"^face is central, largest, all, not 'biggest'$"):
        ft.load_model("random:ir_lite", face="biggest")  # type: ignore[arg-type]
    with pytest.raises(ft.UserError, match=r"^crops takes images as they are.* leave out det_size$"):
        ft.load_model("random:ir_lite", det_size=320, crops=True)
    with pytest.raises(ft.UserError, match=r"^detector is retinaface, .*not 'retinafase'"):
        ft.load_model("random:ir_lite", detector="retinafase")


def test_values_of_other_types_name_their_parameter(portraits: list[Crop], model: ft.Model) -> None:
    wrong: Any = "weights.pt"
    for call in (
        lambda: ft.verify(portraits[0], portraits[0], model=wrong),
        lambda: ft.embed(portraits[:1], model=wrong),
    ):
        with pytest.raises(ft.UserError, match=r"^model is what ft\.load_model returns, not 'weights\.pt'$"):
            call()
    with pytest.raises(ft.UserError, match=r"^threshold must be from -1 to 1, not x$"):
        ft.verify(portraits[0], portraits[0], model=model, threshold="x")  # type: ignore[arg-type]
    for name in ("det_size", "size", "min_score", "min_face"):
        with pytest.raises(ft.UserError, match=f"^{name} must .* x$"):
            ft.align(portraits[0], **{name: "x"})
    with pytest.raises(ft.UserError, match="needs a margin above 0"):
        ft.align(portraits[0], template="loose", margin="x")
    with pytest.raises(ft.UserError, match=r"^detector is retinaface, .* not '3'$"):
        ft.align(portraits[0], detector=3)


def test_a_model_needs_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crops: list[Crop], portraits: list[Crop]
) -> None:
    monkeypatch.chdir(tmp_path)
    model = ft.load_model("random:ir_lite", crops=True)
    vectors = ft.embed([*crops[:2], np.zeros((112, 112, 3), np.uint8)], model=model)
    assert vectors.has_face.all(), "no face is looked for"
    np.testing.assert_allclose(vectors.vectors[:2], model.embed(np.stack(crops[:2])), atol=1e-6)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ft.UserError, match="checkpoint"):
        ft.load_model()
    with pytest.raises(ft.UserError, match=r"gone\.pt"):
        ft.load_model(tmp_path / "gone.pt")
