"""Worker processes: a runtime each, so that its crash costs one row and nothing else."""
