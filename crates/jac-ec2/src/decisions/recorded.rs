//! A recorded AWS: the SDK's own clients, with responses recorded from the lab's emulator instead of a network.

use crate::aws::{Aws, Pacing};
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ec2::config::{Credentials, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The name under which a call contains the access key ID that it was signed with.
pub const SIGNED_WITH: &str = "signed with";

/// The parameters of a call, by name.
pub type Words = BTreeMap<String, String>;

/// A response.
#[derive(Debug, Clone)]
pub enum Answer {
    Done(&'static str),
    Recorded(u16, &'static str),
    /// A rejection in EC2's format.
    Refused(u16, &'static str, &'static str),
    /// The connection is reset before the answer.
    Cut,
    /// No response ever arrives.
    Never,
}

/// A connection to AWS that records the calls.
#[derive(Clone)]
pub struct Recorded {
    answer: Arc<dyn Fn(&Words) -> Answer + Send + Sync>,
    asked: Arc<Mutex<Vec<(Words, String)>>>,
}

impl std::fmt::Debug for Recorded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Recorded")
    }
}

pub fn words(body: &str) -> Words {
    let url = reqwest::Url::parse(&format!("http://aws/?{body}")).expect("a form");
    url.query_pairs().into_owned().collect()
}

impl Recorded {
    pub fn new(answer: impl Fn(&Words) -> Answer + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(answer), asked: Arc::default() }
    }

    /// The bodies of the calls of an action, verbatim, in their order.
    pub fn bodies(&self, action: &str) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|(words, _)| words["Action"] == action).map(|(_, body)| body.clone()).collect()
    }

    /// The same as parameters by name.
    pub fn asked(&self, action: &str) -> Vec<Words> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|(words, _)| words["Action"] == action).map(|(words, _)| words.clone()).collect()
    }

    /// The connector for the SDK's clients.
    pub fn connector(&self) -> SharedHttpClient {
        let connection = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(connection.clone()))
    }

    pub fn aws(&self) -> Aws {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "test")))
            .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1)))
            .http_client(self.connector())
            .build();
        Aws {
            region: "us-east-1".to_owned(),
            ec2: aws_sdk_ec2::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            prices: aws_sdk_pricing::Client::new(&config),
            quotas: aws_sdk_servicequotas::Client::new(&config),
            pacing: Pacing::default(),
            describing: Arc::default(),
        }
    }
}

impl HttpConnector for Recorded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().expect("a form in memory")).into_owned();
        let mut words = words(&body);
        // Services that speak JSON name the action in a header: `ServiceQuotasV20190624.GetServiceQuota`.
        if let Some(target) = request.headers().get("x-amz-target") {
            words.insert("Action".to_owned(), target.rsplit('.').next().unwrap_or_default().to_owned());
        }
        let signature =
            request.headers().get("authorization").and_then(|text| text.split_once("Credential=")?.1.split_once('/'));
        if let Some((key, _)) = signature {
            words.insert(SIGNED_WITH.to_owned(), key.to_owned());
        }
        let answer = (self.answer)(&words);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((words, body));
        let (status, text) = match answer {
            Answer::Done(text) => (200, text.to_owned()),
            Answer::Recorded(status, text) => (status, text.to_owned()),
            Answer::Refused(status, code, message) => (
                status,
                format!(
                    "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
                     <RequestID>r</RequestID></Response>"
                ),
            ),
            Answer::Never => return HttpConnectorFuture::new(std::future::pending()),
            Answer::Cut => {
                let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                return HttpConnectorFuture::ready(Err(ConnectorError::io(reset.into())));
            }
        };
        let status = status.try_into().expect("a status of HTTP");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(text))))
    }
}
