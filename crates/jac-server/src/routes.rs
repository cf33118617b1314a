//! The routes, one file per resource.

pub mod account;
pub mod annotations;
pub mod archive;
pub mod audit;
pub mod clusters;
pub mod company;
pub mod credentials;
pub mod history;
pub mod images;
pub mod imports;
pub mod info;
pub mod integrations;
pub mod lists;
pub mod machines;
pub mod people;
pub mod plans;
pub mod results;
pub mod revisions;
pub mod runs;
pub mod schedules;
pub mod search;
pub mod session;
pub mod shares;
pub mod stores;

use serde::Deserialize;

/// Team to share something with.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct TeamRequest {
    /// The team's id; `null`: none.
    #[serde(default)]
    pub team: Option<String>,
}
