//! The report as data: embedded in `report.html` and served by the server.

use crate::{ErrorType, error_types};
use jac_jtl::criteria::{CriterionResult, Verdict};
use jac_jtl::{
    ApdexThresholds, CodeCount, ErrorGroup, HostCount, LogStatistics, Note, NoteValue, Profiles, Series, Summary,
};
use jac_model::{Annotation, Cause, CriterionWatch, Message, NodeLog, ResultsMode, RunNode};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Content of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// Version of this format: 1.
    pub version: u32,
    /// Heading of the page.
    pub title: String,
    /// Version of JAC that created it.
    pub jac_version: String,
    /// When it was created, epoch milliseconds.
    pub created_ms: i64,
    /// The logs that were read.
    pub files: Vec<LogFile>,
    /// The run that wrote them, if it was one of JAC's.
    pub run: Option<RunFacts>,
    /// The part of the run that the figures and `run.criteria` are of; `null`: the whole run.
    #[serde(default)]
    pub interval: Option<ReportInterval>,
    /// The table.
    pub summary: Summary,
    /// The statistics over time.
    pub series: Series,
    /// Failures that are alike, most frequent first.
    pub errors: Vec<ErrorGroup>,
    /// The same for all labels together, grouped as in JMeter's dashboard, most frequent first.
    #[serde(default)]
    pub error_types: Vec<ErrorType>,
    /// Samples by response code.
    pub codes: Vec<CodeCount>,
    /// How response times are spread, in total and per label.
    pub profiles: Profiles,
    /// Apdex thresholds.
    pub apdex: ApdexThresholds,
    /// Samples by node.
    pub hosts: Vec<LoadGenerator>,
    /// Remarks on the numbers: rejected rows, combined labels, lost data. Those about the log are in `summary.notes`
    /// too.
    pub notes: Vec<Message>,
}

/// A part of a run's time: the samples that ended in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportInterval {
    /// Its beginning, epoch milliseconds.
    pub from_ms: i64,
    /// Its exclusive end, epoch milliseconds.
    pub to_ms: i64,
}

/// A log that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogFile {
    /// Its name.
    pub name: String,
    /// Its stored size, compressed or not.
    pub bytes: u64,
}

/// Samples by node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoadGenerator {
    /// `host:port` of a remote thread's name, otherwise the `Hostname` column.
    pub host: String,
    /// The node's name (`worker-1`); `null`: unknown, e.g. for a log that was not written by JAC.
    #[serde(default)]
    pub node: Option<String>,
    /// Samples of this node.
    pub samples: u64,
    /// Failed samples among them.
    pub errors: u64,
}

/// The run that a report is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunFacts {
    /// Its id.
    pub id: String,
    /// The plan's name.
    pub plan: String,
    /// The cluster's name.
    pub cluster: String,
    /// Workers of the cluster; 0: the master ran the plan itself.
    pub workers: u32,
    /// When JMeter's master was started, epoch milliseconds.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// Why it ended.
    pub cause: Option<Cause>,
    /// Whether its criteria passed.
    pub verdict: Verdict,
    /// Its criteria and their results.
    pub criteria: Vec<CriterionResult>,
    /// History of each of them during the run.
    #[serde(default)]
    pub criteria_watch: Vec<CriterionWatch>,
    /// Samples that started within this many seconds after the first one did not count for the criteria.
    #[serde(default)]
    pub warm_up_s: u64,
    /// JMeter properties for every node.
    pub properties: BTreeMap<String, String>,
    /// JMeter properties whose totals were divided among the workers.
    #[serde(default)]
    pub share: BTreeMap<String, u64>,
    /// How the workers' samples were collected.
    #[serde(default)]
    pub results: ResultsMode,
    /// The workers, if each wrote its own log; otherwise empty.
    #[serde(default)]
    pub nodes: Vec<NodeFacts>,
    /// The time between the first samples of the first and the last of them, in milliseconds; `null`: there are fewer
    /// than two.
    #[serde(default)]
    pub start_skew_ms: Option<i64>,
    /// Its annotations.
    #[serde(default)]
    pub annotations: Vec<Annotation>,
    /// The labels inside each transaction, by the transaction's label, as far as the plan shows them.
    #[serde(default)]
    pub transactions: BTreeMap<String, Vec<String>>,
}

/// A worker with its own log (direct results).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeFacts {
    /// `worker-1`…
    pub name: String,
    /// When its first sample started, by the server's clock, epoch milliseconds; `null`: it took none.
    pub first_sample_ms: Option<i64>,
    /// How far its clock was ahead of the server's at the start, in milliseconds; `null`: the same clock, or unknown.
    pub clock_offset_ms: Option<i64>,
    /// Since when the run continued without it, epoch milliseconds; `null`: it took part to the end.
    pub lost_ms: Option<i64>,
    /// Its own log; `null`: it was not checked.
    pub log: Option<NodeLog>,
}

impl From<&RunNode> for NodeFacts {
    fn from(node: &RunNode) -> Self {
        let RunNode { name, first_sample_ms, clock_offset_ms, lost_ms, log, .. } = node;
        Self {
            name: name.clone(),
            first_sample_ms: *first_sample_ms,
            clock_offset_ms: *clock_offset_ms,
            lost_ms: *lost_ms,
            log: *log,
        }
    }
}

/// The time between the first samples of the first and the last of the nodes, in milliseconds; `None`: there are fewer
/// than two.
pub fn start_skew_ms(nodes: &[NodeFacts]) -> Option<i64> {
    let first: Vec<i64> = nodes.iter().filter_map(|node| node.first_sample_ms).collect();
    if first.len() < 2 { None } else { Some(first.iter().max()? - first.iter().min()?) }
}

/// The contents of a report in addition to the statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Heading of the page.
    pub title: String,
    /// The version of JAC that creates it.
    pub jac_version: String,
    /// When it is created, epoch milliseconds.
    pub created_ms: i64,
    /// The logs that were read.
    pub files: Vec<LogFile>,
    /// The run that wrote them.
    pub run: Option<RunFacts>,
    /// Notes that precede those of the statistics.
    pub notes: Vec<Message>,
}

impl Report {
    /// Creates a report of a log's statistics.
    pub fn new(facts: Facts, log: &mut LogStatistics) -> Self {
        let mut notes = facts.notes;
        let summary = log.summary();
        notes.extend(summary.notes.iter().map(message_of));
        let errors = log.errors(usize::MAX);
        Self {
            version: 1,
            title: facts.title,
            jac_version: facts.jac_version,
            created_ms: facts.created_ms,
            files: facts.files,
            run: facts.run,
            interval: None,
            summary,
            series: log.series(),
            error_types: error_types(&errors),
            errors,
            codes: log.codes(),
            profiles: log.profiles(),
            apdex: log.apdex_thresholds(),
            hosts: load_generators(log, |_| None),
            notes,
        }
    }

    /// The same with the names of the run's nodes. JMeter names a worker's threads after its address, which contains
    /// the first of the node's ports; a port that several nodes have identifies none of them.
    #[must_use]
    pub fn with_nodes(mut self, nodes: &[RunNode]) -> Self {
        for generator in &mut self.hosts {
            let port = generator.host.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
            let mut found = nodes.iter().filter(|node| port.is_some() && node.ports.first().copied() == port);
            if let (Some(node), None) = (found.next(), found.next()) {
                generator.node = Some(node.name.clone());
            }
        }
        self
    }

    /// The same for a part of the time, with the statistics of its samples. Remarks on the log and the run are kept.
    #[must_use]
    pub fn narrowed(self, interval: ReportInterval, summary: Summary, log: &mut LogStatistics) -> Self {
        let errors = log.errors(usize::MAX);
        let names: HashMap<String, Option<String>> =
            self.hosts.into_iter().map(|each| (each.host, each.node)).collect();
        Self {
            interval: Some(interval),
            summary,
            series: log.series(),
            error_types: error_types(&errors),
            errors,
            codes: log.codes(),
            profiles: log.profiles(),
            apdex: log.apdex_thresholds(),
            hosts: load_generators(log, |host| names.get(host).cloned().flatten()),
            ..self
        }
    }
}

fn load_generators(log: &LogStatistics, name: impl Fn(&str) -> Option<String>) -> Vec<LoadGenerator> {
    let named =
        |HostCount { host, samples, errors }: HostCount| LoadGenerator { node: name(&host), host, samples, errors };
    log.hosts().into_iter().map(named).collect()
}

fn message_of(note: &Note) -> Message {
    let params = note.params.iter().map(|(name, value)| {
        let value = match value {
            NoteValue::Count(count) => (*count).into(),
            NoteValue::Number(number) => (*number).into(),
            NoteValue::Text(text) => text.as_str().into(),
        };
        (name.clone(), value)
    });
    Message { code: note.code.clone(), params: params.collect(), message: note.message.clone() }
}

#[cfg(test)]
mod tests {
    use super::{Facts, Report, ReportInterval};
    use jac_jtl::{LogStatistics, Settings};
    use jac_model::{NodePhase, Role, RunNode};

    fn log(rows: &str) -> LogStatistics {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(format!("timeStamp,elapsed,label,threadName,success\n{rows}").as_bytes());
        log.finish();
        log
    }

    fn node(name: &str, ports: &[u16]) -> RunNode {
        RunNode {
            name: name.to_owned(),
            role: Role::Worker,
            state: NodePhase::Ended,
            exit_code: None,
            ports: ports.to_vec(),
            clock_offset_ms: None,
            health: None,
            first_sample_ms: None,
            lost_ms: None,
            log: None,
        }
    }

    #[test]
    fn load_generators_have_their_nodes_names_also_in_a_part() {
        let rows = "1000,5,Home,10.0.0.1:4001-Users 1-1,true\n2000,5,Home,10.0.0.2:4003-Users 1-1,false\n3000,5,Home,10.0.0.3:4005-Users 1-1,true\n";
        let facts = Facts {
            title: String::new(),
            jac_version: "0".to_owned(),
            created_ms: 0,
            files: Vec::new(),
            run: None,
            notes: Vec::new(),
        };
        // Two nodes have the port 4005: it is unknown which one is meant. A thread's name never contains a node's
        // second port.
        let nodes = [
            node("worker-1", &[4001, 4003]),
            node("worker-2", &[4003, 4004]),
            node("worker-3", &[4005]),
            node("worker-4", &[4005]),
            node("master", &[]),
        ];
        let names = |report: &Report| {
            let mut names: Vec<_> =
                report.hosts.iter().map(|each| (each.host.clone(), each.node.clone(), each.errors)).collect();
            names.sort();
            names
        };
        let named = |host: &str, node: Option<&str>, errors| (host.to_owned(), node.map(str::to_owned), errors);
        let whole = Report::new(facts, &mut log(rows)).with_nodes(&nodes);
        let expected = [
            named("10.0.0.1:4001", Some("worker-1"), 0),
            named("10.0.0.2:4003", Some("worker-2"), 1),
            named("10.0.0.3:4005", None, 0),
        ];
        assert_eq!(names(&whole), expected);
        let mut part = log(&rows.lines().take(2).map(|row| format!("{row}\n")).collect::<String>());
        let summary = part.summary();
        let narrowed = whole.narrowed(ReportInterval { from_ms: 1000, to_ms: 2500 }, summary, &mut part);
        assert_eq!(names(&narrowed), expected[..2]);
    }
}
