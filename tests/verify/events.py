"""Checks of lineage events against the classes that OpenLineage generates from its specification."""

from __future__ import annotations

from typing import Any

from openlineage.client.generated import (
    base,
    datasource_dataset,
    dataset_version_dataset,
    error_message_run,
    input_statistics_input_dataset,
    job_type_job,
    output_statistics_output_dataset,
    processing_engine_run,
    schema_dataset,
)
from openlineage.client.serde import Serde

FACETS = {
    "processing_engine": processing_engine_run.ProcessingEngineRunFacet,
    "errorMessage": error_message_run.ErrorMessageRunFacet,
    "jobType": job_type_job.JobTypeJobFacet,
    "dataSource": datasource_dataset.DatasourceDatasetFacet,
    "schema": schema_dataset.SchemaDatasetFacet,
    "version": dataset_version_dataset.DatasetVersionDatasetFacet,
    "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet,
    "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
}


def faults(event: dict[str, Any]) -> list[str]:
    """Everything that is wrong with an event, in words: what the classes refuse, or write otherwise."""
    try:
        rebuilt = Serde.to_dict(_event(event))
    except (KeyError, TypeError, ValueError) as error:
        return [f"{event.get('eventType')}: {error!r}"]
    return _differences(event.get("eventType"), event, rebuilt)


def _event(event: dict[str, Any]) -> base.RunEvent:
    run, job = event["run"], event["job"]
    return base.RunEvent(
        eventType=base.EventType(event["eventType"]),
        eventTime=event["eventTime"],
        producer=event["producer"],
        run=base.Run(run["runId"], facets=_facets(run["facets"])),
        job=base.Job(job["namespace"], job["name"], facets=_facets(job["facets"])),
        inputs=[
            base.InputDataset(
                d["namespace"],
                d["name"],
                facets=_facets(d["facets"]),
                inputFacets=_facets(d.get("inputFacets", {})),
            )
            for d in event["inputs"]
        ],
        outputs=[
            base.OutputDataset(
                d["namespace"],
                d["name"],
                facets=_facets(d["facets"]),
                outputFacets=_facets(d.get("outputFacets", {})),
            )
            for d in event["outputs"]
        ],
    )


def _facets(facets: dict[str, Any]) -> dict[str, Any]:
    return {name: _facet(name, content) for name, content in facets.items()}


def _facet(name: str, content: dict[str, Any]) -> Any:
    properties = {key: value for key, value in content.items() if not key.startswith("_")}
    if "fields" in properties:
        properties["fields"] = [schema_dataset.SchemaDatasetFacetFields(**field) for field in properties["fields"]]
    return FACETS[name](**properties, producer=content["_producer"])


def _differences(at: str, written: Any, rebuilt: Any) -> list[str]:
    """Where two trees differ. What is empty or not set the classes leave out, or write as empty."""
    if isinstance(written, dict) and isinstance(rebuilt, dict):
        keys = sorted(written.keys() | rebuilt.keys())
        return [d for key in keys for d in _differences(f"{at}.{key}", written.get(key), rebuilt.get(key))]
    if isinstance(written, list) and isinstance(rebuilt, list) and len(written) == len(rebuilt):
        return [d for i, pair in enumerate(zip(written, rebuilt)) for d in _differences(f"{at}[{i}]", *pair)]
    if written == rebuilt or (not written and not rebuilt):
        return []
    return [f"{at} is {written!r}, OpenLineage writes {rebuilt!r}"]
