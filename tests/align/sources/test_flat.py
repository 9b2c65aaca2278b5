from align.sources.layouts.flat import flat
from align.sources.photograph import Photograph


def test_each_photograph_of_the_root_is_an_identity_of_its_own() -> None:
    assert flat(["a/0.jpg", "b.c.jpg", "å.HEIC"]) == [
        Photograph("b.c.jpg", "b.c", False),
        Photograph("å.HEIC", "å", False),
    ]
