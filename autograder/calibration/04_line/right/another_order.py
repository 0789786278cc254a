# LookupError first: it is related to none of the others.
# %% steps_of
import json


def steps_of(header):
    steps = []
    try:
        shard = int(json.loads(header)["shard"])
    except LookupError:
        steps.append("no shard")
    except json.JSONDecodeError:
        steps.append("no JSON")
    except ValueError:
        steps.append("no number")
    except Exception:
        steps.append("something else")
    else:
        steps.append(f"shard {shard}")
    finally:
        steps.append("done")
    return steps
