# fails: test_the_rule_knows_the_incident
# feedback: no alert
# %% alert_rule
def alert_rule():
    """A Prometheus rule file, as text."""
    return """
groups:
  - name: routing
    rules:
      - alert: RoutingExceptions
        expr: >
          sum(increase(request_errors_total{error!="RoutingFailed"}[10s]))
          / sum(increase(http_requests_total[10s]))
          > 0.01
        labels:
          severity: page
        annotations:
          summary: "Routing fails for {{ $value | humanizePercentage }} of requests"
          runbook: "Was there a deployment? Roll it back first (module 05)."
"""
