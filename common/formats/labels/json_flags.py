"""Flags that a JSON file gives to names: `meta.json`."""

import json
from pathlib import Path
from typing import Any

from common.formats.labels.flags import read_flag
from common.formats.text_encoding import encoding_of
from common.runtime.errors import UserError

LONGEST = 1 << 29  # bytes; ten million names take less
_SHAPE = 'an object that maps "person/image.jpg" to 0 or 1'


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object, those that come twice too."""


def read_json_flags(path: Path) -> dict[str, bool]:
    """The flag of each key of a JSON object: 1 for a synthetic face, 0 for a bona fide one.

    The file is UTF-8 or UTF-16, with or without BOM; flags as `read_flag` takes them. Raises UserError when
    the file cannot be read or is malformed, and where a key comes twice with two flags.
    """
    try:
        if path.stat().st_size > LONGEST:
            raise UserError(f"{path} is larger than {LONGEST >> 20} MiB; that is no file of labels")
        data = path.read_bytes()
        pairs = json.loads(data.decode(encoding_of(data[:4096])), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid JSON; mend or remove it") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); mend its permissions") from error
    if not isinstance(pairs, _Pairs):
        raise UserError(f"{path} must be {_SHAPE}")
    flags: dict[str, bool] = {}
    for key, value in pairs:
        flag = read_flag(value)
        if flag is None:
            raise UserError(f'{path}: "{key}" must be 0 (bona fide) or 1 (synthetic)')
        if flags.setdefault(key, flag) != flag:
            raise UserError(f'{path}: "{key}" comes twice, once as 0 and once as 1; remove the wrong one')
    return flags
