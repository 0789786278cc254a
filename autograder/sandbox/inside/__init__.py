"""The scripts that run inside the sandbox, beside learner code.

Their reports cannot be trusted: learner code may have written them. They need the
standard library, and pytest for suites.
"""
