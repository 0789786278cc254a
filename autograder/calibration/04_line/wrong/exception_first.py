# fails: test_the_order_of_handlers
# feedback: something else
# %% steps_of
import json


def steps_of(header):
    steps = []
    try:
        shard = int(json.loads(header)["shard"])
    except Exception:
        steps.append("something else")
    else:
        steps.append(f"shard {shard}")
    finally:
        steps.append("done")
    return steps
