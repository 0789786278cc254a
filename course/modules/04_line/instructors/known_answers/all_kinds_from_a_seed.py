# %% regression_test
import random

import pytest
from course.outage.requests import MALFORMED, malformed, well_formed


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_malformed_requests_harm_nobody_else(service, kind):
    rng = random.Random(kind)
    service.send(malformed(rng, kind)[1])
    assert service.send(well_formed(rng)).status == 200
