import dataclasses
import errno
import fcntl
import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from common.formats.shards import (
    CLIP_COLUMNS,
    COLUMNS,
    FORGERY_COLUMNS,
    ORIGIN_COLUMNS,
    ClipColumns,
    ForgeryColumns,
    OriginColumns,
    ShardHeader,
    ShardRows,
    clip_columns,
    decode_strings,
    forgery_columns,
    open_shard,
    origin_columns,
    pseudo_labelled,
    read_header,
    read_rows,
    shard_paths,
    write_shard,
)
from common.runtime.errors import UserError

NAMES = ["Åsa Öberg", "王小明", "plain", "plain"]
FORGED = ForgeryColumns(
    ["self-blend", "swap", "generator-traces", "post-processing"],
    [json.dumps({"seed": seed, "drawn": {"angle": 0.5}}) for seed in range(4)],
    [json.dumps([{"identity": name, "path": "a/ü.jpg"}], ensure_ascii=False) for name in NAMES],
)


@pytest.fixture
def rows(crops: list[NDArray[np.uint8]], make_rows: Callable[..., ShardRows]) -> ShardRows:
    return make_rows(crops[:4], NAMES, [0, 1, 0, 1])


@pytest.fixture
def shard(tmp_path: Path, shard_header: ShardHeader, rows: ShardRows) -> Path:
    path = tmp_path / "shard-00000.h5"
    write_shard(path, shard_header, rows)
    return path


def test_round_trip(shard: Path, shard_header: ShardHeader, rows: ShardRows) -> None:
    with open_shard(shard) as file:
        assert read_header(file) == shard_header
        for name in ("images", *COLUMNS):
            found, written = file[name][:], getattr(rows, name)
            if name in ("identity", "path"):
                assert decode_strings(found) == written
            else:
                assert found.dtype == written.dtype
                np.testing.assert_array_equal(found, written)
        assert set(file) == {"images", *COLUMNS}
        assert forgery_columns(file) is None


@pytest.fixture
def forged(tmp_path: Path, shard_header: ShardHeader, rows: ShardRows) -> Path:
    """A shard that says how its rows were made."""
    path = tmp_path / "shard-00001.h5"
    write_shard(path, shard_header, dataclasses.replace(rows, forged=FORGED))
    return path


def test_how_forgeries_were_made_is_optional(forged: Path, shard: Path, rows: ShardRows) -> None:
    with open_shard(forged) as file, open_shard(shard) as plain:
        assert forgery_columns(file) == FORGED
        assert set(file) == {"images", *COLUMNS, *FORGERY_COLUMNS}
        for name in ("images", *COLUMNS):  # as ever for who does not know the others
            np.testing.assert_array_equal(file[name][:], plain[name][:])
    with h5py.File(forged) as file:
        assert file["method"].asstr()[1] == "swap"
        assert json.loads(file["sources"].asstr()[1])[0]["identity"] == "王小明"


def test_what_photographs_were_taken_from_is_optional(
    tmp_path: Path, shard: Path, shard_header: ShardHeader, rows: ShardRows
) -> None:
    origins = OriginColumns(["000\n003", "", "ü", "003"], ["FaceSwap", "", "", "王"])
    path = tmp_path / "shard-00001.h5"
    write_shard(path, shard_header, dataclasses.replace(rows, origins=origins))
    with open_shard(path) as file, open_shard(shard) as plain:
        assert origin_columns(file) == origins == read_rows(file).origins
        assert set(file) == {"images", *COLUMNS, *ORIGIN_COLUMNS}
        assert origin_columns(plain) is None and read_rows(plain).origins is None
    with h5py.File(path, "r+") as file:
        del file["species"]
    with pytest.raises(UserError, match="lacks species"):
        open_shard(path)


def test_where_in_clips_crops_were_taken_is_optional(
    tmp_path: Path, shard: Path, shard_header: ShardHeader, rows: ShardRows
) -> None:
    frames, tracks = np.array([0, 9, 4, -1], np.int32), np.array([0, 0, 1, -1], np.int32)
    clips = ClipColumns(["ü.mp4"] * 3 + [""], frames, np.array([0, 0.36, 0.16, np.nan]), tracks)
    path = tmp_path / "shard-00001.h5"
    write_shard(path, shard_header, dataclasses.replace(rows, clips=clips))
    with open_shard(path) as file, open_shard(shard) as plain:
        found = clip_columns(file)
        assert found is not None and read_rows(file).clips is not None and found.clip == clips.clip
        for name in ("frame", "seconds", "track"):
            np.testing.assert_array_equal(getattr(found, name), getattr(clips, name))
        assert set(file) == {"images", *COLUMNS, *CLIP_COLUMNS}
        assert clip_columns(plain) is None and read_rows(plain).clips is None
    with h5py.File(path, "r+") as file:
        del file["track"]
    with pytest.raises(UserError, match="lacks track"):
        open_shard(path)


@pytest.mark.parametrize("name", ["method", "parameters", "sources"])
def test_of_the_columns_of_forgeries_none_may_lack_or_be_malformed(forged: Path, name: str) -> None:
    whole = forged.read_bytes()
    four = h5py.string_dtype("utf-8", 4)
    changes: list[tuple[Callable[[h5py.File], None], str]] = [
        (lambda file: file.__delitem__(name), f"lacks {name}"),
        (_replace(name, h5py.ExternalLink("/etc/hostname", "/x")), f"lacks {name}"),
        (_replace(name, h5py.SoftLink("/path")), f"lacks {name}"),
        (_replace(name, np.array([b"x"] * 3, four)), f"malformed column '{name}'"),
        (_replace(name, np.array([[b"x"]] * 4, four)), f"malformed column '{name}'"),
        (_replace(name, np.array(["x"] * 4, h5py.string_dtype())), f"malformed column '{name}'"),
        (_replace(name, np.arange(4)), f"malformed column '{name}'"),
    ]
    for change, told in changes:
        forged.unlink()
        forged.write_bytes(whole)
        with h5py.File(forged, "r+") as file:
            change(file)
        with pytest.raises(UserError, match=told):
            open_shard(forged)


@pytest.mark.parametrize("link", [h5py.ExternalLink("/etc/hostname", "/x"), h5py.SoftLink("/nowhere")])
def test_a_link_in_the_place_of_a_column_of_forgeries_is_not_followed(shard: Path, link: object) -> None:
    with h5py.File(shard, "r+") as file:
        file["method"] = link
    with pytest.raises(UserError, match="lacks method, parameters, sources"):
        open_shard(shard)


def test_ten_lines_of_h5py_read_a_shard(shard: Path, rows: ShardRows) -> None:
    with h5py.File(shard) as file:
        assert file.attrs["format"] == b"facetrust-shard" and file.attrs["format_version"] == 2
        assert file.attrs["size"] == 112 and file.attrs["template"] == b"arcface"
        images = file["images"][:]
        people = [name.decode() for name in file["identity"]]
        synthetic = file["synthetic"][:]
        paths = file["path"].asstr()[:].tolist()
    np.testing.assert_array_equal(images, rows.images)
    assert people == NAMES and paths == rows.path and synthetic.tolist() == [0, 1, 0, 1]


def test_a_shard_may_be_empty(
    tmp_path: Path, shard_header: ShardHeader, make_rows: Callable[..., ShardRows]
) -> None:
    path = tmp_path / "shard-00000.h5"
    write_shard(path, shard_header, make_rows([], [], []))
    with open_shard(path) as file:
        assert file["images"].shape == (0, 112, 112, 3)
        assert all(len(file[name]) == 0 for name in COLUMNS)


def test_the_same_rows_give_the_same_bytes(shard: Path, shard_header: ShardHeader, rows: ShardRows) -> None:
    again = shard.with_name("again.h5")
    write_shard(again, shard_header, rows)
    assert again.read_bytes() == shard.read_bytes()


def _another_version(file: h5py.File) -> None:
    file.attrs["format_version"] = 3


def _another_format(file: h5py.File) -> None:
    file.attrs["format"] = np.bytes_("something")


def _no_version(file: h5py.File) -> None:
    del file.attrs["format_version"]


def _no_detector(file: h5py.File) -> None:
    del file.attrs["detector_sha256"]


def _text_elsewhere(file: h5py.File) -> None:
    file.attrs["detector"] = "of variable length"


def _no_column(file: h5py.File) -> None:
    del file["box"]


def _no_images(file: h5py.File) -> None:
    del file["images"]


def _external_link(file: h5py.File) -> None:
    del file["synthetic"]
    file["synthetic"] = h5py.ExternalLink("/etc/hostname", "/synthetic")


def _soft_link(file: h5py.File) -> None:
    del file["synthetic"]
    file["synthetic"] = h5py.SoftLink("/score")


def _external_storage(file: h5py.File) -> None:
    del file["synthetic"]
    file.create_dataset("synthetic", (4,), "u1", external=[("/etc/hostname", 0, 4)])


def _virtual(file: h5py.File) -> None:
    del file["synthetic"]
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", (4,))
    file.create_virtual_dataset("synthetic", layout)


def _replace(name: str, values: object) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = values

    return change


def _group_for_column(file: h5py.File) -> None:
    del file["score"]
    file.create_group("score")


def _group_for_images(file: h5py.File) -> None:
    del file["images"]
    file.create_group("images")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_another_version, "version 3, this facetrust reads 2"),
        (_no_version, "version None"),
        (_another_format, "not a facetrust shard"),
        (_no_detector, "lacks detector_sha256"),
        (_text_elsewhere, "lacks detector"),
        (_no_column, "lacks box"),
        (_no_images, "lacks images"),
        (_external_link, "lacks synthetic"),
        (_soft_link, "lacks synthetic"),
        (_external_storage, "malformed column 'synthetic'"),
        (_virtual, "malformed column 'synthetic'"),
        (_replace("images", np.zeros((4, 112, 112, 3), np.float32)), "malformed column 'images'"),
        (_replace("images", np.zeros((4, 96, 96, 3), np.uint8)), "malformed column 'images'"),
        (_replace("images", np.uint8(3)), "malformed column"),
        (_replace("score", np.zeros(3, np.float32)), "malformed column 'score'"),
        (_replace("score", np.zeros(4, np.float64)), "malformed column 'score'"),
        (_replace("identity", np.zeros(4, np.int64)), "malformed column 'identity'"),
        (_group_for_column, "malformed column 'score'"),
        (_group_for_images, "malformed column"),
    ],
)
def test_a_shard_that_is_not_as_the_format_demands_is_refused(
    shard: Path, change: Callable[[h5py.File], None], told: str
) -> None:
    with h5py.File(shard, "r+") as file:
        change(file)
    with pytest.raises(UserError, match=told) as caught:
        open_shard(shard)
    assert str(shard) in str(caught.value)


def test_a_size_that_is_no_number_is_refused(shard: Path) -> None:
    with h5py.File(shard, "r+") as file:
        file.attrs["size"] = "large"
    with pytest.raises(UserError):
        open_shard(shard)


@pytest.mark.parametrize(
    ("name", "value"), [("size", np.inf), ("size", np.nan), ("size", 112.5), ("margin", np.nan)]
)
def test_a_size_or_margin_that_no_crop_has_is_refused(shard: Path, name: str, value: float) -> None:
    with h5py.File(shard, "r+") as file:
        file.attrs[name] = value
    with pytest.raises(UserError, match=r"has a size of .* pixels and a margin of .*, as no crop has"):
        open_shard(shard)


def _store_nothing(file: h5py.File, **options: object) -> None:
    shape, dtype = file["score"].shape, file["score"].dtype
    del file["score"]
    file.create_dataset("score", shape, dtype, **options)


def _store_a_chunk(file: h5py.File, rows: int, content: bytes) -> None:
    _store_nothing(file, maxshape=(None,), chunks=(rows,), compression="gzip")
    file["score"].id.write_direct_chunk((0,), zlib.compress(content))


def _wide_text(file: h5py.File) -> None:
    del file["path"]
    wide = h5py.string_dtype("utf-8", 500_000_000)
    file.create_dataset("path", (4,), wide, chunks=(1,), compression="gzip")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_store_nothing, "a column 'score' that is not all there"),
        (lambda file: _store_nothing(file, chunks=(1,)), "a column 'score' that is not all there"),
        (lambda file: _store_a_chunk(file, 3, bytes(12)), "a column 'score' that is not all there"),
        (lambda file: _store_a_chunk(file, 4, os.urandom(1000)), "a column 'score' that is not all there"),
        (lambda file: _store_a_chunk(file, 100_000_000, b""), "chunks of more than 64,000,000 bytes"),
        (_wide_text, "texts of more than 1,000,000 bytes in column 'path'"),
    ],
)
def test_a_column_takes_no_more_memory_than_its_file_has_bytes_for(
    shard: Path, change: Callable[[h5py.File], None], told: str
) -> None:
    with h5py.File(shard, "r+") as file:
        change(file)
    with pytest.raises(UserError, match=rf"shard-00000\.h5 has {told}"):
        open_shard(shard)


def test_a_shard_that_was_compressed_later_is_read(shard: Path) -> None:
    with h5py.File(shard, "r+") as file:
        images, score = file["images"][:], file["score"][:]
        del file["images"], file["score"]
        file.create_dataset("images", data=images, chunks=(1, 112, 112, 3), compression="gzip")
        file.create_dataset("score", data=score, chunks=(3,), compression="gzip", fletcher32=True)
    with open_shard(shard) as file:
        np.testing.assert_array_equal(file["images"][:], images)


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lambda whole: whole[: len(whole) // 2], "is damaged: it has .* of .* bytes; make it again"),
        (lambda whole: whole[:30], "is an HDF5 file that is damaged: .*; make it again"),
        (lambda whole: b"", "is empty, not an HDF5 file; make it again"),
        (lambda whole: b"not a shard at all\n" * 100, "is a text .*not a shard at all.*, not an HDF5 file"),
        (lambda whole: LFS, "is a pointer of Git LFS"),
        (lambda whole: b"\x1f\x8b" + whole, r"is a packed archive \(gzip\), not an HDF5 file"),
        (
            lambda whole: whole.replace(b"facetrust-shard", b"facetrust-other"),
            "is an HDF5 file.* damaged|not a fac",
        ),
    ],
)
def test_truncated_and_foreign_files_are_called_what_they_are(
    shard: Path, content: Callable[[bytes], bytes], told: str
) -> None:
    whole = shard.read_bytes()
    shard.unlink()  # HDF5 knows files by their inodes
    shard.write_bytes(content(whole))
    with pytest.raises(UserError, match=told) as caught:
        open_shard(shard)
    assert "\n" not in str(caught.value)


def test_hdf5_of_others_is_no_shard(shard: Path, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "keras.h5", "w") as file:
        file["model_weights/conv/kernel"] = np.zeros((3, 3))
    with pytest.raises(UserError, match=r"keras\.h5 is an HDF5 file, not a facetrust shard"):
        open_shard(tmp_path / "keras.h5")
    with h5py.File(tmp_path / "found.h5", "w", libver="latest") as file:
        file.attrs["format"] = np.bytes_("facetrust-embeddings")
    with pytest.raises(
        UserError, match=r"facetrust's own \(embeddings, as infer embed writes\), not a facetrust"
    ):
        open_shard(tmp_path / "found.h5")


def test_what_the_system_says_is_told_and_nothing_is_to_be_made_anew(
    shard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HDF5_USE_FILE_LOCKING", raising=False)
    with shard.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="is held open by another program") as locked:
            open_shard(shard)
    with pytest.raises(UserError, match="is a folder, not a file") as folder:
        open_shard(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Unable to synchronously open file (unable to open file)")

    with monkeypatch.context() as patch:
        patch.setattr(h5py, "File", refuse)
        with pytest.raises(UserError, match="may not be read: permission denied") as denied:
            open_shard(shard)
    assert not any("make it again" in str(told.value) for told in (locked, folder, denied))
    with pytest.raises(UserError, match=r"no such file: .*absent\.h5; make it again"):
        open_shard(tmp_path / "absent.h5")
    open_shard(shard).close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_shard_that_may_not_be_read_is_not_damaged(shard: Path) -> None:
    shard.chmod(0)
    with pytest.raises(UserError, match="may not be read: permission denied"):
        open_shard(shard)


@pytest.mark.slow
def test_a_flipped_bit_outside_the_data_is_always_noticed(shard: Path, rows: ShardRows) -> None:
    content = shard.read_bytes()
    data = [column.tobytes() for column in (rows.images, rows.landmarks, rows.box, rows.score)]
    data += [np.array([text.encode() for text in texts]).tobytes() for texts in (rows.path, rows.identity)]
    inside = np.zeros(len(content), bool)
    for values in data:
        start = content.index(values)
        inside[start : start + len(values)] = True
    rng = np.random.default_rng(0)
    noticed = []
    for byte in rng.permutation(np.flatnonzero(~inside))[:600]:
        damaged = bytearray(content)
        damaged[byte] ^= 1 << rng.integers(8)
        shard.unlink()  # HDF5 knows files by their inodes
        shard.write_bytes(damaged)
        try:
            with open_shard(shard) as file:
                read_header(file)
                noticed.append(all(len(file[name][:]) == len(rows) for name in COLUMNS))
        except UserError:
            noticed.append(True)
    assert len(noticed) == 600 and all(noticed)


def test_shard_paths_are_in_order_and_only_shards(shard: Path, tmp_path: Path) -> None:
    for name in ("shard-00002.h5", "shard-00001.h5", "notes.h5", ".shard-00003.h5.1.tmp"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in shard_paths(tmp_path)] == [f"shard-0000{n}.h5" for n in range(3)]


def test_a_folder_without_shards_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no shards in .*align run"):
        shard_paths(tmp_path)
    with pytest.raises(UserError, match=r"no such folder.*align run"):
        shard_paths(tmp_path / "absent")


def test_whether_a_label_was_guessed_is_optional(
    tmp_path: Path, shard: Path, shard_header: ShardHeader, rows: ShardRows
) -> None:
    path, plain = tmp_path / "shard-00001.h5", tmp_path / "shard-00002.h5"
    guessed = np.arange(len(rows), dtype=np.uint8) % 2
    write_shard(path, shard_header, dataclasses.replace(rows, pseudo=guessed))
    write_shard(plain, shard_header, dataclasses.replace(rows, pseudo=0 * guessed))
    assert plain.read_bytes() == shard.read_bytes(), "none was guessed: as ever"
    with open_shard(path) as file:
        assert pseudo_labelled(file).tolist() == guessed.astype(bool).tolist()
        np.testing.assert_array_equal(read_rows(file).pseudo, guessed)
    with open_shard(plain) as file:
        assert not pseudo_labelled(file).any() and read_rows(file).pseudo is None
    with h5py.File(path, "r+") as file:
        del file["pseudo"]
        file["pseudo"] = np.ones(len(rows), "f4")
    with pytest.raises(UserError, match="malformed column 'pseudo'"):
        open_shard(path)
