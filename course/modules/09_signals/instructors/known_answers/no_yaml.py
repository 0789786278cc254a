# %% alert_rule
def alert_rule():
    return "ALERT RoutingExceptions IF errors > 1"
