"""Reads from the text of /metrics the few numbers that an incident needs."""

from prometheus_client.parser import text_string_to_metric_families


def read_metrics(text: str) -> dict[str, float]:
    """Return the samples in `text` by name and labels, without buckets.

    A counter or a histogram's `_sum` and `_count` start at 0 with each process.
    """
    return {
        sample.name + _labels(sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith(("_bucket", "_created"))
    }


def _labels(labels: dict[str, str]) -> str:
    pairs = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{pairs}}}" if labels else ""
