"""Logger for Weights & Biases, or for files that can be uploaded there later."""

import netrc
import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from common.runtime.errors import UserError
from train.loggers.base import RunPlan, StepRecord, Tracker, ValidationRecord
from train.loggers.scalars import step_scalars, validation_scalars
from train.loggers.throughput import Throughput

PATIENCE_S = 60  # for a service that does not answer, at the start and at the end
WITHOUT_LOGIN = ("offline", "disabled", "dryrun")  # modes that need no key


class WandbLogger(Tracker):
    """Logger of a run to a project; a resumed run goes on under the same id.

    Without an API key, and with WANDB_MODE=offline, files under the run's folder are all that is written:
    nobody is ever asked to log in. `note` is told, in one line, where the figures go.
    Raises UserError when the library is not installed.
    """

    name = "Weights & Biases"

    def __init__(self, project: str, note: Callable[[str], None]) -> None:
        try:
            import wandb
        except ImportError as error:
            raise UserError("Weights & Biases is not installed; pip install 'facetrust[wandb]'") from error
        self._library = wandb
        self._project = project
        self._note = note
        self._run: wandb.Run | None = None
        self._throughput = Throughput()

    def started(self, plan: RunPlan) -> None:
        defaults = self._library.setup().settings
        mode = os.environ.get("WANDB_MODE") or defaults.mode
        login = mode not in WITHOUT_LOGIN
        known = bool(defaults.api_key) or has_credentials(defaults.base_url)
        offline = login and not known
        self._run = self._library.init(
            project=self._project,
            dir=str(plan.folder),
            id=re.sub(r"[/\\#?%:]", "_", plan.run)[:64],
            name=plan.run,
            resume="allow",
            config=plan.settings | plan.facts | {"backbone": plan.network, "device": plan.device},
            mode="offline" if offline else None,
            settings=self._library.Settings(
                silent=True,  # the console is ours
                console="off",
                disable_code=True,
                disable_git=True,
                login_timeout=1,
                init_timeout=PATIENCE_S,
                finish_timeout=PATIENCE_S,
            ),
        )
        # an axis of our own: W&B's may not go back to the step that a resumed run starts from
        self._run.define_metric("*", step_metric="step")
        if offline:
            self._note(
                "no API key of Weights & Biases was found (wandb login): the run is logged offline; "
                f"upload it with: wandb sync {Path(self._run.dir).parent}"
            )
        elif login and self._run.url:
            self._note(f"follow the run at {self._run.url}")
        self._throughput.restart()

    def stepped(self, record: StepRecord) -> None:
        self._log(record.step, step_scalars(record, self._throughput.stepped(record.images)))

    def validated(self, record: ValidationRecord) -> None:
        self._log(record.step, validation_scalars(record) | {"epoch": record.epoch})
        self._throughput.restart()

    def close(self, *, failed: bool) -> None:
        """Upload what is pending, within a minute; the run is shown as failed if it is."""
        if self._run is not None:
            self._run.finish(exit_code=int(failed))
            self._run = None

    def _log(self, step: int, scalars: dict[str, float]) -> None:
        if self._run is not None:
            self._run.log({"step": step, **scalars})


def has_credentials(server: str) -> bool:
    """Whether W&B would find a key for `server` (a URL) in the environment or in the user's .netrc."""
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    named = os.environ.get("NETRC")
    for file in [Path(named)] if named else [Path.home() / ".netrc", Path.home() / "_netrc"]:
        try:
            if urlsplit(server).hostname in netrc.netrc(file.expanduser()).hosts:
                return True
        except (OSError, UnicodeDecodeError, netrc.NetrcParseError):
            continue
    return False
