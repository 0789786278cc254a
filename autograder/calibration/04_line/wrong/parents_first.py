# fails: test_the_order_of_handlers
# feedback: the order: JSONDecodeError is a ValueError
# %% steps_of
import json


def steps_of(header):
    steps = []
    try:
        shard = int(json.loads(header)["shard"])
    except ValueError:
        steps.append("no number")
    except json.JSONDecodeError:
        steps.append("no JSON")
    except LookupError:
        steps.append("no shard")
    except Exception:
        steps.append("something else")
    else:
        steps.append(f"shard {shard}")
    finally:
        steps.append("done")
    return steps
