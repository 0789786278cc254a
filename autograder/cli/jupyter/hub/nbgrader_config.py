"""nbgrader's configuration for learners on a shared hub: what to hand in, and where.

Learners need not fetch exercises: `outage learn` copies them to where nbgrader looks
for fetched ones.
"""

import os
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - nbgrader puts it here

c.CourseDirectory.course_id = "outage"
c.Exchange.root = os.environ["OUTAGE_EXCHANGE"]
c.Exchange.assignment_dir = str(Path(__file__).parents[4] / "work" / "exercises")
