import logging
import sys
import warnings

warnings.warn("deprecated")
logging.basicConfig()
logging.warning("a warning")
print("to stderr", file=sys.stderr)
