"""The workshop: known answers, calibration, the matrix, recordings, sealed outages."""
