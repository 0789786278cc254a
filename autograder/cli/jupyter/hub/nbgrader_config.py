"""nbgrader as a learner on a shared hub has it: what is handed in, and where.

The exercises are there before they are fetched: `outage learn` has laid them where
nbgrader looks for what was fetched.
"""

import os
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - nbgrader puts it here

c.CourseDirectory.course_id = "outage"
c.Exchange.root = os.environ["OUTAGE_EXCHANGE"]
c.Exchange.assignment_dir = str(Path(__file__).parents[4] / "work" / "exercises")
