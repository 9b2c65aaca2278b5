"""facetrust: face verification, trained against deepfakes.

    import facetrust as ft

    model = ft.load_model("adaface-ir101-webface12m")
    print(ft.verify("a.jpg", "b.jpg", model=model, threshold=0.3))

Names are imported when they are first used, so that `import facetrust` itself costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from align import detectors
    from align.crops.aligner import AlignedFace, Aligner, Rejection
    from align.crops.options import AlignOptions
    from align.media.source import ImageSource
    from common.formats.shards import ShardRows
    from common.metrics.eer import OperatingPoint, equal_error_rate
    from common.runtime.errors import UserError
    from facetrust.classifiers import Classified, classify, load_classifier
    from facetrust.galleries import search
    from facetrust.photographs import Verification, align, embed, load_model, verify
    from facetrust.shards import read_shards
    from infer.classification.ensemble import Ensemble
    from infer.classification.verdict import FaceVerdict
    from infer.embeddings import Embeddings
    from infer.models.model import Model
    from infer.score import Verdict
    from train import losses

    __version__: str

__all__ = [
    "AlignOptions",
    "AlignedFace",
    "Aligner",
    "Classified",
    "Embeddings",
    "Ensemble",
    "FaceVerdict",
    "ImageSource",
    "Model",
    "OperatingPoint",
    "Rejection",
    "ShardRows",
    "UserError",
    "Verdict",
    "Verification",
    "__version__",
    "align",
    "classify",
    "detectors",
    "embed",
    "equal_error_rate",
    "load_classifier",
    "load_model",
    "losses",
    "read_shards",
    "search",
    "verify",
]

_NAMES_OF = {
    "align.crops.aligner": ("AlignedFace", "Aligner", "Rejection"),
    "align.crops.options": ("AlignOptions",),
    "align.media.source": ("ImageSource",),
    "common.formats.shards": ("ShardRows",),
    "common.metrics.eer": ("OperatingPoint", "equal_error_rate"),
    "common.runtime.errors": ("UserError",),
    "facetrust.classifiers": ("Classified", "classify", "load_classifier"),
    "facetrust.galleries": ("search",),
    "facetrust.photographs": ("Verification", "align", "embed", "load_model", "verify"),
    "facetrust.shards": ("read_shards",),
    "infer.classification.ensemble": ("Ensemble",),
    "infer.classification.verdict": ("FaceVerdict",),
    "infer.embeddings": ("Embeddings",),
    "infer.models.model": ("Model",),
    "infer.score": ("Verdict",),
    # the packages themselves
    "align.detectors": ("detectors",),
    "train.losses": ("losses",),
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names}


def __getattr__(name: str) -> Any:
    """A name of `__all__`, imported at its first use."""
    if name not in __all__:
        raise AttributeError(f"module 'facetrust' has no attribute '{name}'")
    if name == "__version__":
        from importlib.metadata import version

        found: Any = version("facetrust")
    else:
        _refuse_namesakes(("common", "train") if name == "losses" else ("align", "common", "infer"))
        module = import_module(_MODULE_OF[name])
        found = module if name in ("detectors", "losses") else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _refuse_namesakes(packages: tuple[str, ...]) -> None:
    """Raise ImportError where a file of the user's, such as `infer.py`, hides ours; it is not run."""
    from importlib.util import find_spec
    from pathlib import Path

    home = Path(__file__).resolve().parents[1]
    for package in packages:
        spec = find_spec(package)
        place = spec.origin if spec else None
        if place is None or Path(place).resolve().parents[1] != home:
            raise ImportError(
                f"facetrust needs its own package '{package}', but finds {place or 'none'}; rename that, or "
                "start from another folder"
            )
