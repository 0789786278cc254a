"""The scripts that run inside, beside learner code: nothing here can be trusted to
tell the truth about it. They need the standard library, and pytest for suites.
"""
