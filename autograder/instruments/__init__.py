"""What the checks of an exercise look at an answer with, from outside."""
