"""Reads from the text of /metrics the few numbers that an incident needs."""

import math

from prometheus_client.parser import text_string_to_metric_families

from .events import Metric


def read_metrics(text: str) -> list[Metric]:
    """Return the metrics in `text`, without buckets. Raises ValueError.

    A value that is not finite is left out: nothing can be compared with it. A counter
    or a histogram's `_sum` and `_count` start at 0 with each process.
    """
    try:
        return [
            Metric(sample.name, sample.labels, float(sample.value))
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if not sample.name.endswith(("_bucket", "_created"))
            and math.isfinite(sample.value)
        ]
    except IndexError as exc:  # "# HELP \u2028 \\" makes the parser raise it
        raise ValueError("the metrics cannot be read") from exc
