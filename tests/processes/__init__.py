"""Programs that tests start as real processes."""
