"""The room of a fleet's reports: series, scrapes, recordings, crashes, the alert."""
