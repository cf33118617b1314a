//! `jac-artefacts` keeps what finished runs leave in an object store: S3 and what speaks its protocol, Google Cloud Storage, Azure, or a
//! folder.
//!
//! It owns the layout, the manifest, uploads that continue where they were cut, and the reading of objects without fetching all of
//! them. When a run is stored, and what is stored of it, is the engine's.
//!
//! | object of a run, below `runs/<yyyy>/<mm>/<run>/` | what                                                    |
//! |----------------------------------------------|-------------------------------------------------------------|
//! | `samples/master.jtl.zst`                     | every sample, in frames that can be read alone              |
//! | `summary.json`, `report.json`, `report.html` | the table, the whole report as data, and as a page          |
//! | `run.json`                                   | the run itself: who, what, when, how it ended               |
//! | `plan/…`                                     | the plan's files as they were run                           |
//! | `logs/<node>/…`                              | JMeter's logs                                               |
//! | `manifest.json`                              | name, length and SHA-256 of all of these; written last      |
//!
//! A run without a manifest is an upload that has not come to its end. One with it can be read by everybody who knows this table, and
//! a lost database is rebuilt from manifests.

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
pub use location::{Keys, KeysUntil, Location, Options};
pub use manifest::{MANIFEST, Manifest, StoredObject};
pub use object::ObjectBytes;
pub use store::{ArtefactStore, Checked};
pub use upload::{Begun, Journal, Progress, digest};
