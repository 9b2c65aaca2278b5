"""Weights known by name (`--pretrained adaface-ir101-webface12m`), their sizes, and how to get them."""

from dataclasses import dataclass

from common.models.weights.layouts import Colour


@dataclass(frozen=True)
class PublishedWeights:
    """A file on the Hugging Face hub. All are for 112x112 crops scaled to [-1, 1]."""

    repository: str  # owner/name
    megabytes: int  # to download, and in memory
    data: str  # that they were trained on, and whose licence they ask to be used by
    file: str = "model.safetensors"
    colour: Colour = "RGB"


IR_101, IR_50, IR_18 = 261, 175, 96  # megabytes of a backbone's weights

# CVLFace's own, trained with the AdaFace and ArcFace losses; RGB according to the `color_space` of their
# config.json. The cards of all of them say `license: mit`, and LICENCE's second half.
PUBLISHED: dict[str, PublishedWeights] = {
    name: PublishedWeights(f"minchul/cvlface_{name.replace('-', '_')}", megabytes, data)
    for name, megabytes, data in (
        ("adaface-ir101-webface12m", IR_101, "WebFace12M"),
        ("adaface-ir101-webface4m", IR_101, "WebFace4M"),
        ("adaface-ir101-ms1mv3", IR_101, "MS1MV3"),
        ("adaface-ir101-ms1mv2", IR_101, "MS1MV2"),
        ("adaface-ir50-webface4m", IR_50, "WebFace4M"),
        ("adaface-ir50-ms1mv2", IR_50, "MS1MV2"),
        ("adaface-ir50-casia", IR_50, "CASIA-WebFace"),
        ("adaface-ir18-webface4m", IR_18, "WebFace4M"),
        ("adaface-ir18-vgg2", IR_18, "VGGFace2"),
        ("adaface-ir18-casia", IR_18, "CASIA-WebFace"),
        ("arcface-ir101-webface4m", IR_101, "WebFace4M"),
    )
}
LICENCE = "MIT by their cards, which ask to follow the licence of the faces they were trained on as well"

# the most accurate of each size
SUGGESTED = ("adaface-ir18-webface4m", "adaface-ir50-webface4m", "adaface-ir101-webface12m")


def how_to_get_weights(option: str = "--model") -> str:
    """How to come by weights where none are named, for one line of an error.

    Names published weights of three sizes with megabytes, licence and the words that fetch them, and the way
    to name a file; `option` is the command's own for that.
    """
    names = [f"{option} {name} ({PUBLISHED[name].megabytes} MB)" for name in SUGGESTED]
    return (
        f"published weights are fetched once from huggingface.co by {', '.join(names[:-1])} or {names[-1]}: "
        f"{LICENCE}; weights on this machine are named by their file, {option} FILE"
    )
