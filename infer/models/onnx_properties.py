"""Metadata properties of an ONNX file as a model of pydantic: a property a field."""

import json
from pathlib import Path
from typing import Any, Literal, Self, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from common.runtime.errors import UserError

FORMAT_KEY = "format"


class OnnxProperties(BaseModel):
    """The metadata of a file: texts as they are, everything else as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def as_properties(self) -> dict[str, str]:
        """The properties of the file; what is not known is left out."""
        plain = self.model_dump(mode="json", exclude_none=True)
        texts = self._texts()
        return {
            key: value if key in texts else json.dumps(value) for key, value in plain.items() if value != ""
        }

    @classmethod
    def read(cls, path: Path, properties: dict[str, str]) -> Self:
        """From the properties of a file; others in it are passed over. Raises UserError for damaged ones."""
        texts = cls._texts()
        try:
            found: dict[str, Any] = {
                key: text if key in texts else json.loads(text)
                for key, text in properties.items()
                if key in cls.model_fields
            }
            return cls.model_validate(found)
        except (ValidationError, ValueError, RecursionError) as error:
            raise UserError(f"{path} has damaged metadata; export it anew") from error

    @classmethod
    def _texts(cls) -> set[str]:
        """The fields that are stored as they are, not as JSON."""
        return {
            name
            for name, field in cls.model_fields.items()
            if field.annotation is str or get_origin(field.annotation) is Literal
        }
