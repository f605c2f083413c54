#!/usr/bin/env python3
"""Genres of the songs below a folder, on a Spark cluster: the model is loaded once in every Python worker.

    pip install 'genrefold[arrow]' pyspark
    spark-submit spark_genres.py MUSIC OUT     # or python3, for this machine alone; OUT becomes a folder of Parquet files

The folder must lie where every machine sees it under the same name, and genrefold must be installed on each.
"""
import os
import sys

from pyspark.sql import SparkSession

from genrefold import arrow

SONGS_A_BATCH = 64


def songs(folder: str) -> list[str]:
    """All files: what is no sound gets an answer that says so."""
    found = (os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)
    return sorted(os.path.abspath(path) for path in found)


def main() -> None:
    folder, out = sys.argv[1:]
    spark = (
        SparkSession.builder.appName("genrefold")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", SONGS_A_BATCH)
        .getOrCreate()
    )
    paths = songs(folder)
    parts = max(spark.sparkContext.defaultParallelism, len(paths) // SONGS_A_BATCH)
    frame = spark.createDataFrame([(path,) for path in paths], "path string").repartition(parts, "path")
    frame.mapInArrow(arrow.classify_batches, arrow.SPARK_SCHEMA).write.mode("overwrite").parquet(out)
    print(f"{len(paths)} songs, in {out}")
    spark.stop()


if __name__ == "__main__":
    main()
