"""The course: the service that went down, its releases, the fleet, the lessons."""
