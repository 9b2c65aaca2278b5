"""The version of facetrust."""

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """The version, such as `0.1.0`; empty for a clone that is not installed."""
    try:
        return version("facetrust")
    except PackageNotFoundError:
        return ""
