# fails: test_the_investigation
# feedback: at most 10 minutes
# %% investigation
def investigation():
    return [
        "outcomes",
        "traffic",
        "database probe",
        "pool",
        "last lines",
        "last words",
        "deployed",
        "query log",
    ]
