"""Figures and verdicts as people read them, the same in the terminal, in a page and in notes."""
