"""Weights on the Hugging Face hub: `hf:OWNER/NAME[@REVISION][/FILE]`."""

import re
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

from common.runtime.errors import UserError, first_line

HUB_PREFIX = "hf:"
ANSWER_SECONDS = 2.5  # to wait for the hub's first answer
BUSY = (500, 502, 503, 504)  # HTTP statuses that the library asks again for, for half a minute

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

    Where the hub cannot be reached, which is known within `ANSWER_SECONDS`, the cache alone is asked.

    Raises UserError that says what to do: no such repository or file, terms to accept, no network.
    """
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    files = (reference.file,) if reference.file else USUAL_FILES
    unreachable = _why_unreachable(reference, files[0])
    for file in files:
        try:
            return _download(reference, file, offline=unreachable is not None)
        except LocalEntryNotFoundError as error:  # from here on the cache alone: time-outs would add up
            unreachable = unreachable or first_line(error.__cause__ or error)
        except EntryNotFoundError:
            continue
    if unreachable is not None:
        raise UserError(
            f"{_name(reference)} is not in the local cache and the hub cannot be reached ({unreachable}); "
            "connect once, or name a file on this machine"
        )
    tried = reference.file or f"of the usual names ({', '.join(USUAL_FILES)})"
    raise UserError(f"hf:{reference.repository} has no file {tried}; name one of its files")


def _why_unreachable(reference: HubReference, file: str) -> str | None:
    """Why the hub gives no answer, in a few words; None where it answers, whatever it says.

    The library would ask six times over half a minute and print each; and no time-out of its own bounds the
    look-up of the name, hence a thread.
    """
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    waits_longer = constants.HF_HUB_ETAG_TIMEOUT != constants.DEFAULT_ETAG_TIMEOUT
    seconds = float(constants.HF_HUB_ETAG_TIMEOUT) if waits_longer else ANSWER_SECONDS
    url = hf_hub_url(reference.repository, file, revision=reference.revision)
    answers: Queue[str | None] = Queue()

    def ask() -> None:
        try:
            get_hf_file_metadata(url, timeout=seconds)
        except OfflineModeIsEnabled:
            answers.put("HF_HUB_OFFLINE is set; unset it")
        except HfHubHTTPError as error:  # an answer, if perhaps not of the hub but of something before it
            status = error.response.status_code if error.response is not None else 0
            answers.put(f"it answers with status {status}" if status in BUSY else None)
        except Exception as error:  # of an HTTP client that differs between the library's versions
            answers.put(first_line(error))
        else:
            answers.put(None)

    Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        return f"no answer in {seconds:g} seconds; HF_HUB_ETAG_TIMEOUT=60 waits longer"


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
