"""Taking measurements: one process (trial), many of them in order (campaign), and what they say."""
