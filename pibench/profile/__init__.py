"""Where a network's time goes: its layers cut out, its layers in place, and what the board would allow."""
