//! `OpenLineage` 2-0-2 events: what a run reads and writes, for a catalogue of data.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use kohort_disk::{KOHORT_VERSION, RunId, append_to};
use serde_json::{Map, Value, json};

use crate::NotifyError;

/// The schema of an event.
const EVENT_SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

/// Where events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineageTarget {
    /// A file to which each is added as a line of JSON.
    File(PathBuf),
    /// An HTTP address to which each is posted.
    Endpoint(String),
}

/// What becomes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState<'a> {
    /// It begins.
    Start,
    /// It is done.
    Complete,
    /// It has failed, for this reason.
    Fail(&'a str),
}

/// A run as its events name it.
#[derive(Clone, Debug)]
pub struct Lineage {
    target: LineageTarget,
    namespace: String,
    pipeline: String,
    run_id: RunId,
}

/// Files or a table that a run reads or writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Where it lies, `file` or such as `s3://bucket`.
    pub namespace: String,
    /// Its path or key there.
    pub name: String,
    /// The run that wrote it as it is now, where that is known.
    pub version: Option<String>,
    /// Its columns, where they are known.
    pub fields: Vec<DatasetField>,
    /// What was read or written of it, where anything was.
    pub statistics: Option<Statistics>,
}

/// A column of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetField {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: String,
    /// What it means.
    pub description: String,
}

/// What was read or written of a dataset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// Files.
    pub files: u64,
}

/// What a run reads, and what it writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// Read.
    pub inputs: Vec<Dataset>,
    /// Written.
    pub outputs: Vec<Dataset>,
}

impl Lineage {
    /// The run `run_id` of `pipeline`, a job in `namespace`.
    pub fn new(
        target: LineageTarget,
        namespace: impl Into<String>,
        pipeline: impl Into<String>,
        run_id: RunId,
    ) -> Self {
        Self { target, namespace: namespace.into(), pipeline: pipeline.into(), run_id }
    }

    /// Sends what becomes of the run at `moment`; an address gets `patience` to answer.
    ///
    /// # Errors
    /// [`NotifyError::File`] where the disk refuses, [`NotifyError::Lineage`] where the address
    /// does not take it.
    pub fn send(
        &self,
        state: RunState<'_>,
        moment: DateTime<Utc>,
        ports: &Ports,
        patience: Duration,
    ) -> Result<(), NotifyError> {
        let mut event = self.event(state, moment, ports).to_string();
        match &self.target {
            LineageTarget::File(path) => {
                event.push('\n');
                append_to(path, event.as_bytes())
                    .map_err(|cause| NotifyError::File { path: path.clone(), cause })
            }
            LineageTarget::Endpoint(url) => {
                let posted = kohort_store::post_json(url, event.into_bytes(), patience);
                posted.map_err(NotifyError::Lineage)
            }
        }
    }

    fn event(&self, state: RunState<'_>, moment: DateTime<Utc>, ports: &Ports) -> Value {
        let engine = facet(
            "1-1-1/ProcessingEngineRunFacet",
            json!({
                "name": "kohort", "version": KOHORT_VERSION, "openlineageAdapterVersion": KOHORT_VERSION,
            }),
        );
        let mut run_facets = json!({ "processing_engine": engine });
        let event_type = match state {
            RunState::Start => "START",
            RunState::Complete => "COMPLETE",
            RunState::Fail(message) => {
                run_facets["errorMessage"] = facet(
                    "1-0-1/ErrorMessageRunFacet",
                    json!({ "message": message, "programmingLanguage": "RUST" }),
                );
                "FAIL"
            }
        };
        let job_type = facet(
            "2-0-4/JobTypeJobFacet",
            json!({ "processingType": "BATCH", "integration": "KOHORT", "jobType": "JOB" }),
        );
        json!({
            "eventType": event_type,
            "eventTime": moment.to_rfc3339_opts(SecondsFormat::Millis, true),
            "run": { "runId": self.uuid(), "facets": run_facets },
            "job": {
                "namespace": self.namespace,
                "name": self.pipeline,
                "facets": { "jobType": job_type },
            },
            "inputs": ports.inputs.iter().map(Dataset::as_input).collect::<Vec<_>>(),
            "outputs": ports.outputs.iter().map(Dataset::as_output).collect::<Vec<_>>(),
            "producer": producer(),
            "schemaURL": EVENT_SCHEMA,
        })
    }

    /// The run's name in events: a UUID of version 8, from the BLAKE3 of namespace, pipeline and
    /// run id, each behind its length.
    fn uuid(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [&self.namespace, &self.pipeline, self.run_id.as_str()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut bytes = *hasher.finalize().as_bytes();
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = blake3::Hash::from(bytes).to_hex();
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]].join("-")
    }
}

impl Dataset {
    /// What lies at an absolute path or a URL, which keeps neither user nor query.
    #[must_use]
    pub fn at(place: &str) -> Self {
        let (namespace, name) = match place.split_once("://") {
            None => ("file".to_owned(), place.to_owned()),
            Some((scheme, rest)) => {
                let rest = rest.split(['?', '#']).next().unwrap_or_default();
                let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
                let scheme = if scheme == "s3a" { "s3" } else { scheme };
                (format!("{scheme}://{}", without_user(scheme, authority)), path.to_owned())
            }
        };
        Self { namespace, name, version: None, fields: Vec::new(), statistics: None }
    }

    /// The same with its place and the names of its columns as `shown` has them.
    #[must_use]
    pub fn with_texts(&self, shown: &dyn Fn(&str) -> String) -> Self {
        let field =
            |field: &DatasetField| DatasetField { name: shown(&field.name), ..field.clone() };
        Self {
            namespace: shown(&self.namespace),
            name: shown(&self.name),
            fields: self.fields.iter().map(field).collect(),
            ..self.clone()
        }
    }

    fn as_input(&self) -> Value {
        let mut dataset = self.as_dataset();
        if let Some(Statistics { rows, bytes, files }) = self.statistics {
            let counts = json!({ "rowCount": rows, "size": bytes, "fileCount": files });
            let counts = facet("1-0-0/InputStatisticsInputDatasetFacet", counts);
            dataset["inputFacets"] = json!({ "inputStatistics": counts });
        }
        dataset
    }

    fn as_output(&self) -> Value {
        let mut dataset = self.as_dataset();
        if let Some(Statistics { rows, bytes, files }) = self.statistics {
            let counts = json!({ "rowCount": rows, "size": bytes, "fileCount": files });
            let counts = facet("1-0-2/OutputStatisticsOutputDatasetFacet", counts);
            dataset["outputFacets"] = json!({ "outputStatistics": counts });
        }
        dataset
    }

    fn as_dataset(&self) -> Value {
        let uri = if self.namespace == "file" { "file:///" } else { &self.namespace };
        let source = json!({ "name": self.namespace, "uri": uri });
        let mut facets = Map::new();
        let mut add = |name: &str, schema, content| {
            facets.insert(name.to_owned(), facet(schema, content));
        };
        add("dataSource", "1-0-1/DatasourceDatasetFacet", source);
        if !self.fields.is_empty() {
            let fields = self.fields.iter().map(|DatasetField { name, ty, description }| {
                json!({ "name": name, "type": ty, "description": description })
            });
            let fields = json!({ "fields": fields.collect::<Vec<_>>() });
            add("schema", "1-2-0/SchemaDatasetFacet", fields);
        }
        if let Some(version) = &self.version {
            let version = json!({ "datasetVersion": version });
            add("version", "1-0-1/DatasetVersionDatasetFacet", version);
        }
        json!({ "namespace": self.namespace, "name": self.name, "facets": facets })
    }
}

/// An authority without the user, whose password is nobody's business. That of Azure is a container
/// before an account.
fn without_user<'a>(scheme: &str, authority: &'a str) -> &'a str {
    match authority.rsplit_once('@') {
        Some((user, _)) if scheme.starts_with("abfs") && !user.contains(':') => authority,
        Some((_, host)) => host,
        None => authority,
    }
}

/// `content` as the facet of a schema such as `1-0-1/DatasourceDatasetFacet`.
fn facet(schema: &str, mut content: Value) -> Value {
    let name = schema.rsplit('/').next().unwrap_or(schema);
    content["_producer"] = producer().into();
    content["_schemaURL"] =
        format!("https://openlineage.io/spec/facets/{schema}.json#/$defs/{name}").into();
    content
}

fn producer() -> String {
    format!("urn:kohort:{KOHORT_VERSION}")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn lineage(target: LineageTarget) -> Lineage {
        Lineage::new(target, "nightly", "shop", "20250102T030405Z-0abc".parse().unwrap())
    }

    #[test]
    fn places() {
        for (place, namespace, name) in [
            ("/data/orders", "file", "/data/orders"),
            ("s3://bucket/a/b.parquet", "s3://bucket", "a/b.parquet"),
            ("s3a://bucket/a", "s3://bucket", "a"),
            ("s3://bucket", "s3://bucket", ""),
            ("gs://bucket/a", "gs://bucket", "a"),
            ("az://container/a", "az://container", "a"),
            (
                "abfss://box@name.dfs.core.windows.net/a",
                "abfss://box@name.dfs.core.windows.net",
                "a",
            ),
            ("abfss://u:p@name/a", "abfss://name", "a"),
            ("https://u:p@host:8443/a/b?sig=secret#x", "https://host:8443", "a/b"),
            ("https://host?sig=secret", "https://host", ""),
        ] {
            let dataset = Dataset::at(place);
            assert_eq!((&*dataset.namespace, &*dataset.name), (namespace, name), "{place}");
        }
    }

    #[test]
    fn a_run_has_one_name() {
        let run = lineage(LineageTarget::File("x".into()));
        let other = Lineage { pipeline: "other".to_owned(), ..run.clone() };
        assert_eq!(run.uuid(), "cd64e809-e8a0-82a1-9195-70f75b49950f");
        assert_ne!(run.uuid(), other.uuid());
    }

    /// The events of a run, as they are in the file that they were sent to.
    fn sent(run: &Lineage, path: &Path) -> Vec<Value> {
        let input = Dataset {
            fields: vec![DatasetField {
                name: "customer".to_owned(),
                ty: "Int64".to_owned(),
                description: "customer_id".to_owned(),
            }],
            statistics: Some(Statistics { rows: 3, bytes: 99, files: 1 }),
            ..Dataset::at("/data/orders")
        };
        let output = Dataset {
            version: Some("20250102T030405Z-0abc".to_owned()),
            statistics: Some(Statistics { rows: 1, bytes: 50, files: 1 }),
            ..Dataset::at("s3://bucket/out/lost_sales.parquet")
        };
        let ports = Ports { inputs: vec![input], outputs: vec![output] };
        let now = "2025-01-02T03:04:05.678Z".parse().unwrap();
        for state in [RunState::Start, RunState::Complete, RunState::Fail("it \"broke\"\n")] {
            run.send(state, now, &ports, Duration::ZERO).unwrap();
        }
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn events_are_lines_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/lineage.jsonl");
        let run = lineage(LineageTarget::File(path.clone()));
        let events = sent(&run, &path);
        let types: Vec<_> = events.iter().map(|event| event["eventType"].as_str()).collect();
        assert_eq!(types, [Some("START"), Some("COMPLETE"), Some("FAIL")]);
        assert_eq!(
            events[2]["job"]["facets"]["jobType"],
            json!({
                "processingType": "BATCH",
                "integration": "KOHORT",
                "jobType": "JOB",
                "_producer": format!("urn:kohort:{KOHORT_VERSION}"),
                "_schemaURL": "https://openlineage.io/spec/facets/2-0-4/JobTypeJobFacet.json\
                               #/$defs/JobTypeJobFacet",
            })
        );
        let version = KOHORT_VERSION;
        let source =
            |name, uri| facet("1-0-1/DatasourceDatasetFacet", json!({ "name": name, "uri": uri }));
        let fields = json!([{ "name": "customer", "type": "Int64", "description": "customer_id" }]);
        let expected = json!({
            "eventType": "FAIL",
            "eventTime": "2025-01-02T03:04:05.678Z",
            "run": {
                "runId": run.uuid(),
                "facets": {
                    "processing_engine": facet(
                        "1-1-1/ProcessingEngineRunFacet",
                        json!({
                            "name": "kohort", "version": version, "openlineageAdapterVersion": version,
                        }),
                    ),
                    "errorMessage": facet(
                        "1-0-1/ErrorMessageRunFacet",
                        json!({ "message": "it \"broke\"\n", "programmingLanguage": "RUST" }),
                    ),
                },
            },
            "job": {
                "namespace": "nightly",
                "name": "shop",
                "facets": events[2]["job"]["facets"],
            },
            "inputs": [{
                "namespace": "file",
                "name": "/data/orders",
                "facets": {
                    "dataSource": source("file", "file:///"),
                    "schema": facet("1-2-0/SchemaDatasetFacet", json!({ "fields": fields })),
                },
                "inputFacets": {
                    "inputStatistics": facet(
                        "1-0-0/InputStatisticsInputDatasetFacet",
                        json!({ "rowCount": 3, "size": 99, "fileCount": 1 }),
                    ),
                },
            }],
            "outputs": [{
                "namespace": "s3://bucket",
                "name": "out/lost_sales.parquet",
                "facets": {
                    "dataSource": source("s3://bucket", "s3://bucket"),
                    "version": facet(
                        "1-0-1/DatasetVersionDatasetFacet",
                        json!({ "datasetVersion": "20250102T030405Z-0abc" }),
                    ),
                },
                "outputFacets": {
                    "outputStatistics": facet(
                        "1-0-2/OutputStatisticsOutputDatasetFacet",
                        json!({ "rowCount": 1, "size": 50, "fileCount": 1 }),
                    ),
                },
            }],
            "producer": producer(),
            "schemaURL": EVENT_SCHEMA,
        });
        assert_eq!(events[2], expected);
    }
}
