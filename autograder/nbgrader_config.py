"""nbgrader's configuration: run any `nbgrader` command from this folder.

Stock nbgrader, with three preprocessors of ours: one gives learners the June code to
start from, one rebuilds each submission on the released notebook, and one fills the
check cells with the judge's verdict instead of running them.
"""

import os
from pathlib import Path

import nbgrader
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader import preprocessors as stock

from autograder.gradebook.exchange import Collect
from autograder.gradebook.feedback import cleaned
from autograder.gradebook.preprocessors import GivenCode, JudgeCells, Rebuild
from autograder.gradebook.submissions import prepare

ROOT = Path(__file__).resolve().parent

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - nbgrader puts it here

c.CourseDirectory.course_id = "outage"
c.CourseDirectory.root = str(ROOT)
# Made from solutions/ by `outage build`. nbgrader copies every file of this folder into
# the release, so the texts with the solutions must not be in it.
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "../exercises"
# Several graders at once need PostgreSQL: postgresql+psycopg://USER@HOST/DATABASE
c.CourseDirectory.db_url = os.environ.get(
    "OUTAGE_GRADEBOOK", f"sqlite:///{ROOT / 'gradebook.db'}"
)
# Where assignments are released and handed in, and feedback is fetched.
if "OUTAGE_EXCHANGE" in os.environ:
    c.Exchange.root = os.environ["OUTAGE_EXCHANGE"]
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__"]

c.GenerateAssignment.preprocessors = [
    stock.IncludeHeaderFooter,
    stock.InstantiateTests,
    stock.LockCells,
    stock.ClearSolutions,
    GivenCode,
    stock.ClearOutput,
    stock.CheckCellMetadata,
    stock.ComputeChecksums,
    stock.SaveCells,
    stock.ClearHiddenTests,
    stock.ClearMarkScheme,
    stock.ComputeChecksums,
    stock.CheckCellMetadata,
]

# nbgrader follows symbolic links when it copies a submission; these run before.
c.ExchangeFactory.collect = Collect
c.Autograde.pre_convert_hook = prepare

# In place of ClearOutput, DeduplicateIds, OverwriteKernelspec and OverwriteCells, which
# repair only the damage that they know of.
c.Autograde.sanitize_preprocessors = [Rebuild, stock.CheckCellMetadata]

# In place of Execute: no kernel, and an explicit score in every check cell. Stock
# scoring reads an empty cell as full marks, and any line on stderr as none.
c.Autograde.autograde_preprocessors = [
    JudgeCells,
    stock.IgnorePattern,
    ClearMetadataPreprocessor,
    stock.LimitOutput,
    stock.SaveAutoGrades,
    stock.AssignLatePenalties,
    stock.CheckCellMetadata,
]

# nbgrader's own plugin writes 0 for a submission that has no score.
c.ExportApp.plugin_class = "autograder.gradebook.exports.Plain"

# Feedback loads no MathJax from a CDN: it would stay blank while none answers.
c.HTMLExporter.extra_template_basedirs = [
    str(ROOT / "cli/jupyter/nbconvert/templates"),
    str(Path(nbgrader.__file__).parent / "server_extensions/formgrader/templates"),
]

# A submission may hold HTML and JavaScript, which must not run in a grader's browser.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {"clean_html": cleaned}
