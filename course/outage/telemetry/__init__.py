"""The room of what a fleet reports: series, scrapes, recordings, crashes, the alert."""
