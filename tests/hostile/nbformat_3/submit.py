"""A notebook in the format of 2013 (nbformat 3)."""

import json
from pathlib import Path
from typing import Any


def submit(notebook: dict[str, Any], folder: Path, name: str) -> None:
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "old"},
        "worksheets": [
            {
                "cells": [
                    {
                        "cell_type": "code",
                        "collapsed": False,
                        "input": "print(1)",
                        "language": "python",
                        "metadata": {},
                        "outputs": [],
                        "prompt_number": 1,
                    }
                ],
                "metadata": {},
            }
        ],
    }
    Path(folder, name).write_text(json.dumps(old))
