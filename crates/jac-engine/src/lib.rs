//! The engine: launches clusters, supervises runs, reconciles the requested with the actual state, and streams measured
//! data.
//!
//! Owns every sequence of operations and every deadline. Depends on the ports of jac-model and the store, not on HTTP
//! or a provider.

mod annotations;
pub mod archive;
pub mod blocking;
mod changes;
pub mod clock;
mod clusters;
mod compression;
mod credentials;
mod deleted;
pub mod disk;
mod engine;
mod equip;
mod error;
mod fan_out;
mod figures;
mod forecast;
mod grace;
pub mod history;
mod images;
pub mod imports;
mod integrations;
mod javas;
mod lifecycle;
mod limited;
pub mod list;
mod live;
mod machines;
mod notices;
mod owners;
mod plan_samples;
pub mod plans;
mod reconcile;
mod recovery;
mod regular_file;
mod results_stores;
mod retention;
mod retrying;
mod rights;
pub mod runs;
pub mod schedules;
mod set_keys;
pub mod settings;
mod shipping;
mod supervisor;
mod titles;
pub mod tools;
pub mod view;

pub use annotations::{LONGEST_ANNOTATION, MOST_ANNOTATIONS};
pub use clusters::{Lifespan, NewCluster};
pub use credentials::{CredentialUsers, NewAwsCredentials, NewCredentials, NewSshKey};
pub use engine::{Engine, Event, Parts, administrator};
pub use error::EngineError;
pub use figures::{Figures, Unready};
pub use integrations::{
    Delivery, ExporterView, IntegrationTargets, IntegrationTest, IntegrationTrouble, IntegrationsView, NotifierView,
};
pub use notices::Notice;
pub use plan_samples::{
    MOST_RUNS as MOST_SEARCHED_RUNS, PlanSample, PlanSamples, RunsToSearch, SearchFault, SearchedRun,
};
pub use results_stores::{NewResultsStore, ResultsStoreView};
pub use rights::ConfigDenied;
pub use runs::NewRun;
pub use settings::Settings;
pub use shipping::{
    FoundSamples, LOG as LOG_SOURCE, NewSearchTarget, OwnTargetView, SampleSource, SearchFallback, Shipment,
    ShipmentTrouble, TargetView,
};
pub use supervisor::{TaskFigures, task_kind};
pub use titles::{fitting as fitting_name, required as required_name};
