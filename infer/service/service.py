"""The endpoints of the service."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event
from typing import TypeVar

from fastapi import Request

from align.crops.aligner import aligner_of_process
from infer.classification.ensemble import Ensemble
from infer.examine import Examined, Examiner
from infer.models.model import Model, Threshold
from infer.service.classify import classify_uploads
from infer.service.classify_replies import classified_reply, classifier_reply
from infer.service.classify_schemas import ClassifyReply
from infer.service.health_schemas import HealthReply, LimitsReply
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
from infer.service.schemas import EmbedReply, VerifyReply
from infer.service.turns import Turns
from infer.service.uploads import Upload, read_uploads

R = TypeVar("R", VerifyReply, EmbedReply, ClassifyReply)
ABOUT = (
    "Are photographs of the same person? One cosine similarity a pair decides: at or above the threshold the "
    "pair is a match."
)
ABOUT_CLASSIFIER = "`/classify` says of single photographs whether their faces are synthetic."
Found = Sequence[tuple[Upload, Examined]]


class Service:
    """A model that is loaded once, and the requests that it serves.

    Args:
        model: what embeds the faces.
        threshold: where pairs are accepted.
        limits: what a request may cost.
        classifier: the one classifier that `/classify` asks; None for a service without.

    Raises UserError when a detector cannot be opened.
    """

    def __init__(
        self,
        model: Model,
        threshold: Threshold,
        limits: ServiceLimits,
        classifier: Ensemble | None = None,
    ) -> None:
        self.limits = limits
        self.turns = Turns(limits.threads, WAITING)
        self._model = model_reply(model)
        self._threshold = threshold_reply(threshold)
        self._trained = model.card.synthetic
        self._examiner = Examiner(model)
        self._ensemble = classifier
        self._classifier = None if classifier is None else classifier_reply(classifier)
        for way in () if classifier is None else classifier.ways:
            aligner_of_process(way)
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

        return await self._examined(request, FEWEST_TO_VERIFY, reply)

    async def embed(self, request: Request, crops: bool = False) -> EmbedReply:
        """The embeddings of 1 to 10 photographs, to be compared elsewhere.

        `crops=true` asks for what the model sees, too.
        """

        def reply(found: Found) -> EmbedReply:
            return EmbedReply(
                model=self._model,
                photographs=[embedded_reply(upload.name, entry, crops) for upload, entry in found],
            )

        return await self._examined(request, 1, reply)

    async def classify(self, request: Request) -> ClassifyReply:
        """Which faces of 1 to 10 photographs are synthetic: P(synthetic), a verdict, and why.

        A photograph without a usable face is never called bona fide: its own row says what is the matter.
        """
        ensemble, classifier = self._ensemble, self._classifier
        if ensemble is None or classifier is None:
            raise RuntimeError("a service without a classifier has no such endpoint")

        def work(uploads: Sequence[Upload], given_up: Event) -> ClassifyReply:
            data = [upload.data for upload in uploads]
            found = classify_uploads(ensemble, data, self.limits.max_pixels, given_up.is_set)
            rows = [classified_reply(one.name, entry) for one, entry in zip(uploads, found, strict=True)]
            return ClassifyReply(classifier=classifier, photographs=rows)

        return await self._answer(request, 1, work)

    async def health(self) -> HealthReply:
        """Whether the service is up, with which model, and how busy; answers while all threads are busy."""
        return HealthReply(
            status="ok",
            model=self._model,
            threshold=self._threshold,
            classifier=self._classifier,
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
        """What the service is for, and what its scores say of synthetic faces, in a few sentences."""
        statement = self._model.synthetic.statement
        about = f"{ABOUT} {statement[0].upper()}{statement[1:]}."
        return f"{about} {ABOUT_CLASSIFIER}" if self.classifies else about

    @property
    def classifies(self) -> bool:
        """Whether it has a classifier."""
        return self._classifier is not None

    def close(self) -> None:
        """Let go of what waits for its turn."""
        self.turns.close()

    async def _examined(self, request: Request, fewest: int, reply: Callable[[Found], R]) -> R:
        """Answer with what is said of photographs that were examined for the encoder."""

        def work(uploads: Sequence[Upload], given_up: Event) -> R:
            data = [upload.data for upload in uploads]
            examined = examine_uploads(self._examiner, data, self.limits.max_pixels, given_up.is_set)
            return reply(list(zip(uploads, examined, strict=True)))

        return await self._answer(request, fewest, work)

    async def _answer(self, request: Request, fewest: int, work: Callable[[Sequence[Upload], Event], R]) -> R:
        """Receive, wait for a turn, and work in a thread."""
        with self.turns.admitted():
            uploads = await read_uploads(request, fewest, self.limits.max_body)
            return await self.turns.run(request, partial(work, uploads))
