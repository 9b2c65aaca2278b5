"""The fused encoder: a recogniser and a classifier of synthetic faces that see one crop."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from common.formats.crop_frame import crop_frame
from common.models.classifier import Classifier
from common.models.crop_settings import CropSettings
from common.models.encoder import Encoder
from common.models.fused.cut import Cut
from common.models.fused.fusion import Fusion
from common.models.fused.scatter import SIZE, Scatter
from common.models.fused.wide_crop import frame_of
from common.models.input_format import InputFormat
from common.runtime.errors import UserError
from common.runtime.float32 import exact_float32


class FusedEncoder(nn.Module):
    """Maps 8-bit RGB crops to embeddings that are those of a recogniser where a face is bona fide.

    The cosine of two of them is that of the recogniser times both gates, see `Fusion`: a pair with a
    synthetic face falls to about zero whomever it shows, two forgeries of one person included.

    Args:
        recogniser: takes arcface crops.
        classifier: takes crops of the same template as `crops`.
        crops: what both are cut from, see `wide_crop`.
        fusion: of embeddings as long as the recogniser's.

    Raises UserError for a classifier with a head over time.
    """

    def __init__(
        self, recogniser: Encoder, classifier: Classifier, crops: CropSettings, fusion: Fusion
    ) -> None:
        super().__init__()
        if classifier.temporal.is_learnt:
            raise UserError(
                f"a classifier with a head over time ({classifier.temporal}) sees clips, a recogniser single "
                "crops; fuse it with a classifier of frames"
            )
        wide = frame_of(crops, crops.size)
        self.backbone_name = f"{recogniser.backbone_name} behind {classifier.network_name}"
        self.input_format = InputFormat(size=crops.size)  # the towers scale what is cut for them
        self.embedding_size = recogniser.embedding_size + SIZE
        self.fusion = fusion
        self.recogniser, self.classifier = recogniser, classifier
        self.scatter = Scatter()
        self.face = Cut(wide, crop_frame(recogniser.input_format.size))
        self.whole = Cut(wide, frame_of(crops, classifier.input_format.size))

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, size, size) whole numbers in 0..255 to (N, embedding_size) float32 of unit length."""
        return self.joined(crops, mirror=False)

    def embed(self, crops: Tensor) -> Tensor:
        """What `forward` gives, of towers averaged over the crop and its mirror image; as `Encoder.embed`."""
        with torch.inference_mode(), exact_float32():
            return self.joined(crops, mirror=True)

    def joined(self, crops: Tensor, mirror: bool) -> Tensor:
        """Embeddings, of towers that are averaged over crop and mirror image or not."""
        return self.join(*self.towers(crops, mirror), crops)

    def towers(self, crops: Tensor, mirror: bool) -> tuple[Tensor, Tensor]:
        """The recogniser's embeddings, (N, D) float32 of unit length, and the classifier's logits, (N,)."""
        faces, wholes = self.face(crops), self.whole(crops)
        if not mirror:
            return functional.normalize(self.recogniser(faces), dim=1), self.classifier(wholes)
        seen = functional.normalize(self.recogniser(torch.cat([faces, faces.flip(3)])), dim=1)
        logits = self.classifier(torch.cat([wholes, wholes.flip(3)]))
        features = functional.normalize(torch.unflatten(seen, 0, (2, -1)).sum(0), dim=1)
        return features, torch.unflatten(logits, 0, (2, -1)).mean(0)

    def join(self, features: Tensor, logits: Tensor, crops: Tensor) -> Tensor:
        """The embeddings (N, embedding_size) that the outputs of the towers make.

        Args:
            features: (N, D) float32 of unit length.
            logits: (N,) float32, not calibrated.
            crops: that both were cut from.
        """
        # log g = γ log sigmoid(-z), in double precision, for what is near 1 is taken from 1
        log = -self.fusion.gamma * functional.softplus(logits.double() / self.fusion.temperature)[:, None]
        gate, rest = log.exp().float(), (-torch.expm1(2 * log)).sqrt().float()
        return torch.cat([gate * features, rest * self.scatter(crops)], dim=1)


AnyEncoder = Encoder | FusedEncoder
