//! The paths of a run's files, on its nodes and on this machine, and the name of its process.
//!
//! `runs/finish.rs` decides which of them are kept.

use super::RESULTS;
use jac_model::RunId;
use jac_store::DataFolder;
use std::path::PathBuf;

/// A run's files on its node, relative to the node's folder.
pub(crate) struct NodePlaces {
    folder: String,
}

impl NodePlaces {
    pub fn of(run: &RunId) -> Self {
        Self { folder: format!("runs/{run}") }
    }

    pub fn folder(&self) -> &str {
        &self.folder
    }

    pub fn plan(&self) -> String {
        format!("{}/plan", self.folder)
    }

    pub fn plugins(&self) -> String {
        format!("{}/plugins", self.folder)
    }

    pub fn properties(&self) -> String {
        format!("{}/jac.properties", self.folder)
    }

    pub fn system_properties(&self) -> String {
        format!("{}/system.properties", self.folder)
    }

    pub fn key_store(&self) -> String {
        format!("{}/rmi.p12", self.folder)
    }

    pub fn results(&self) -> String {
        format!("{}/{RESULTS}", self.folder)
    }

    pub fn log(&self) -> String {
        format!("{}/jmeter.log", self.folder)
    }
}

/// The name under which a run's JMeter is started on a node.
pub(crate) fn process_name(run: &RunId) -> String {
    format!("{run}-jmeter")
}

/// The growing log of a run on this machine.
pub(crate) fn spool(folder: &DataFolder, run: &RunId) -> PathBuf {
    folder.run(run).join(RESULTS)
}
