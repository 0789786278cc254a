"""What the prediction of lesson 09 comes to; course/modules/README.md says how."""

from collections.abc import Mapping

from course.panel import Observed


def cost(metrics: Mapping[str, str]) -> Observed:
    """How many times as long the text of /metrics is in one release as in the other."""
    times = len(metrics["noisy"]) / len(metrics["good"])
    series = {
        name: sum(line.startswith("http_requests_total{") for line in text.splitlines())
        for name, text in metrics.items()
    }
    says = (
        f"as long. A scrape of noisy has {len(metrics['noisy']):,} bytes, with"
        f" {series['noisy']:,} series of `http_requests_total`. One of the good release"
        f" has {len(metrics['good']):,} bytes, with {series['good']}."
    )
    key = "c" if times > 10 else "b" if times > 1.5 else "a"
    return Observed(key, f"{times:.0f} times", says)
