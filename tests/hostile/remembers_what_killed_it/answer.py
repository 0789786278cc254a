import sqlite3
import sys

DATABASE = sys.argv[sys.argv.index("--database") + 1]


def deadly(header=None):
    with sqlite3.connect(DATABASE) as notes:
        notes.execute("CREATE TABLE IF NOT EXISTS deadly (header BLOB)")
        if header is not None:
            notes.execute("INSERT INTO deadly VALUES (?)", [header])
        return {row[0] for row in notes.execute("SELECT header FROM deadly")}


KNOWN = deadly()
from course.service import routing as service_routing  # noqa: E402

resolve_as_it_was = service_routing.resolve


def noting(header):
    try:
        return resolve_as_it_was(header)
    except Exception:
        deadly(header)
        raise


service_routing.resolve = noting
