"""The interface of all networks of classifiers."""

from torch import Tensor, nn

from common.runtime.errors import UserError


class ClassifierNetwork(nn.Module):
    """Maps (N, channels, size, size) float32, normalised as the network wants, to logits (N, 1).

    `size` and channels, 3 of RGB alone, are fixed when the network is made. A logit above 0 means synthetic.
    """

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, 1)."""
        raise NotImplementedError

    def stages(self) -> list[nn.Module]:
        """Coarse groups of layers from the input to the logit; the last has the head.

        Every parameter is in exactly one of them; see `Backbone.stages`.
        """
        raise NotImplementedError

    def take_head_off(self) -> int:
        """How many features `forward` gives of an image from here on, (N, F), in the place of a logit.

        The last layer is `head` unless a network says otherwise. Raises UserError where there is no such
        layer, or not one vector of features before it.
        """
        head = getattr(self, "head", None)
        if not isinstance(head, nn.Linear):
            raise UserError(
                "this network has no linear layer at its end, which a head over time could replace"
            )
        self.add_module("head", nn.Identity())
        return head.in_features

    @property
    def explanation_layer(self) -> nn.Module:
        """The layer whose output Grad-CAM reads: the last that gives a map, or tokens of places.

        Raises UserError where the network has none.
        """
        raise NotImplementedError

    @property
    def explanation_format(self) -> str | None:
        """The layout of what that layer gives, such as NHWC, where the network states one."""
        return None

    @property
    def explanation_gates(self) -> list[nn.Module]:
        """Layers whose outputs say how much of each place passes, (N, 1, h, w) in 0..1; none as a rule."""
        return []
