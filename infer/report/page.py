"""HTML from the templates: one page that needs nothing beside itself."""

import base64
import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from common.runtime.command_line import printable
from common.runtime.wording import counted
from infer.claims import synthetic_statement
from infer.models.model import ModelCard
from infer.output.palette import as_css
from infer.report.gallery import PairCard
from infer.score import Verdict

TEMPLATES = Path(__file__).parent / "templates"
NO_BREAK = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
NOTHING = "–"
LONGEST_TITLE = 32  # characters of a name that still makes a title


def render(template: str, context: Mapping[str, object]) -> str:
    """A page. Everything in the context is escaped unless it is `Markup`; names come from outside.

    Control characters in it are escaped too, those for the direction of writing among them, which would
    reorder a page; names that are written from right to left stand in `<bdi>`.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": lambda rate: Markup(percent(rate)),  # its space is no printable one
        "points": percentage_points,
        "score": score,
        "decimal": decimal,
        "count": count,
        "chance": chance,
        "channels": channels,
        "verdict": describe_verdict,
        "title": title,
        "model_title": lambda card: short_name(card.file, card.network),
        "claim": claim,
        "sentence": sentence,
        "breakable": breakable,
    }
    style, script = (_read(name) for name in ("style.css", "read_off.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(template).render(
        context, style=Markup(as_css() + style), script=Markup(script), script_hash=f"sha256-{digest}"
    )


def _read(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _finalize(value: object) -> object:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def percent(rate: float) -> str:
    """A rate in [0, 1] as per cent, to about three figures; a dash for NaN and for what is no rate."""
    if not 0 <= rate <= 1:
        return NOTHING
    value = 100 * rate
    if value in (0, 100):
        return f"{value:.0f}{NO_BREAK}%"
    decimals = 1 if 10 <= value < 99.9 else 2 if value >= 1 else 2 - math.floor(math.log10(value))
    return f"{value:.{min(decimals, 9)}f}{NO_BREAK}%"


def percentage_points(difference: float) -> str:
    """A difference of rates, with its sign and as many digits as it takes to show one; a dash for NaN."""
    if math.isnan(difference):
        return NOTHING
    value = 100 * difference
    if value == 0:
        return "±0.00"
    decimals = max(2, -math.floor(math.log10(abs(value))))
    return f"{'+' if value > 0 else MINUS}{abs(value):.{decimals}f}"


def score(similarity: float) -> str:
    """A similarity in [-1, 1]; a dash for NaN, a pair without two faces."""
    return NOTHING if math.isnan(similarity) else f"{similarity:.3f}".replace("-", MINUS)


def decimal(value: float) -> str:
    """A figure to four decimals; a dash for NaN."""
    return NOTHING if math.isnan(value) else f"{value:.4f}".replace("-", MINUS)


def count(number: int, *noun: str) -> str:
    """A number with its thousands apart, and its noun, as `counted` takes it, if there is one."""
    return counted(number, *noun) if noun else f"{number:,}"


def chance(probability: float) -> str:
    """A probability in [0, 1], small ones by their power of ten."""
    return "less than 0.0001" if probability < 1e-4 else f"{probability:.2g}"


def channels(values: Sequence[float]) -> str:
    """Numbers of R, G and B, one where they are equal."""
    written = [f"{value:g}" for value in values]
    return written[0] if len(set(written)) == 1 else f"({', '.join(written)})"


def title(card: ModelCard) -> str:
    """A short name of a model: that of its file without folders, or else its backbone."""
    return short_name(card.name, card.backbone)


def short_name(file: str, otherwise: str) -> str:
    """The name of a file without folders, or else, where there is none or it is long, another."""
    name = printable(file.replace("\\", "/").rstrip("/").rpartition("/")[2])
    return name if 0 < len(name) <= LONGEST_TITLE else printable(otherwise)


def claim(card: ModelCard) -> str:
    """What the scores of a model say of synthetic faces, as a sentence."""
    return sentence(synthetic_statement(card.synthetic))


def sentence(text: str) -> str:
    """A text with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def breakable(name: str) -> Markup:
    """A name of a file that may be parted after a folder or an underscore, rather than anywhere."""
    parted = escape(printable(name))
    for mark in ("/", "_"):
        parted = parted.replace(mark, Markup(mark + "<wbr>"))
    return Markup("<bdi>{}</bdi>").format(parted)


def describe_verdict(card: PairCard) -> Markup:
    """The verdict in words, and whether it is right by sign and word."""
    accepted = card.verdict is Verdict.MATCH
    if card.is_right is None:
        words = card.verdict.value.replace("_", " ") if card.verdict else ""
    elif card.is_right:
        words = "✓ accepted" if accepted else "✓ rejected"
    else:
        words = "✕ wrongly accepted" if accepted else "✕ wrongly rejected"
    return Markup('<span class="verdict">{}</span>').format(words)
