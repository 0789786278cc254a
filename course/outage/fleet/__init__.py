"""The room of processes: a fleet, its supervisor, its replicas, and how they start."""
