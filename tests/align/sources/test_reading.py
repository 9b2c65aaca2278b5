import pytest

from align.sources.reading import parse_columns
from common.runtime.errors import UserError


def test_columns_by_role() -> None:
    assert parse_columns([]) == {}
    assert parse_columns(["path=Image Id, synthetic=target", "Bona_Fide = x=y"]) == {
        "path": "Image Id",
        "synthetic": "target",
        "bona-fide": "x=y",
    }


@pytest.mark.parametrize("text", ["path", "path=", "=Id", "face=Id", "path=a,,synthetic=b", "path=a,path=b"])
def test_what_is_no_column_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="columns"):
        parse_columns([text])
