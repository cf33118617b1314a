"""Reads an HdrHistogram interval log and a run's histograms.json with the Python port of HdrHistogram, and prints what they hold, as JSON."""
import json
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

PERCENTS = [50, 90, 95, 99, 99.9, 100]


def figures(histogram):
    return {"count": histogram.get_total_count(), "percentiles": [histogram.get_value_at_percentile(percent) for percent in PERCENTS]}


def log(path):
    """What all intervals of a tag add up to."""
    sums, lines = {}, 0
    reader = HistogramLogReader(path, HdrHistogram(1, 3600000, 3))
    while True:
        interval = reader.get_next_interval_histogram()
        if interval is None:
            break
        lines += 1
        tag = interval.get_tag() or ""
        sums.setdefault(tag, HdrHistogram(1, 3600000, 3)).add(interval)
    return {"lines": lines, "tags": {tag: figures(histogram) for tag, histogram in sums.items()}}


def run(path):
    with open(path) as file:
        document = json.load(file)
    decoded = {each["label"]: figures(HdrHistogram.decode(each["histogram"])) for each in document["labels"]}
    return {"total": figures(HdrHistogram.decode(document["total"])), "labels": decoded}


json.dump({"log": log(sys.argv[1]), "run": run(sys.argv[2])}, sys.stdout)
