# fails: test_the_rule_knows_the_incident
# feedback: it is no YAML document
# %% alert_rule
def alert_rule():
    return "ALERT RoutingExceptions IF errors > 1"
