"""Posterior samples as files of the InferenceData schema, which `arviz.from_netcdf` reads; arviz need not be here.

    posterior       <parameter>(chain, draw)
    observed_data   data(datum)             the observation that they are given

One file for each cell and observation: `<cell>.<condition>.nc`. Chains are those of a Sampler that ran chains, whose
rows lie draw by draw; a Generator's samples are independent, and one chain. No more samples than were kept are there.

Source: https://python.arviz.org/en/stable/schema/schema.html
"""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sgmbench import __version__
from sgmbench.core.result import Result
from sgmbench.errors import UsageError
from sgmbench.report.netcdf import write_netcdf
from sgmbench.report.summary import Summary
from sgmbench.store.run_folder import RunFolder
from sgmbench.store.samples import read_samples

TARGET = "posterior"


def write_inference_data(path: Path, summary: Summary) -> list[Path]:
    """Writes all kept posterior samples of a run below a folder.

    Raises:
        UsageError: the run has no such target, or kept none of its samples.
        StoreError: the folder cannot be written.
    """
    target = next((target for target in summary.targets if target.name == TARGET), None)
    if target is None:
        asked = ", ".join(target.name for target in summary.targets) or "nothing yet"
        raise UsageError(f"{summary.run} has no posterior samples: it asks for {asked}; add the target posterior")
    folder, written = RunFolder(Path(summary.run)), []
    for result in summary.results:
        kept = folder.cell(result.name) / "samples.nc"
        if result.target != TARGET or not kept.exists():
            continue
        dataset = read_samples(kept)
        for condition in result.samples_each:
            groups = _groups(dataset.sel(condition=condition, drop=True), result, condition)
            groups["/observed_data"] = _observed(target.conditions[condition])
            written.append(path / f"{result.name}.{condition}.nc")
            write_netcdf(written[-1], groups)
    if not written:
        raise UsageError(f"{summary.run} kept no posterior samples; write keep_samples: all and run it again")
    return written


def _groups(at: xr.Dataset, result: Result, condition: str) -> dict[str, xr.Dataset]:
    """The draws at one condition, chain by chain."""
    told = result.diagnostics.get(condition)
    chains = told.get("chains", 1) if isinstance(told, dict) else 1
    variables: dict[str, Any] = {}
    for name, samples in at.data_vars.items():
        if str(name).startswith("row_"):
            continue
        values = samples.to_numpy()[np.isfinite(samples.to_numpy())]
        draws = len(values) // chains
        by_chain = values[: draws * chains].reshape(draws, chains).T
        variables[str(name)] = (["chain", "draw"], by_chain, {"units": samples.attrs.get("units", "")})
    attributes = {
        "inference_library": "sgmbench",
        "inference_library_version": __version__,
        "method": result.method,
        "budget": result.budget,
        "replicate": result.replicate,
        "condition": condition,
    }
    found = xr.Dataset(variables, attrs=attributes)
    return {"/posterior": found.assign_coords({name: np.arange(size) for name, size in found.sizes.items()})}


def _observed(condition: dict[str, Any]) -> xr.Dataset:
    return xr.Dataset({"data": (["datum"], np.asarray(condition["data"], float))})
