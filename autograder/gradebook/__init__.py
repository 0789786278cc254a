"""nbgrader's side of grading: submissions, its cells, its gradebook, its exports."""
