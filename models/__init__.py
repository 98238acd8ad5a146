"""Networks to measure: architectures as graphs, and (from the ``train`` extra) their training."""
