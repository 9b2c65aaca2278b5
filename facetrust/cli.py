"""The console command `facetrust`: the stages under one name that no file of the working folder can shadow.

`python -m infer` runs whatever `infer.py` lies in the working folder; an installed command does not look
there.
"""

import sys


def main() -> None:
    """Entry point of the console command."""
    try:
        from common.runtime.command_line import run_app
        from facetrust.stages import app
    except BaseException as error:  # Python itself would end with 1, which is the answer no
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(130 if isinstance(error, KeyboardInterrupt) else 2)
    run_app(app)
