# fails: test_the_alert_reads_counters
# feedback: Look at: SHARE
# %% routing_alert
WINDOW_S = 10
SHARE = 0.01


def routing_alert(scrapes):
    """Whether more than 1% of the requests in `scrapes` met a fault in routing."""
    by_process = {}
    for scrape in scrapes:
        by_process.setdefault(scrape["pid"], []).append(scrape)

    def total(scrape, name, **labels):
        return sum(
            value
            for sample, found, value in scrape["samples"]
            if sample == name and found.items() >= labels.items()
        )

    def increase(name, **labels):
        grown = 0
        for seen in by_process.values():
            before = total(seen[0], name, **labels)
            if seen[0]["t"] > scrapes[0]["t"]:
                before = 0  # it was started within the window
            grown += total(seen[-1], name, **labels) - before
        return grown

    requests = increase("http_requests_total")
    failed = increase("request_errors_total", error="RoutingFailed")
    return failed > 0
