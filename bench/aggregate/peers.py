"""One engine, once: peers.py ENGINE FILE RESOLUTION

For each H3 hexagon: number of tests, distinct devices, 10 % quantile and median of the download, median of the latency, all
exact, with two threads. Prints hexagons, and sums over them that all engines must agree on. ENGINE with -given reads the index
from a column; read sums the five columns and nothing else.
"""

import os
import sys

os.environ["POLARS_MAX_THREADS"] = "2"
engine, file, resolution = sys.argv[1], sys.argv[2], int(sys.argv[3])
engine, given = engine.removesuffix("-given"), engine.endswith("-given")
index = f"h3_{resolution}"


def say(hexagons, tests, devices, p10, p50, latency):
    print(f"{hexagons} {tests} {devices} {p10:.1f} {p50:.1f} {latency:.1f}")


def by_arrow(table):
    import pyarrow.compute as pc

    sums = [pc.sum(table[name]).as_py() for name in ("n", "d", "p", "m", "l")]
    say(table.num_rows, *sums)


if engine == "polars":
    import polars as pl

    rows = pl.scan_parquet(file)
    if not given:
        import polars_h3

        rows = rows.with_columns(polars_h3.latlng_to_cell("lat", "lon", resolution, return_dtype=pl.UInt64).alias(index))
    download, latency = pl.col("download"), pl.col("latency")
    found = (
        rows.group_by(index)
        .agg(
            n=pl.len(),
            d=pl.col("device_id").n_unique(),
            p=download.quantile(0.1, "linear"),
            m=download.median(),
            l=latency.median(),
        )
        .collect()
    )
    say(found.height, *(found[name].sum() for name in ("n", "d", "p", "m", "l")))
elif engine == "chdb":
    import chdb
    import pyarrow as pa

    cell = index if given else f"geoToH3(lat, lon, {resolution})"
    found = chdb.query(
        f"""select {cell} h, count() n, uniqExact(device_id) d, quantileExactInclusive(0.1)(download) p,
            quantileExactInclusive(0.5)(download) m, quantileExactInclusive(0.5)(latency) l
            from file('{file}', Parquet) group by h settings max_threads = 2""",
        "Arrow",
    )
    by_arrow(pa.ipc.open_file(pa.BufferReader(found.bytes())).read_all())
elif engine == "duckdb":
    import duckdb
    import pyarrow as pa
    from h3ronpy.vector import coordinates_to_cells

    db = duckdb.connect()
    db.execute("set threads = 2; set enable_progress_bar = false")

    def cells(lat, lng):
        whole = [column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column for column in (lat, lng)]
        return pa.chunked_array([pa.array(coordinates_to_cells(*whole, resolution))])

    db.create_function("cell", cells, ["DOUBLE", "DOUBLE"], "UBIGINT", type="arrow")
    cell = index if given else "cell(lat, lon)"
    by_arrow(
        db.execute(
            f"""select {cell} h, count(*) n, count(distinct device_id) d, quantile_cont(download, 0.1) p,
                median(download) m, median(latency) l from '{file}' group by h"""
        ).fetch_arrow_table()
    )
elif engine == "datafusion":
    import datafusion
    import pyarrow as pa
    from h3ronpy.vector import coordinates_to_cells

    context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(2))
    types = [pa.float64(), pa.float64()]
    cells = lambda lat, lng: pa.array(coordinates_to_cells(lat, lng, resolution))
    context.register_udf(datafusion.udf(cells, types, pa.uint64(), "immutable", "cell"))
    context.register_parquet("tests", file)
    cell = index if given else "cell(lat, lon)"
    by_arrow(
        context.sql(
            f"""select {cell} h, count(*) n, count(distinct device_id) d,
                percentile_cont(0.1) within group (order by download) p, median(download) m, median(latency) l
                from tests group by 1"""
        ).to_arrow_table()
    )
elif engine == "read":
    import pyarrow.parquet as pq

    pyarrow_file = pq.ParquetFile(file)
    rows = 0
    for group in range(pyarrow_file.num_row_groups):
        rows += pyarrow_file.read_row_group(
            group, ["lat", "lon", "download", "latency", "device_id"], use_threads=False
        ).num_rows
    print(0, rows)
else:
    sys.exit(f"unknown engine {engine}")
