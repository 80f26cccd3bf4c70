"""The README's results table, from the model card and the last benchmark.

python -m tools.readme_results
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.benchmark import Way
from core.model.card import MODELS, ModelCard, read_card

README = Path(__file__).resolve().parents[1] / "README.md"
BENCHMARK = MODELS / "benchmark.json"
BEGIN, END = "<!-- results: begin -->\n", "<!-- results: end -->"


def results_table(card: ModelCard, benchmark: dict[str, Any]) -> str:
    """The table as Markdown; figures that nobody has measured are called so."""
    columns = ("official", "unseen")
    rows = ["| | official test split | unseen castings |", "|---|---|---|"]
    for name in ("recall", "specificity", "precision", "f1", "accuracy", "auc"):
        cells = []
        for column in columns:
            evaluation = card.evaluations.get(column)
            value = getattr(evaluation, name) if evaluation else None
            cells.append("not measured yet" if value is None else f"{value:.4f}")
        title = {"f1": "F1", "auc": "AUC"}.get(name, name.capitalize())
        rows.append(f"| {title} | {cells[0]} | {cells[1]} |")
    rates = {(rate["way"], rate["batch"]): rate for rate in benchmark["rates"]}
    single, batch = (rates[Way.COMMITTED, size]["photographs_per_second"] for size in (1, 32))
    ratios = [
        benchmark["ratios"][f"serving engine to eager torch + Grad-CAM, batch {size}"]
        for size in (1, 32)
    ]
    engine = rates[Way.ENGINE, 32]["photographs_per_second"]
    latency = benchmark["latency"]
    speed = (
        f"Latency from encoded bytes to committed row, one part at a time: {latency['p50']:.1f} ms "
        f"(p95 {latency['p95']:.1f}, p99 {latency['p99']:.1f}, over {latency['photographs']:,} "
        f"photographs). FPS to committed rows: {batch:.0f}, and {single:.0f} with a transaction "
        f"for each part ({engine:.0f} for verdict and map alone), with {benchmark['threads']} "
        f"threads. Verdict and map come {ratios[0]:.1f} times as fast one by one, and "
        f"{ratios[1]:.1f} times in batches of 32, as by eager torch with the grad-cam package in "
        "the same run (`python -m core benchmark`)."
    )
    return "\n".join([*rows, "", speed]) + "\n"


def with_results(readme: str, table: str) -> str:
    """The README with its results replaced."""
    start, end = readme.index(BEGIN) + len(BEGIN), readme.index(END)
    return readme[:start] + table + readme[end:]


def main() -> None:
    """Rewrite the README's results."""
    table = results_table(read_card(), json.loads(BENCHMARK.read_text(encoding="utf-8")))
    readme = README.read_text(encoding="utf-8")
    README.write_text(with_results(readme, table), encoding="utf-8")


if __name__ == "__main__":
    main()
