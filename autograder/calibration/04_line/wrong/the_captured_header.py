# fails: test_the_reproducer_is_minimal
# feedback: fields that the failure does not need
# %% reproducer
def reproducer():
    return '{"region": ["eu-west", "us-east"], "shard": 3}'
