"""What people see in a terminal: progress with an ETA, hits as a table, a build's summary."""
