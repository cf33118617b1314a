//! The settings of stores of results.

use super::build::Typed;
use super::read::{Fault, Settings};
use jac_artefacts::{ENDPOINT_FORM, Location, Options, endpoint};
use jac_model::reach::Reach;
use reqwest::Url;

/// A store for artefacts.
#[derive(Debug, Clone)]
pub struct ArtefactsConfig {
    pub location: Location,
    pub options: Options,
}

/// The settings of stores: the server's, and the permitted endpoints of people's own.
#[derive(Debug)]
pub struct StoresConfig {
    pub artefacts: Option<ArtefactsConfig>,
    pub allowed_endpoints: Vec<String>,
}

/// The permanent stores of results, for commands that need no other part of the configuration.
///
/// # Errors
/// The faults of these settings.
pub fn stores(settings: &Settings) -> Result<StoresConfig, Vec<Fault>> {
    let is_about_it =
        |fault: &&Fault| fault.key.starts_with("artifacts_") || ["", "allowed_endpoints"].contains(&fault.key.as_str());
    let faults = settings.faults.iter().filter(is_about_it).cloned().collect();
    let mut typed = Typed { settings, faults };
    let stores = StoresConfig { artefacts: typed.artefacts(), allowed_endpoints: typed.endpoints() };
    if typed.faults.is_empty() { Ok(stores) } else { Err(typed.faults) }
}

/// The settings of a store whose address is given elsewhere.
///
/// # Errors
/// The faults of these settings.
pub fn store_options(settings: &Settings) -> Result<Options, Vec<Fault>> {
    let mut typed = Typed { settings, faults: Vec::new() };
    let options = typed.store_options(true);
    if typed.faults.is_empty() { Ok(options) } else { Err(typed.faults) }
}

impl Typed<'_> {
    pub(super) fn endpoints(&mut self) -> Vec<String> {
        let endpoints = self.list("allowed_endpoints");
        let is_origin = |text: &String| {
            let url = text.parse::<Url>().ok();
            url.is_some_and(|url| {
                let is_bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
                is_bare && matches!(url.scheme(), "http" | "https") && url.path() == "/"
            })
        };
        for endpoint in endpoints.iter().filter(|endpoint| !is_origin(endpoint)) {
            self.refuse("allowed_endpoints", endpoint, "http:// or https://, a host and its port, without a path");
        }
        endpoints
    }

    pub(super) fn artefacts(&mut self) -> Option<ArtefactsConfig> {
        let expected = "s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX or file:///FOLDER";
        let location = self.parsed("artifacts_url", expected, |text| Location::parse(text).ok())?;
        let options = self.store_options(location.is_s3());
        Some(ArtefactsConfig { location, options })
    }

    /// The endpoint is one of S3 only: AWS's variables say nothing about other stores.
    fn store_options(&mut self, is_s3: bool) -> Options {
        Options {
            region: self.text("artifacts_region"),
            endpoint: if is_s3 { self.parsed("artifacts_endpoint", ENDPOINT_FORM, endpoint) } else { None },
            kms_key: self.text("artifacts_kms_key"),
            storage_class: self.text("artifacts_storage_class"),
            reach: Reach::Anywhere,
        }
    }
}
