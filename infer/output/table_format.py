"""File formats of the table of scores."""

from enum import StrEnum


class TableFormat(StrEnum):
    """Forms of the table of scores; a pair that was not compared has no similarity, -1 in a submission."""

    CSV = "csv"  # pair_id,similarity,verdict
    PARQUET = "parquet"  # the same columns: string, double, dictionary of strings
    SUBMISSION = "submission"  # pair_id,similarity as CSV and nothing else: what challenges take

    @property
    def suffix(self) -> str:
        """The suffix of its files."""
        return ".parquet" if self is TableFormat.PARQUET else ".csv"
