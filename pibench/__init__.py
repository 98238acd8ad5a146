"""pibench: how long does this network take on this board, and why?"""

from pibench._version import __version__

__all__ = ["__version__"]
