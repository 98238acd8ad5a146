"""The rules between the rooms: who may import what."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from table_world import formula_table

import pibench
import pibench.models.architectures
from pibench.table import save

PIBENCH = Path(pibench.__file__).parent
MODELS = Path(pibench.models.__file__).parent
FRAMEWORKS = {"tensorflow", "keras", "tf_keras", "torch", "jax"}
RUNTIMES = {"ai_edge_litert", "tflite_runtime"}


def imported_by(folder: Path) -> dict[Path, set[str]]:
    found: dict[Path, set[str]] = {}
    for path in folder.rglob("*.py"):
        names: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
        found[path] = names
    return found


@pytest.mark.parametrize("folder", [PIBENCH, MODELS / "architectures"])
def test_the_measuring_side_imports_no_training_framework(folder: Path) -> None:
    offenders = {path.name for path, names in imported_by(folder).items() if names & FRAMEWORKS}
    assert not offenders


def test_no_module_imports_a_runtime_by_statement() -> None:
    offenders = {path.name for path, names in imported_by(PIBENCH).items() if names & RUNTIMES}
    assert not offenders


def test_what_is_private_to_a_room_is_used_there_only() -> None:
    offenders = set()
    for path in PIBENCH.rglob("*.py"):
        room = ".".join(path.parent.relative_to(PIBENCH.parent).parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                owner, private, _ = node.module.partition("._")
                if private and not f"{room}.".startswith(f"{owner}."):
                    offenders.add((path.name, node.module))
    assert not offenders


def loaded_after(code: str) -> set[str]:
    script = f"import sys; {code}; print(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", script], text=True).split())


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import pibench", {"numpy", "rich", "click", "msgspec", "pibench._native"}),
        ("from pibench.cli.main import run; sys.stdout.write = lambda text: None; run(['--help']); "
         "sys.stdout = sys.__stdout__; del sys.stdout.write", {"numpy", "rich", "tflite", "pibench._native"}),
        ("import pibench.report", {"numpy", "psutil", "click", "rich", "pibench._native"}),
        ("import pibench.graph", {"numpy", "tflite", "pibench._native"}),
        ("import pibench.models.architectures as a; a.architectures()", {"numpy", "tflite", "pibench._native"}),
        ("import pibench.forms; pibench.forms.forms()", {"numpy", "tflite", "pibench._native"}),
        ("import pibench.compare, pibench.history", {*RUNTIMES, *FRAMEWORKS, "pibench._native", "click", "rich"}),
        ("import pibench.cli.compare, pibench.cli.history", RUNTIMES | {"pibench._native"}),
        ("import pibench.pareto, pibench.models.training.run_folder",
         {*RUNTIMES, *FRAMEWORKS, "pibench._native", "click", "rich", "altair"}),
        ("import pibench.cli.pareto", {*RUNTIMES, *FRAMEWORKS, "pibench._native", "rich", "altair"}),
        ("import pibench.cli.ops", RUNTIMES | {"pibench._native"}),
        ("import pibench.measure.campaign, pibench.cli.bench", RUNTIMES | {"pibench._native"}),
        ("import pibench.measure.soak, pibench.cli.soak", RUNTIMES | {"pibench._native"}),
        ("import pibench.profile.assembled, pibench.cli.profile", RUNTIMES | {"pibench._native"}),
        ("import pibench.models.data, pibench.models.recipes, pibench.models.training.run_folder, "
         "pibench.models.training.begin, pibench.models.training.setting", FRAMEWORKS | RUNTIMES),
        ("import pibench.cli.train, pibench.cli.evaluate, pibench.cli.export", FRAMEWORKS | RUNTIMES),
        ("import pibench.table", {*RUNTIMES, *FRAMEWORKS, "pibench._native", "click", "rich", "tflite"}),
        ("import pibench.cli.table.build, pibench.cli.table.check", RUNTIMES | {"pibench._native"}),
    ],
)  # fmt: skip
def test_heavy_imports_happen_where_they_are_used(code: str, unwanted: set[str]) -> None:
    assert not loaded_after(code) & unwanted


def test_a_table_is_asked_without_runtime_native_extension_or_training_framework(tmp_path: Path) -> None:
    graph = pibench.models.architectures.build("mobilenet_v1:depth=3,width=4")
    path = tmp_path / "pi.table.json"
    save(formula_table([graph]), path)
    code = (
        "from pibench.table import LatencyTable; from pibench.models.architectures import build; "
        f"network = LatencyTable.load({str(path)!r}).network(build('mobilenet_v1:depth=3,width=4')); "
        "network.latency(); network.latencies([network.present]); network.marginal([network.present])"
    )
    assert not loaded_after(code) & {*RUNTIMES, *FRAMEWORKS, "pibench._native", "click", "rich"}
