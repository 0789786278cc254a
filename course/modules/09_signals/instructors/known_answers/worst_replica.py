# %% routing_alert
def routing_alert(scrapes):
    by_process = {}
    for scrape in scrapes:
        by_process.setdefault(scrape["pid"], []).append(scrape)

    def total(scrape, name, **labels):
        return sum(
            value
            for sample, found, value in scrape["samples"]
            if sample == name and found.items() >= labels.items()
        )

    for seen in by_process.values():
        new = seen[0]["t"] > scrapes[0]["t"]
        grown = [
            total(seen[-1], name, **labels) - (not new) * total(seen[0], name, **labels)
            for name, labels in (
                ("http_requests_total", {}),
                ("request_errors_total", {"error": "RoutingFailed"}),
            )
        ]
        if grown[0] and grown[1] / grown[0] > 0.01:
            return True
    return False
