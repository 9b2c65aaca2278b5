"""What lies beside photographs and is none, by kind, for people."""

from collections.abc import Mapping

_KINDS = {
    "videos": ".mp4 .avi .mov .mkv .webm .m4v .mpg .mpeg .wmv .3gp .flv",
    "record files": ".rec .tfrecord .tfrecords .lmdb .mdb .parquet .arrow",
    "archives": ".zip .tar .gz .tgz .bz2 .xz .7z .rar",
    "files of arrays": ".npy .npz .h5 .hdf5 .mat .pkl .pickle .pt .pth .bin",
}
_KIND_OF = {suffix: kind for kind, suffixes in _KINDS.items() for suffix in suffixes.split()}
_TEXTS = frozenset(".txt .md .html .xml .yaml .yml .log .idx .lst .property .ini .sh .py .db".split())  # noqa: SIM905


def kinds_of_others(suffixes: Mapping[str, int]) -> dict[str, int]:
    """How many files there are of each kind, with the suffixes in brackets: `{"videos (.mp4)": 12}`.

    Texts, which nobody takes for photographs, are left out.
    """
    by_kind: dict[str, dict[str, int]] = {}
    for suffix, count in suffixes.items():
        if suffix not in _TEXTS:
            by_kind.setdefault(_KIND_OF.get(suffix, "other files"), {})[suffix or "no suffix"] = count
    return {
        f"{kind} ({', '.join(sorted(found, key=lambda one: (-found[one], one))[:4])})": sum(found.values())
        for kind, found in sorted(by_kind.items())
    }


def as_text(others: Mapping[str, int]) -> str:
    """`12 videos (.mp4), 1 archives (.zip)`."""
    return ", ".join(f"{count:,} {kind}" for kind, count in others.items())
