# fails: test_availability_counts_requests test_availability_of_the_recording test_burn_rate test_budget_spent test_the_message_says_how_bad test_the_message_names_no_cause
# feedback: NotImplementedError
# %% availability
def availability(tries, since, until):
    # YOUR CODE HERE
    raise NotImplementedError()


# %% burn_rate
def burn_rate(tries, since, until, objective):
    # YOUR CODE HERE
    raise NotImplementedError()


# %% budget
def budget_spent(down_min, objective, days):
    # YOUR CODE HERE
    raise NotImplementedError()


# %% impact
def impact(failing, minutes, deaths):
    # YOUR CODE HERE
    raise NotImplementedError()
