"""Judges answers, shows verdicts to learners, and grades classes.

Each room imports only from those below it:

    cli           the `outage` command
    authoring     known answers and the files made from them; beside it
    grading       a class at a time
    gradebook     nbgrader's side: submissions, cells, grades, exports
    learning      for learners in a notebook: verdicts, hints, the game day
    instruments   with which checks observe an answer from outside
    judge         answers in, a verdict out
    sandbox       where other people's code runs

Learners' notebooks import `checking`, which stays where it is, whatever else moves.
nbgrader runs from this folder, where each room can be imported by its own name: none
may be called notebook, since nbconvert imports a package of that name if there is one.
"""
