"""Reads an exported Parquet file with DuckDB and with pandas over pyarrow, and prints what each of them counts, as JSON."""
import json
import sys

import duckdb
import pandas
import pyarrow.parquet

path = sys.argv[1]
figures = """SELECT label, count(*), sum(CASE WHEN success THEN 0 ELSE 1 END), sum(elapsed_ms), max(elapsed_ms), min(epoch_ms("start")),
    sum(received_bytes) FROM read_parquet(?) WHERE NOT transaction GROUP BY label ORDER BY label"""
by_duckdb = [[row[0], *(None if value is None else int(value) for value in row[1:])] for row in duckdb.execute(figures, [path]).fetchall()]

table = pandas.read_parquet(path)
requests = table[~table["transaction"]]
by_pandas = []
for label, rows in requests.groupby("label"):
    bytes_ = rows["received_bytes"]
    starts = rows["start"].dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[ms]").astype("int64")
    figures = [len(rows), (~rows["success"]).sum(), rows["elapsed_ms"].sum(), rows["elapsed_ms"].max(), starts.min()]
    by_pandas.append([label, *map(int, figures), None if bytes_.isna().all() else int(bytes_.sum())])

file = pyarrow.parquet.ParquetFile(path)
group = file.metadata.row_group(0)
json.dump(
    {
        "duckdb": by_duckdb,
        "pandas": by_pandas,
        "rows": file.metadata.num_rows,
        "groups": file.metadata.num_row_groups,
        "largest_group": max(file.metadata.row_group(at).num_rows for at in range(file.metadata.num_row_groups)),
        "compression": group.column(0).compression,
        "types": {field.name: str(field.type) for field in file.schema_arrow},
    },
    sys.stdout,
)
