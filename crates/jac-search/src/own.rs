//! People's own targets: created from their settings, and connected to only as far as permitted.

use crate::settings::{Auth, DashboardsSettings, Layout, Secret, Settings, SigV4, address, dashboards_address};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result as Provided, SharedCredentialsProvider, future};
use jac_model::search::{
    AwsKeySource, DashboardsKind, OwnTarget, OwnTargetAuth, OwnTargetFault, SampleTarget, TargetKind, TargetLayout,
    TargetMaker,
};
use std::sync::Arc;
use std::time::SystemTime;

/// Amazon's own name for the managed service.
const AWS_SERVICE: &str = "es";

/// Creates people's own targets.
pub struct Maker {
    /// For signatures.
    pub now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl TargetMaker for Maker {
    fn make(&self, target: OwnTarget) -> Result<Arc<dyn SampleTarget>, OwnTargetFault> {
        let OwnTarget { name, settings: own, auth, reach } = target;
        let fault = |key, message| OwnTargetFault { key, message };
        let url = address(&own.url).map_err(|message| fault("url", message))?;
        let dashboards = own.dashboards_url.as_deref().map(|text| {
            let url = dashboards_address(text).map_err(|message| fault("dashboards_url", message))?;
            Ok(DashboardsSettings { kind: own.dashboards_kind.unwrap_or(DashboardsKind::Kibana), url })
        });
        let auth = match auth {
            OwnTargetAuth::None => Auth::None,
            OwnTargetAuth::Basic { user, password } => Auth::Basic { user, password: Secret::new(password) },
            OwnTargetAuth::ApiKey(key) => Auth::ApiKey(Secret::new(key)),
            OwnTargetAuth::Aws { region, keys } => Auth::SigV4(SigV4 {
                region,
                service: AWS_SERVICE.to_owned(),
                credentials: SharedCredentialsProvider::new(OwnKeys(keys)),
                now: Arc::clone(&self.now),
            }),
        };
        let usual = Settings::new(name, TargetKind::Elasticsearch, url);
        let settings = Settings {
            auth,
            reach,
            ca_pem: own.ca_pem.map(String::into_bytes),
            layout: match own.layout {
                TargetLayout::DataStream => Layout::DataStream,
                TargetLayout::IndexPerRun => Layout::IndexPerRun,
            },
            namespace: own.namespace.unwrap_or_else(|| usual.namespace.clone()),
            index: own.index,
            labels: own.labels,
            service: own.service,
            dashboards: dashboards.transpose()?,
            ..usual
        };
        crate::target(settings).map_err(|error| OwnTargetFault {
            key: if error.key == "ca_file" { "ca_pem" } else { error.key },
            message: error.message,
        })
    }
}

/// A person's keys, in the form that the signer requires.
#[derive(Debug)]
struct OwnKeys(Arc<dyn AwsKeySource>);

impl ProvideCredentials for OwnKeys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provided())
    }
}

impl OwnKeys {
    async fn provided(&self) -> Provided {
        let keys = self.0.keys().await.map_err(CredentialsError::not_loaded)?;
        Ok(Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            keys.session_token,
            keys.expires,
            "saved in JAC",
        ))
    }
}
