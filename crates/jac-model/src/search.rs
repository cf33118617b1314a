//! Search targets, which receive every sample of a run as a document, and the port to one of them.
//!
//! Owns the terms of shipping (cursor, step, trouble, shipment) and the port. The adapter owns protocols and documents;
//! the engine owns the log, the cursor and the schedule of attempts.

use crate::ports::AwsKeys;
use crate::reach::Reach;
use crate::{EpochMs, RunId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Kind of a search target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TargetKind {
    /// Elasticsearch or OpenSearch; which of them is learned from the server.
    Elasticsearch,
    /// A Logstash with an `http` or a `tcp` input, which forwards what it receives.
    Logstash,
}

/// A search target, without credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetInfo {
    /// Unique on this server.
    pub name: String,
    pub kind: TargetKind,
    /// Scheme, host and port.
    pub address: String,
    /// The data stream or the indices that contain samples, as used by a data view of Kibana.
    pub index_pattern: String,
    /// The address of Kibana or OpenSearch Dashboards; `null`: not configured.
    pub dashboards: Option<DashboardsInfo>,
}

/// A Kibana, or an OpenSearch Dashboards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DashboardsInfo {
    pub kind: DashboardsKind,
    /// The address for people, with a space or base path if there is one, without a trailing slash.
    pub url: String,
}

/// Which of the two: their files and links differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DashboardsKind {
    Kibana,
    OpensearchDashboards,
}

/// The result of a test of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TargetTest {
    /// `elasticsearch`, `opensearch` or `logstash`.
    pub server: String,
    /// Its version; empty if it does not report one.
    pub version: String,
    /// The layout that is used there: `data_stream`, `index_per_run`; empty for Logstash.
    pub layout: String,
    /// Further information, each a sentence.
    pub notes: Vec<String>,
}

/// Why a target could not do something, or what holds up shipping. Each of these errors may pass: permissions can be
/// granted and servers come back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TargetError {
    /// Stays the same when the wording changes: `search_unreachable`, `search_denied`…
    pub code: &'static str,
    /// A sentence.
    pub message: String,
}

impl TargetError {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The run whose samples become documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippedRun {
    pub id: RunId,
    pub name: String,
    pub plan: String,
    pub cluster: String,
    /// The owner's name.
    pub owner: String,
    /// Which of the run's logs, from 0.
    pub source: u32,
    /// The log was imported: it may be several concatenated logs, with repeated and possibly different headers.
    pub is_imported: bool,
}

/// How far a log has been acknowledged, without a gap. All fields are of the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Byte at which the last acknowledged row begins; `None`: no row is acknowledged.
    pub row: Option<u64>,
    /// Rows up to there; each becomes a document.
    pub rows: u64,
    /// Those of them that the target took, or had already.
    pub shipped: u64,
    /// Those of them that the target rejects permanently.
    pub refused: u64,
    /// When the newest sample among them began, epoch milliseconds.
    pub newest_ms: Option<i64>,
}

/// A row that the target refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// The document's id.
    pub id: String,
    /// HTTP status of the row.
    pub status: u16,
    /// The server's reason, verbatim.
    pub reason: String,
    /// The document, JSON.
    pub document: String,
}

/// The cursor after the next batch, and which of the batch's rows were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub cursor: Cursor,
    pub refused: Vec<RefusedRow>,
}

/// The log that is shipped, and the owner of its cursor.
#[async_trait]
pub trait SampleLog: Send + Sync {
    /// At most `most` bytes from a byte on; empty if there are none yet.
    async fn read_at(&self, from: u64, most: usize) -> Result<Vec<u8>, TargetError>;

    /// Waits a moment for more of the log. `false`: nothing more will come, and nothing came since the last `true`.
    async fn grows(&self) -> bool;

    /// Saves the progress. Called in order, after the target has acknowledged.
    async fn keep(&self, step: Step) -> Result<(), TargetError>;

    /// Reports what holds up shipping, or with `None` that nothing does any more.
    async fn report(&self, trouble: Option<TargetError>);
}

/// A query for samples of a run, limited to terms that a target evaluates exactly as the log does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleQuery {
    pub run: RunId,
    /// All of them must match.
    pub conditions: Vec<QueryCondition>,
    pub order: QueryOrder,
    /// Maximum number of returned matches; all matches are counted.
    pub limit: usize,
}

/// A condition on a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryCondition {
    /// It started then, epoch milliseconds.
    Start(Within),
    /// It took this many milliseconds; one without a time is not within anything.
    Elapsed(Within),
    Success(bool),
    Transaction(bool),
    Text(QueryField, TextTest),
}

/// A range of whole numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Within {
    pub at_least: Option<i64>,
    pub at_most: Option<i64>,
}

/// A field with text in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueryField {
    Label,
    Code,
    Thread,
}

/// The field equals or contains one of these texts, none of which is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTest {
    pub any_of: Vec<String>,
    /// The field begins with it.
    pub at_start: bool,
    /// The field ends with it.
    pub at_end: bool,
}

/// The order of the matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryOrder {
    /// As in the log.
    Log,
    /// Requests before transactions, then the longest response time, those without one last, then as in the log.
    Slowest,
}

/// The documents of a run in a target, and the matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleMatches {
    /// All documents of the run.
    pub documents: u64,
    /// Those of them that count as samples.
    pub searched: SampleCounts,
    pub matched: SampleCounts,
    pub samples: Vec<StoredSample>,
}

/// Transactions in which nothing ran are in neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SampleCounts {
    pub requests: u64,
    pub transactions: u64,
}

/// A sample from its document: every field of its row that JAC shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSample {
    /// Byte of its row in the log.
    pub position: u64,
    /// Epoch milliseconds.
    pub start_ms: i64,
    pub elapsed_ms: Option<u32>,
    pub label: String,
    pub is_transaction: bool,
    pub code: String,
    pub message: String,
    pub failure_message: String,
    pub thread: String,
    pub success: bool,
    pub received_bytes: Option<u64>,
    pub sent_bytes: Option<u64>,
    pub latency_ms: Option<u64>,
    pub connect_ms: Option<u64>,
    pub url: String,
    pub hostname: String,
    pub all_threads: Option<u32>,
    pub group_threads: Option<u32>,
}

/// A target that receives every sample.
#[async_trait]
pub trait SampleTarget: Send + Sync {
    fn info(&self) -> TargetInfo;

    /// The address that shows a run's samples of that time; `None`: no address of dashboards is configured.
    fn dashboard_url(&self, run: &RunId, from_ms: EpochMs, to_ms: EpochMs) -> Option<String>;

    /// Whether the target can report how many documents of a run it has.
    fn counts(&self) -> bool;

    /// Queries its identity, and whether samples could be written. Nothing is written.
    async fn test(&self) -> Result<TargetTest, TargetError>;

    /// Ships a log from a cursor to its end. Temporary faults are reported to the log and retried indefinitely; a call that
    /// is dropped resumes at the last stored cursor. Shipping a row twice is harmless.
    async fn ship(&self, run: &ShippedRun, from: Cursor, log: &dyn SampleLog) -> Result<Cursor, TargetError>;

    /// Makes shipped documents searchable and counts those of a run.
    async fn count(&self, run: &RunId) -> Result<u64, TargetError>;

    /// Searches samples of a run among its documents. Returns an error if the result might differ from the log's.
    async fn search(&self, query: &SampleQuery) -> Result<SampleMatches, TargetError>;

    /// Deletes duplicate documents of a run, keeping one of each, and returns how many were deleted.
    async fn delete_doubles(&self, run: &RunId) -> Result<u64, TargetError>;

    /// Deletes all documents of a run, and returns how many there were.
    async fn delete(&self, run: &RunId) -> Result<u64, TargetError>;
}

/// A person's own target with its secrets, from which an adapter creates a [`SampleTarget`]. It has no `Debug`.
#[derive(Clone)]
pub struct OwnTarget {
    /// Its name on this server.
    pub name: String,
    pub settings: OwnTargetSettings,
    pub auth: OwnTargetAuth,
    /// The permitted range of connections to it.
    pub reach: Reach,
}

/// How requests to a person's target are signed in.
#[derive(Clone)]
pub enum OwnTargetAuth {
    None,
    Basic {
        user: String,
        password: String,
    },
    /// Elasticsearch's, encoded or as `id:api_key`.
    ApiKey(String),
    /// Amazon's service, in that region.
    Aws {
        region: String,
        keys: Arc<dyn AwsKeySource>,
    },
}

/// A source of the AWS keys that requests are signed with.
#[async_trait]
pub trait AwsKeySource: std::fmt::Debug + Send + Sync {
    /// Keys that are valid now.
    ///
    /// # Errors
    /// A phrase that says why no keys are available.
    async fn keys(&self) -> Result<AwsKeys, String>;
}

/// Settings of a search target, without secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnTargetSettings {
    /// `https://` and a host; with a path for a proxy.
    pub url: String,
    /// Certificates of authorities to trust in addition to the public ones, PEM.
    #[serde(default)]
    pub ca_pem: Option<String>,
    #[serde(default)]
    pub layout: TargetLayout,
    /// The last part of the data stream's name; absent: `default`.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Name of the data stream, or prefix of the indices' names.
    #[serde(default)]
    pub index: Option<String>,
    /// Additional fields of every document: `labels.<name>`.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// `service.name` of every document.
    #[serde(default)]
    pub service: Option<String>,
    /// The address of Kibana or OpenSearch Dashboards.
    #[serde(default)]
    pub dashboards_url: Option<String>,
    #[serde(default)]
    pub dashboards_kind: Option<DashboardsKind>,
}

/// The layout of samples at a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TargetLayout {
    /// One data stream for all runs.
    #[default]
    DataStream,
    /// An index for each run.
    IndexPerRun,
}

/// A contradiction in the settings of a person's target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTargetFault {
    /// The name of its setting.
    pub key: &'static str,
    /// A sentence.
    pub message: String,
}

/// Creates targets from people's settings. It does not connect to them.
pub trait TargetMaker: Send + Sync {
    /// # Errors
    /// When the settings contradict each other.
    fn make(&self, target: OwnTarget) -> Result<Arc<dyn SampleTarget>, OwnTargetFault>;
}

/// State of a shipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ShipmentState {
    /// Rows are being shipped, or wait to be.
    Shipping,
    /// All rows have arrived, as counted.
    Complete,
    /// Everything was attempted; some rows are missing.
    Incomplete,
    /// The target has accepted all rows and cannot report how many arrived.
    Delivered,
}

impl ShipmentState {
    /// Whether nothing more happens automatically.
    pub fn is_final(self) -> bool {
        match self {
            Self::Shipping => false,
            Self::Complete | Self::Incomplete | Self::Delivered => true,
        }
    }
}
