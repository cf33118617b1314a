//! Connections to stores that people name: to public addresses only.

use jac_reach::public_only;
use object_store::client::{HttpClient, HttpConnector};
use object_store::{ClientOptions, Error};
use std::time::Duration;

/// Creates clients that connect only to public addresses.
#[derive(Debug)]
pub(crate) struct PublicOnly {
    pub connect_limit: Duration,
    pub request_limit: Duration,
}

impl HttpConnector for PublicOnly {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = reqwest::Client::builder().connect_timeout(self.connect_limit).timeout(self.request_limit);
        let failed = |error: reqwest::Error| Error::Generic { store: "S3", source: Box::new(error) };
        public_only(client).build().map(HttpClient::new).map_err(failed)
    }
}
