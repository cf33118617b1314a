//! The kind of server, detected from its own description.

use crate::http::{Answer, Http};
use jac_model::search::TargetError;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

/// A header that Elasticsearch sends with each answer.
const PRODUCT: &str = "x-elastic-product";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distribution {
    Elasticsearch,
    OpenSearch,
}

impl Distribution {
    pub fn word(self) -> &'static str {
        match self {
            Self::Elasticsearch => "elasticsearch",
            Self::OpenSearch => "opensearch",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub distribution: Distribution,
    /// Empty if it does not report it, or may not be queried.
    pub version: String,
}

#[derive(Deserialize)]
struct Root {
    version: Version,
}

#[derive(Deserialize)]
struct Version {
    distribution: Option<String>,
    #[serde(default)]
    number: String,
}

/// Queries the server's identity.
pub(crate) async fn learn(http: &Http) -> Result<Server, TargetError> {
    let answer = http.send(Method::GET, "", None).await.map_err(|silence| silence.error)?;
    if let Some(server) = of_root(&answer) {
        return Ok(server);
    }
    let is_elastic = answer.headers.get(PRODUCT).is_some_and(|value| value == "Elasticsearch");
    match answer.status.as_u16() {
        401 => Err(answer.fault()),
        // Credentials for one index may not query the cluster's name; and not every distribution responds here.
        _ if is_elastic => Ok(Server { distribution: Distribution::Elasticsearch, version: version(http).await }),
        403 if answer.json::<Value>().is_ok() => {
            Ok(Server { distribution: Distribution::OpenSearch, version: String::new() })
        }
        429 | 500.. => Err(answer.fault()),
        status => Err(TargetError::new(
            "search_not_a_server",
            format!("Neither Elasticsearch nor OpenSearch answers at this address (HTTP {status})."),
        )),
    }
}

fn of_root(answer: &Answer) -> Option<Server> {
    if !answer.status.is_success() {
        return None;
    }
    let Root { version } = answer.json().ok()?;
    let distribution = match version.distribution.as_deref() {
        Some("opensearch") => Distribution::OpenSearch,
        _ => Distribution::Elasticsearch,
    };
    Some(Server { distribution, version: version.number })
}

/// The version as a node reports it.
async fn version(http: &Http) -> String {
    let path = "_nodes/_local?filter_path=nodes.*.version";
    // Only for display: a server that does not report it, or not to these credentials, is used anyway.
    let nodes = http.call(Method::GET, path, None).await.ok();
    let version =
        nodes.as_ref().and_then(|nodes| nodes.get("nodes")?.as_object()?.values().next()?.get("version")?.as_str());
    version.unwrap_or_default().to_owned()
}
