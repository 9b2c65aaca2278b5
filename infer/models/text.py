"""Type of text fields in untrusted files, made safe to print."""

from typing import Annotated

from pydantic import AfterValidator

from common.runtime.command_line import printable

Text = Annotated[str, AfterValidator(printable)]  # may be printed to a terminal
