"""The endpoints of the service."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event
from typing import TypeVar

from fastapi import Request

from align.crops.aligner import aligner_of_process
from infer.classification.ensemble import Ensemble
from infer.examine import Examined
from infer.service.classify import classify_uploads
from infer.service.classify_replies import classified_reply, classifier_reply
from infer.service.classify_schemas import ClassifyReply
from infer.service.encoder import ServedEncoder
from infer.service.health_schemas import HealthReply, LimitsReply
from infer.service.limits import MOST_PHOTOGRAPHS, WAITING, ServiceLimits
from infer.service.photographs import examine_uploads
from infer.service.replies import (
    embedded_reply,
    pair_replies,
    photograph_reply,
    similarity_rows,
)
from infer.service.schemas import EmbedReply, VerifyReply
from infer.service.session import session_reply
from infer.service.session_schemas import SessionReply
from infer.service.turns import Turns
from infer.service.uploads import (
    DOCUMENT,
    TO_CLASSIFY,
    TO_EMBED,
    TO_VERIFY,
    VIDEO,
    Field,
    Upload,
    read_uploads,
)

R = TypeVar("R", VerifyReply, EmbedReply, ClassifyReply, SessionReply)
ABOUT = (
    "Are photographs of the same person? One cosine similarity a pair decides: at or above the threshold the "
    "pair is a match."
)
ABOUT_CLASSIFIER = "`/classify` says of single photographs and videos whether their faces are synthetic."
Found = Sequence[tuple[Upload, Examined]]


class Service:
    """Models that are loaded once, and the requests that they serve.

    Args:
        encoder: what compares faces; None for a service that only classifies them.
        limits: what a request may cost.
        classifier: that `/classify` and `/session` ask; None for a service without.

    Raises UserError when a detector cannot be opened.
    """

    def __init__(
        self,
        encoder: ServedEncoder | None,
        limits: ServiceLimits,
        classifier: Ensemble | None = None,
    ) -> None:
        self.limits = limits
        self.turns = Turns(limits.threads, WAITING)
        self._served = encoder
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

        encoder = self._encoder

        def reply(found: Found) -> VerifyReply:
            examined = [entry for _, entry in found]
            card = encoder.examiner.model.card
            return VerifyReply(
                model=encoder.model,
                threshold=encoder.threshold,
                photographs=[photograph_reply(upload.name, entry, crops) for upload, entry in found],
                similarities=similarity_rows(examined),
                pairs=pair_replies(examined, encoder.at.value, card.synthetic, card.fusion),
            )

        return await self._examined(request, TO_VERIFY, reply)

    async def embed(self, request: Request, crops: bool = False) -> EmbedReply:
        """The embeddings of 1 to 10 photographs, to be compared elsewhere.

        `crops=true` asks for what the model sees, too.
        """

        def reply(found: Found) -> EmbedReply:
            return EmbedReply(
                model=self._encoder.model,
                photographs=[embedded_reply(upload.name, entry, crops) for upload, entry in found],
            )

        return await self._examined(request, TO_EMBED, reply)

    async def classify(self, request: Request) -> ClassifyReply:
        """Which faces of 1 to 10 photographs and videos are synthetic: P(synthetic), a verdict, and why.

        One without a usable face is never called bona fide: its own row says what is the matter. Of a video
        32 frames are looked at, and each face has a score over time.
        """
        ensemble, classifier = self._ensemble, self._classifier
        if ensemble is None or classifier is None:
            raise RuntimeError("a service without a classifier has no such endpoint")

        def work(fields: Sequence[list[Upload]], given_up: Event) -> ClassifyReply:
            (uploads,) = fields
            data = [upload.data for upload in uploads]
            found = classify_uploads(ensemble, data, self.limits, given_up.is_set)
            rows = [classified_reply(one.name, entry) for one, entry in zip(uploads, found, strict=True)]
            return ClassifyReply(classifier=classifier, photographs=rows)

        return await self._answer(request, [TO_CLASSIFY], work)

    async def session(self, request: Request) -> SessionReply:
        """Is the person of a video the one on a document, the same one throughout, and bona fide?

        Ten frames a second are looked at. The answer is the object of `infer session --json`. Where document
        or video shows no face or cannot be read, there is none: the error says which, and why.
        """

        encoder = self._encoder

        def work(fields: Sequence[list[Upload]], given_up: Event) -> SessionReply:
            (document,), (video,) = fields
            return session_reply(document, video, encoder, self._ensemble, self.limits, given_up.is_set)

        return await self._answer(request, [DOCUMENT, VIDEO], work)

    async def health(self) -> HealthReply:
        """Whether the service is up, with which model, and how busy; answers while all threads are busy."""
        return HealthReply(
            status="ok",
            model=self._served.model if self._served else None,
            threshold=self._served.threshold if self._served else None,
            classifier=self._classifier,
            limits=LimitsReply(
                max_photographs=MOST_PHOTOGRAPHS,
                max_upload_bytes=self.limits.max_body,
                max_pixels=self.limits.max_pixels,
                max_clip_seconds=self.limits.clip_seconds,
            ),
            uptime_s=time.monotonic() - self._started,
            in_flight=self.turns.in_flight,
        )

    @property
    def about(self) -> str:
        """What the service is for, and what its scores say of synthetic faces, in a few sentences."""
        told = [ABOUT_CLASSIFIER] if self.classifies else []
        if self._served is not None:
            statement = self._served.model.synthetic.statement
            told = [ABOUT, f"{statement[0].upper()}{statement[1:]}.", *told]
        return " ".join(told)

    @property
    def compares(self) -> bool:
        """Whether it has an encoder."""
        return self._served is not None

    @property
    def classifies(self) -> bool:
        """Whether it has a classifier."""
        return self._classifier is not None

    @property
    def _encoder(self) -> ServedEncoder:
        if self._served is None:
            raise RuntimeError("a service without an encoder has no such endpoint")
        return self._served

    def close(self) -> None:
        """Let go of what waits for its turn."""
        self.turns.close()

    async def _examined(self, request: Request, field: Field, reply: Callable[[Found], R]) -> R:
        """Answer with what is said of photographs that were examined for the encoder."""
        examiner = self._encoder.examiner

        def work(fields: Sequence[list[Upload]], given_up: Event) -> R:
            (uploads,) = fields
            data = [upload.data for upload in uploads]
            examined = examine_uploads(examiner, data, self.limits.max_pixels, given_up.is_set)
            return reply(list(zip(uploads, examined, strict=True)))

        return await self._answer(request, [field], work)

    async def _answer(
        self, request: Request, fields: Sequence[Field], work: Callable[[Sequence[list[Upload]], Event], R]
    ) -> R:
        """Receive, wait for a turn, and work in a thread."""
        with self.turns.admitted():
            uploads = await read_uploads(request, fields, self.limits.max_body)
            return await self.turns.run(request, partial(work, uploads))
