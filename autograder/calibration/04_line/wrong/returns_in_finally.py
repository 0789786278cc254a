# fails: test_the_order_of_handlers
# feedback: `else`, which follows success alone
# %% steps_of
import json


def steps_of(header):
    steps = []
    try:
        shard = int(json.loads(header)["shard"])
    except json.JSONDecodeError:
        steps.append("no JSON")
    except ValueError:
        steps.append("no number")
    except LookupError:
        steps.append("no shard")
    except Exception:
        steps.append("something else")
    finally:
        return ["done"]
    steps.append(f"shard {shard}")
    return steps
