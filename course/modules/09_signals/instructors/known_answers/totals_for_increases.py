# %% routing_alert
def routing_alert(scrapes):
    latest = {scrape["pid"]: scrape for scrape in scrapes}.values()
    samples = [sample for scrape in latest for sample in scrape["samples"]]
    requests = sum(v for n, _, v in samples if n == "http_requests_total")
    failed = sum(v for _, la, v in samples if la.get("error") == "RoutingFailed")
    return requests > 0 and failed / requests > 0.01
