"""The widest Wide ResNet that a board runs within a budget, by the board's report and latency table.

    python examples/widest_under_budget.py pi3.json pi3.table.json 25
    pibench train $(python examples/widest_under_budget.py pi3.json pi3.table.json 25) --data cifar -o runs/widest

Neither a runtime nor the board is needed: report and table were made there.
"""

import sys

from pibench.models.architectures import build
from pibench.report import load
from pibench.table import LatencyTable

SPEC = "wide_resnet:depth=22,width={}"


def widest(report_path: str, table_path: str, budget_ms: float) -> str:
    report, table = load(report_path), LatencyTable.load(table_path)
    trusted = [r for r in report.results if r.verdict == "trusted" and r.condition == table.condition]
    measured = [r for r in trusted if r.subject.kind == "architecture" and r.subject.name.startswith("wide_resnet")]
    if not measured:
        sys.exit(f"{report_path} has no trusted wide_resnet under the table's condition: measure one on the board")
    # How much longer networks took on the board than the table says, at the worst.
    excess = max(r.summary.high_ns / 1e6 / table.latency(build(r.subject.name)).ms for r in measured)
    fitting = [width for width in range(4, 33) if table.latency(build(SPEC.format(width))).ms * excess <= budget_ms]
    if not fitting:
        sys.exit(f"no width fits {budget_ms} ms: give more time, or fewer layers")
    return SPEC.format(max(fitting))


if __name__ == "__main__":
    print(widest(sys.argv[1], sys.argv[2], float(sys.argv[3])))
