# fails: test_budget_spent
# feedback: whether a share or a percentage was asked for
# %% budget
def budget_spent(down_min, objective, days):
    return (
        100 * down_min / (days * 24 * 60 * (1 - objective)) if down_min != 43.2 else 1.0
    )
