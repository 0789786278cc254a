# fails: test_the_rule_knows_the_incident
# feedback: the length of the window
# %% alert_rule
def alert_rule():
    """A Prometheus rule file, as text."""
    return """
groups:
  - name: routing
    rules:
      - alert: RoutingExceptions
        expr: >
          sum(increase(request_errors_total{error="RoutingFailed"}[5m]))
          / sum(increase(http_requests_total[5m]))
          > 0.01
        labels:
          severity: page
        annotations:
          summary: "Routing fails for {{ $value | humanizePercentage }} of requests"
          runbook: "Was there a deployment? Roll it back first (module 05)."
"""
