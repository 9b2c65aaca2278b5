"""Weights known by name: `--pretrained adaface-ir101-webface12m`."""

from dataclasses import dataclass

from common.weights.layouts import Colour


@dataclass(frozen=True)
class PublishedWeights:
    """A file on the Hugging Face hub. All are for 112x112 crops scaled to [-1, 1]."""

    repository: str  # owner/name
    file: str = "model.safetensors"
    colour: Colour = "RGB"


# CVLFace's own, trained with the AdaFace and ArcFace losses; RGB according to the `color_space` of their
# config.json. Their licence is that of the data they were trained on.
PUBLISHED: dict[str, PublishedWeights] = {
    "adaface-ir101-webface12m": PublishedWeights("minchul/cvlface_adaface_ir101_webface12m"),
    "adaface-ir101-webface4m": PublishedWeights("minchul/cvlface_adaface_ir101_webface4m"),
    "adaface-ir101-ms1mv3": PublishedWeights("minchul/cvlface_adaface_ir101_ms1mv3"),
    "adaface-ir101-ms1mv2": PublishedWeights("minchul/cvlface_adaface_ir101_ms1mv2"),
    "adaface-ir50-webface4m": PublishedWeights("minchul/cvlface_adaface_ir50_webface4m"),
    "adaface-ir50-ms1mv2": PublishedWeights("minchul/cvlface_adaface_ir50_ms1mv2"),
    "adaface-ir50-casia": PublishedWeights("minchul/cvlface_adaface_ir50_casia"),
    "adaface-ir18-webface4m": PublishedWeights("minchul/cvlface_adaface_ir18_webface4m"),
    "adaface-ir18-vgg2": PublishedWeights("minchul/cvlface_adaface_ir18_vgg2"),
    "adaface-ir18-casia": PublishedWeights("minchul/cvlface_adaface_ir18_casia"),
    "arcface-ir101-webface4m": PublishedWeights("minchul/cvlface_arcface_ir101_webface4m"),
}
