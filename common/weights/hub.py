"""Weights on the Hugging Face hub: `hf:OWNER/NAME[@REVISION][/FILE]`."""

import re
from dataclasses import dataclass
from pathlib import Path

from common.errors import UserError

HUB_PREFIX = "hf:"

# Where a repository keeps its weights when the file is not named, the likeliest first.
USUAL_FILES = (
    "model.safetensors",
    "pretrained_model/model.pt",
    "pytorch_model.bin",
    "model.pt",
    "model.pth",
    "backbone.pth",
    "model.ckpt",
)

_REFERENCE = re.compile(
    r"hf:(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[^@/\s]+))?(/(?P<file>[^\s\\]+))?", re.ASCII
)


@dataclass(frozen=True)
class HubReference:
    """A file, or a choice of `USUAL_FILES`, in a repository on the hub."""

    repository: str  # owner/name
    revision: str | None = None  # branch, tag or commit; None for the main branch
    file: str | None = None


def parse_hub_reference(text: str) -> HubReference:
    """Take `hf:OWNER/NAME[@REVISION][/FILE]` apart. Raises UserError for anything else."""
    match = _REFERENCE.fullmatch(text)
    if match is None or ".." in (match["file"] or "").split("/"):
        raise UserError(f"'{text}' is not hf:OWNER/NAME, hf:OWNER/NAME/FILE or hf:OWNER/NAME@REVISION/FILE")
    return HubReference(match["repository"], match["revision"], match["file"])


def fetch(reference: HubReference) -> Path:
    """The file in the hub's local cache, downloaded if it is not there yet.

    Raises UserError that says what to do: no such repository or file, terms to accept, no network.
    """
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    offline = False  # once the hub could not be reached, only the cache is asked: time-outs would add up
    for file in (reference.file,) if reference.file else USUAL_FILES:
        try:
            return _download(reference, file, offline)
        except LocalEntryNotFoundError:
            offline = True
        except EntryNotFoundError:
            continue
    if offline:
        raise UserError(
            f"{_name(reference)} is not in the local cache and the hub cannot be reached; "
            "connect once (and unset HF_HUB_OFFLINE), or name a file on this machine"
        )
    tried = reference.file or f"of the usual names ({', '.join(USUAL_FILES)})"
    raise UserError(f"hf:{reference.repository} has no file {tried}; name one of its files")


def _download(reference: HubReference, file: str, offline: bool) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return Path(
            hf_hub_download(reference.repository, file, revision=reference.revision, local_files_only=offline)
        )
    except EntryNotFoundError:
        raise
    except GatedRepoError as error:
        raise UserError(
            f"{_name(reference)} is gated; accept its terms on huggingface.co and log in with 'hf auth login'"
        ) from error
    except RepositoryNotFoundError as error:
        raise UserError(
            f"no repository {_name(reference)}; check its name, or log in with 'hf auth login'"
        ) from error
    except RevisionNotFoundError as error:
        raise UserError(
            f"hf:{reference.repository} has no revision '{reference.revision}'; check it"
        ) from error
    except Exception as error:  # the library's HTTP client differs between its versions
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(f"{_name(reference)} could not be downloaded ({reason}); try again later") from error


def _name(reference: HubReference) -> str:
    revision = f"@{reference.revision}" if reference.revision else ""
    file = f"/{reference.file}" if reference.file else ""
    return f"{HUB_PREFIX}{reference.repository}{revision}{file}"
