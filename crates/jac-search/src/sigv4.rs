//! AWS Signature Version 4 for Amazon OpenSearch Service.

use crate::settings::SigV4;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use jac_model::search::TargetError;
use reqwest::Request;
use reqwest::header::{HeaderName, HeaderValue};

impl SigV4 {
    /// Adds the signature's headers to a request whose body is `body`.
    pub(crate) async fn sign(&self, request: &mut Request, body: &[u8]) -> Result<(), TargetError> {
        let failed =
            |what: &str| TargetError::new("search_credentials", format!("The request cannot be signed: {what}."));
        let credentials = self.credentials.provide_credentials().await.map_err(|error| failed(&error.to_string()))?;
        let mut settings = SigningSettings::default();
        // The serverless service wants the body's digest as a header.
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.service)
            .time((self.now)())
            .settings(settings)
            .build()
            .map_err(|error| failed(&error.to_string()))?
            .into();
        let headers: Vec<(String, String)> = request
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.url().as_str(),
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())),
            SignableBody::Bytes(body),
        )
        .map_err(|error| failed(&error.to_string()))?;
        let (instructions, _) = sign(signable, &parameters).map_err(|error| failed(&error.to_string()))?.into_parts();
        for (name, value) in instructions.headers() {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| failed(&error.to_string()))?;
            let mut value = HeaderValue::from_str(value).map_err(|error| failed(&error.to_string()))?;
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }
}
