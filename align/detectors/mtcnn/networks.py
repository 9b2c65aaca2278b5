"""The three networks of MTCNN, with the names of parameters that facenet-pytorch's files have."""

from torch import Tensor, nn


class Stage(nn.Module):
    """A network of MTCNN: a trunk, then heads for probabilities, box offsets, and in the last one landmarks.

    It takes (N, 3, H, W) RGB less 127.5 and divided by 128. Its modules, in the order of computation, have
    the published names; pooling has none there. The dense
    layers take places by columns, then rows, then channels, as the files want it.
    """

    def __init__(self, trunk: dict[str, nn.Module], heads: dict[str, nn.Module]) -> None:
        super().__init__()
        for name, module in (trunk | heads).items():
            self.add_module(name, module)
        self._trunk, self._heads = tuple(trunk), tuple(heads)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Probabilities of a face, box offsets (N, 4, …), and where there are any landmarks (N, 10)."""
        features = images
        for name in self._trunk:
            if name.startswith("dense"):
                features = features.permute(0, 3, 2, 1).flatten(1)
            features = self.get_submodule(name)(features)
        logits, *others = (self.get_submodule(name)(features) for name in self._heads)
        return logits.softmax(1)[:, 1], *others


def proposal_network() -> Stage:
    """P-Net, fully convolutional: a proposal for each window of 12 pixels, at a stride of 2."""
    trunk = _convolution(1, 3, 10) | _pooling(1, 2) | _convolution(2, 10, 16) | _convolution(3, 16, 32)
    return Stage(trunk, {"conv4_1": nn.Conv2d(32, 2, 1), "conv4_2": nn.Conv2d(32, 4, 1)})


def refinement_network() -> Stage:
    """R-Net, for windows of 24 pixels."""
    trunk = (
        _convolution(1, 3, 28)
        | _pooling(1, 3)
        | _convolution(2, 28, 48)
        | _pooling(2, 3)
        | _convolution(3, 48, 64, 2)
    )
    return Stage(trunk | _dense(4, 576, 128), {"dense5_1": nn.Linear(128, 2), "dense5_2": nn.Linear(128, 4)})


def output_network() -> Stage:
    """O-Net, for windows of 48 pixels; its landmarks are five x, then five y, in parts of the window."""
    trunk = (
        _convolution(1, 3, 32)
        | _pooling(1, 3)
        | _convolution(2, 32, 64)
        | _pooling(2, 3)
        | _convolution(3, 64, 64)
        | _pooling(3, 2)
        | _convolution(4, 64, 128, 2)
    )
    return Stage(
        trunk | _dense(5, 1152, 256),
        {f"dense6_{head}": nn.Linear(256, count) for head, count in ((1, 2), (2, 4), (3, 10))},
    )


def _convolution(number: int, before: int, after: int, side: int = 3) -> dict[str, nn.Module]:
    return {f"conv{number}": nn.Conv2d(before, after, side), f"prelu{number}": nn.PReLU(after)}


def _pooling(number: int, side: int) -> dict[str, nn.Module]:
    return {f"pool{number}": nn.MaxPool2d(side, 2, ceil_mode=True)}


def _dense(number: int, before: int, after: int) -> dict[str, nn.Module]:
    return {f"dense{number}": nn.Linear(before, after), f"prelu{number}": nn.PReLU(after)}
