"""Rows of a run as an Apache Parquet file, in full precision, by pyarrow (extra `parquet`)."""

import importlib
import io
from pathlib import Path
from typing import Any

from sgmbench.errors import UsageError
from sgmbench.report.rows import COLUMNS, Row
from sgmbench.store.atomic import write_bytes

TYPES = {"budget": "int64", "replicates": "int64", "mean": "float64", "floor": "float64"}
TYPES |= {"low": "float64", "high": "float64"}


def write_parquet(path: Path, rows: list[Row]) -> None:
    """Writes rows (`report.rows`).

    Raises:
        UsageError: pyarrow is not installed.
        StoreError: the file cannot be written.
    """
    try:
        arrow: Any = importlib.import_module("pyarrow")
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise UsageError("--to parquet needs pyarrow: pip install 'sgmbench[parquet]'") from None
    schema = arrow.schema([(column, arrow.type_for_alias(TYPES.get(column, "string"))) for column in COLUMNS])
    buffer = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(rows, schema=schema), buffer)
    write_bytes(path, buffer.getvalue())
