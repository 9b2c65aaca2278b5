"""The endpoints of the service."""

import time
from collections.abc import Callable, Sequence
from threading import Event
from typing import TypeVar

from fastapi import Request

from infer.examine import Examined, Examiner
from infer.models.model import Model, Threshold
from infer.service.limits import FEWEST_TO_VERIFY, MOST_PHOTOGRAPHS, WAITING, ServiceLimits
from infer.service.photographs import examine_uploads
from infer.service.replies import (
    embedded_reply,
    model_reply,
    pair_replies,
    photograph_reply,
    similarity_rows,
    threshold_reply,
)
from infer.service.schemas import EmbedReply, HealthReply, LimitsReply, VerifyReply
from infer.service.turns import Turns
from infer.service.uploads import Upload, read_uploads

R = TypeVar("R", VerifyReply, EmbedReply)
ABOUT = (
    "Are photographs of the same person? One cosine similarity a pair decides: at or above the threshold the "
    "pair is a match."
)
Found = Sequence[tuple[Upload, Examined]]


class Service:
    """A model that is loaded once, and the requests that it serves.

    Args:
        model: what embeds the faces.
        threshold: where pairs are accepted.
        limits: what a request may cost.

    Raises UserError when the detector cannot be opened.
    """

    def __init__(self, model: Model, threshold: Threshold, limits: ServiceLimits) -> None:
        self.limits = limits
        self.turns = Turns(limits.threads, WAITING)
        self._model = model_reply(model)
        self._threshold = threshold_reply(threshold)
        self._trained = model.card.synthetic
        self._examiner = Examiner(model)
        self._started = time.monotonic()

    async def verify(self, request: Request, crops: bool = False) -> VerifyReply:
        """Compare 2 to 10 photographs, each with each.

        A photograph without a usable face, or a file that is no image, is told in its own row; the others are
        compared all the same. `crops=true` asks for what the model sees, too.
        """

        def reply(found: Found) -> VerifyReply:
            examined = [entry for _, entry in found]
            return VerifyReply(
                model=self._model,
                threshold=self._threshold,
                photographs=[photograph_reply(upload.name, entry, crops) for upload, entry in found],
                similarities=similarity_rows(examined),
                pairs=pair_replies(examined, self._threshold.value, self._trained),
            )

        return await self._answer(request, FEWEST_TO_VERIFY, reply)

    async def embed(self, request: Request, crops: bool = False) -> EmbedReply:
        """The embeddings of 1 to 10 photographs, to be compared elsewhere.

        `crops=true` asks for what the model sees, too.
        """

        def reply(found: Found) -> EmbedReply:
            return EmbedReply(
                model=self._model,
                photographs=[embedded_reply(upload.name, entry, crops) for upload, entry in found],
            )

        return await self._answer(request, 1, reply)

    async def health(self) -> HealthReply:
        """Whether the service is up, with which model, and how busy; answers while all threads are busy."""
        return HealthReply(
            status="ok",
            model=self._model,
            threshold=self._threshold,
            limits=LimitsReply(
                max_photographs=MOST_PHOTOGRAPHS,
                max_upload_bytes=self.limits.max_body,
                max_pixels=self.limits.max_pixels,
            ),
            uptime_s=time.monotonic() - self._started,
            in_flight=self.turns.in_flight,
        )

    @property
    def about(self) -> str:
        """What the service is for, and what its scores say of synthetic faces, in two sentences."""
        statement = self._model.synthetic.statement
        return f"{ABOUT} {statement[0].upper()}{statement[1:]}."

    def close(self) -> None:
        """Let go of what waits for its turn."""
        self.turns.close()

    async def _answer(self, request: Request, fewest: int, reply: Callable[[Found], R]) -> R:
        """Receive, wait for a turn, examine, and describe what was found; the last two in a thread."""
        with self.turns.admitted():
            uploads = await read_uploads(request, fewest, self.limits.max_body)

            def work(given_up: Event) -> R:
                examined = examine_uploads(
                    self._examiner,
                    [upload.data for upload in uploads],
                    self.limits.max_pixels,
                    given_up.is_set,
                )
                return reply(list(zip(uploads, examined, strict=True)))

            return await self.turns.run(request, work)
