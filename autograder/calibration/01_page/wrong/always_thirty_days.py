# fails: test_budget_spent
# feedback: neither the objective nor the days
# %% budget
def budget_spent(down_min, objective, days):
    return down_min / 43.2
