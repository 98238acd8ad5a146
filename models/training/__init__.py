"""Training: run folders, which need no framework, and ``fit``, which needs Keras."""
