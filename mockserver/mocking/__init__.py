"""What to answer: pure decisions, no clock, no sleep, no I/O."""
