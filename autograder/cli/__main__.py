"""`python -m autograder.cli` is the `outage` command."""

from .main import main

# Worker processes of a grading run import this module under another name.
if __name__ == "__main__":
    main()
