//! People's own targets: created from their settings, and connected to only as far as permitted.

use crate::settings::{Auth, DashboardsSettings, Layout, Secret, Settings, SigV4};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result as Provided, SharedCredentialsProvider, future};
use jac_model::search::{
    AwsKeySource, DashboardsKind, OwnTarget, OwnTargetAuth, OwnTargetFault, SampleTarget, TargetKind, TargetLayout,
    TargetMaker,
};
use reqwest::Url;
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
        let fault = |key, message: &str| OwnTargetFault { key, message: message.to_owned() };
        let OwnTarget { name, settings: own, auth, reach } = target;
        let url = Url::parse(&own.url).map_err(|_| fault("url", "Invalid address."))?;
        let dashboards = own.dashboards_url.as_deref().map(|text| {
            let url = Url::parse(text).ok();
            let url = url.filter(|url| {
                matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
            });
            let url =
                url.ok_or_else(|| fault("dashboards_url", "Invalid address of Kibana or OpenSearch Dashboards."))?;
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
