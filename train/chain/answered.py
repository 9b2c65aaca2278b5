"""The check of what the last step of a chain answers for."""

from pathlib import Path

from common.runtime.errors import UserError


def check_answered(source: Path, out: Path, wanted: str, lists: tuple[str, ...] = (".csv",)) -> None:
    """Raises UserError for what is not there, for a file of another kind, and where the chain lies in it.

    Args:
        source: a folder or a list.
        out: of the chain.
        wanted: what there has to be, for people.
        lists: suffixes of lists of it.
    """
    if not source.exists() or (source.is_file() and source.suffix.lower() not in lists):
        raise UserError(
            f"--answer {source} is neither a folder of {wanted} nor a list of them ({', '.join(lists)})"
        )
    if source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise UserError(
            f"--out {out} lies in {source}, where answers would be taken for photographs and labels; "
            "name another --out"
        )
