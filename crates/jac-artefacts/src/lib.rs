//! `jac-artefacts` stores the artefacts of finished runs in an object store: S3 and compatible ones, Google Cloud
//! Storage, Azure, or a folder.
//!
//! It owns the layout, the manifest, resumable uploads, and reading objects without downloading them completely. The
//! engine decides when a run is stored, and which of its files.
//!
//! | object of a run, below `runs/<yyyy>/<mm>/<run>/` | content                                                 |
//! |----------------------------------------------|-------------------------------------------------------------|
//! | `samples/master.jtl.zst`                     | every sample, in frames that can be read separately         |
//! | `summary.json`, `report.json`, `report.html` | the table, the whole report as data, and as a page          |
//! | `run.json`                                   | the run itself: who, what, when, how it ended               |
//! | `plan/…`                                     | the plan's files as they were run                           |
//! | `logs/<node>/…`                              | JMeter's logs                                               |
//! | `manifest.json`                              | name, length and SHA-256 of all of these; written last      |
//!
//! A run without a manifest is an incomplete upload. One with a manifest can be read by everybody who knows this table,
//! and a lost database is rebuilt from manifests.

mod fault;
mod layout;
mod location;
mod manifest;
mod object;
mod reach;
mod store;
mod upload;

pub use fault::ArtefactError;
pub use layout::{local_name, object_name, run_prefix};
pub use location::{ENDPOINT_FORM, Keys, KeysUntil, Location, Options, endpoint};
pub use manifest::{MANIFEST, Manifest, StoredObject};
pub use object::ObjectBytes;
pub use store::{ArtefactStore, Checked};
pub use upload::{Begun, Journal, Progress, digest};
