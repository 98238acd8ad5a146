"""A report in the forms that other programs and people's notes want."""

from pibench.exports.rows import ROWS, RowKind
from pibench.exports.write import EXPORTS, check, export

__all__ = ["EXPORTS", "ROWS", "RowKind", "check", "export"]
