"""Simulated speed tests around North Rhine-Westphalia as Parquet: points.py ROWS FILE [towns | even]

towns: seven of ten tests at the contributor's home, homes around thirty towns; a tenth of the contributors makes most tests.
even: every test somewhere, by a contributor who is drawn evenly; nothing is sorted, nothing repeats.
Written in a stream: memory does not depend on ROWS. h3_8 and h3_9 are the index that some engines are given for free.
"""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from h3ronpy.vector import coordinates_to_cells

ROW_GROUP = 500_000
WEST, SOUTH, EAST, NORTH = 5.8, 50.3, 9.5, 52.6


class Towns:
    def __init__(self, random, devices):
        self.random = random
        self.centres = np.column_stack([random.uniform(50.6, 52.3, 30), random.uniform(6.0, 9.2, 30)])
        self.shares = 1 / np.arange(1, 31) ** 0.8
        self.shares /= self.shares.sum()
        self.homes = self.places(devices)

    def places(self, count):
        random = self.random
        town = self.centres[random.choice(30, count, p=self.shares)]
        spread = random.choice([0.03, 0.1, 0.25], count, p=[0.55, 0.25, 0.2])
        return town[:, 0] + random.normal(0, 0.62, count) * spread, town[:, 1] + random.normal(0, 1, count) * spread

    def draw(self, count):
        random, devices = self.random, len(self.homes[0])
        loud = np.minimum((random.pareto(1.3, count) * devices / 20).astype(np.int64), devices - 1)
        device = np.where(random.random(count) < 0.6, random.integers(0, devices, count), loud)
        lat, lng = self.places(count)
        home = random.random(count) < 0.7
        lat = np.where(home, self.homes[0][device] + random.normal(0, 0.00015, count), lat)
        lng = np.where(home, self.homes[1][device] + random.normal(0, 0.00025, count), lng)
        return device, lat, lng


class Even:
    def __init__(self, random, devices):
        self.random, self.devices = random, devices

    def draw(self, count):
        random = self.random
        return (
            random.integers(0, self.devices, count),
            random.uniform(SOUTH, NORTH, count),
            random.uniform(WEST, EAST, count),
        )


def main(rows, file, kind="towns"):
    random = np.random.default_rng(42)
    devices = max(1000, rows // 10)
    names = random.integers(0, 2**63, devices, dtype=np.int64)
    source = {"towns": Towns, "even": Even}[kind](random, devices)
    writer = None
    for start in range(0, rows, ROW_GROUP):
        count = min(ROW_GROUP, rows - start)
        device, lat, lng = source.draw(count)
        lat = np.round(np.clip(lat, SOUTH, NORTH), 6)
        lng = np.round(np.clip(lng, WEST, EAST), 6)
        download = np.exp(random.choice(np.log([12, 45, 70, 160, 220, 350]), count) + random.normal(0, 0.7, count))
        upload = download * np.exp(random.normal(-1.6, 0.5, count))
        latency = np.exp(random.normal(3, 0.6, count))
        table = pa.table(
            {
                "lat": lat,
                "lon": lng,
                "download": np.round(download, 3),
                "upload": np.round(upload, 3),
                "latency": np.round(latency, 3),
                "device_id": names[device],
                "h3_8": pa.array(coordinates_to_cells(lat, lng, 8)),
                "h3_9": pa.array(coordinates_to_cells(lat, lng, 9)),
            }
        )
        writer = writer or pq.ParquetWriter(file, table.schema, compression="snappy", use_dictionary=False)
        writer.write_table(table, row_group_size=ROW_GROUP)
    writer.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
