"""The interface of all backbones."""

from torch import Tensor, nn

FACE_SIZE = 112


class Backbone(nn.Module):
    """Maps (N, 3, size, size) float32 in the backbone's own colour order and scale to (N, embedding_size).

    `size` is fixed when the network is made, 112 pixels as a rule.
    Embeddings are not of unit length: in some published models their length tells image quality.
    """

    embedding_size: int
    first_key: str = ""  # of its state_dict, where a class knows it: what files are recognised by at a glance

    def forward(self, images: Tensor) -> Tensor:
        """Embeddings (N, embedding_size), float32."""
        raise NotImplementedError

    def stages(self) -> list[nn.Module]:
        """Coarse groups of layers from the input to the embedding; the last is the head.

        Every parameter is in exactly one of them. A stage shares its layers with the network, so freezing
        it freezes them; a stage that is no module of the network's own is a new `nn.ModuleList` around its
        parts, which changes neither the network nor its `state_dict`.
        """
        raise NotImplementedError
