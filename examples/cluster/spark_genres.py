#!/usr/bin/env python3
"""Genres of the files below a folder, on a Spark cluster: the model is loaded once in every Python worker.

    pip install 'genrefold[arrow]' pyspark
    spark-submit spark_genres.py MUSIC OUT     # or python3, for this machine alone

OUT becomes a folder of Parquet files, in the place of what was there. The folder must lie where every machine sees it under the same name, and genrefold must be installed on each.
"""
import os
import sys

from pyspark.sql import SparkSession

from genrefold import arrow

SONGS_A_BATCH = 64


def main() -> None:
    folder, out = sys.argv[1:]
    # Workers run this Python, where nothing else is said: the first on their path need not have genrefold.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = (
        SparkSession.builder.appName("genrefold")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", SONGS_A_BATCH)
        .getOrCreate()
    )
    paths = arrow.files_below(folder)
    # A few parts a core, so that none waits long for the last.
    parts = max(1, min(len(paths), max(4 * spark.sparkContext.defaultParallelism, len(paths) // SONGS_A_BATCH)))
    frame = spark.createDataFrame([(path,) for path in paths], "path binary").repartition(parts)
    frame.mapInArrow(arrow.classify_batches, arrow.SPARK_SCHEMA).write.mode("overwrite").parquet(out)
    print(f"{len(paths)} files, in {out}")
    spark.stop()


if __name__ == "__main__":
    main()
