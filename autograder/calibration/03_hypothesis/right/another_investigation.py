# The pool before the database: they cost the same.
# %% investigation
def investigation():
    return ["traffic", "pool", "database probe", "last words"]
