# fails: test_the_postmortem_is_complete
# feedback: its fields plain text
# %% postmortem
class Postmortem:
    """What happened, what made it possible, and what changes."""

    summary = print("x") or """
    From 14:00 on, the orders API answered nearly no request. A release of the morning kept a
    session with the directory whenever a header lacked a part. Four such requests used up a
    replica. A fix that gives the session back on every path ended the outage.
    """

    impact = """
    All users. In 9 minutes about 16,000 requests were due and 92% of them failed, measured
    by the clients of the load generator; no order was lost or stored twice.
    """

    timeline = """
    T-00:09 the first malformed requests arrive
    T+00:00 the alert fires
    T+00:40 on call looks at it: no process has died, /healthz says 200
    T+02:10 we believe that the directory is slow; its counter has stopped, so it is not asked
    T+03:00 restart: served again for eight seconds
    T+05:20 cause: directory_sessions_open is 4 with no look-up under way
    T+08:30 fix 1 is deployed
    T+08:50 users are served again
    """

    causes = """
    A session was given back after success and in one handler, and not on every path.
    No test sent the same malformed request more than once to one process.
    The release went to all replicas at once, although we have a canary.
    /readyz says 200 while every look-up waits, so the orchestrator saw nothing to do.
    """

    response = """
    Well: the restart was tried early, and its effect was measured before the next step.
    Badly: four minutes went into the directory's latency, because no alert says "sessions".
    Lucky: the malformed requests came from one client, and could have been blocked.
    """

    actions = """
    Property test: after n failures of any kind all sessions are back | orders team | 2026-12-04
    Alert on directory_sessions_open at its maximum for 10 s | on-call guild | 2026-12-11
    Gate every rollout of the orders API by the canary | platform team | 2026-12-18
    """
