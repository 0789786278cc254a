"""Judges answers, shows verdicts to learners, and grades classes.

Each room imports from those below it alone:

    cli           the `outage` command
    authoring     known answers and what is made of them; beside it
    grading       a class at a time
    gradebook     nbgrader's side: submissions, cells, grades, exports
    learning      what learners meet in a notebook: verdicts, hints, the game day
    instruments   what checks look at an answer with, from outside
    judge         answers in, a verdict out
    sandbox       where code of others runs

The notebooks of a class import `checking`, which stays where it is, whatever moves.
nbgrader runs from this folder, where each room is an import by its own name: none may
be called notebook, since nbconvert imports a package of that name if it is there.
"""
