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
        // The serverless service requires the body's digest as a header.
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

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use reqwest::Method;
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    /// The examples that AWS publishes with every step and the signature at its end ("Authenticating Requests: Using the Authorization
    /// Header", Amazon S3 API Reference). They have the header with the body's digest, as JAC's requests do.
    #[tokio::test]
    async fn requests_are_signed_as_in_the_examples_that_aws_publishes() {
        let signing = SigV4 {
            region: "us-east-1".to_owned(),
            service: "s3".to_owned(),
            credentials: SharedCredentialsProvider::new(Credentials::new(
                "AKIAIOSFODNN7EXAMPLE",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                None,
                None,
                "the example",
            )),
            // 2013-05-24T00:00:00Z.
            now: Arc::new(|| UNIX_EPOCH + Duration::from_secs(1_369_353_600)),
        };
        let host = "https://examplebucket.s3.amazonaws.com";
        for (path, range, signed_headers, signature) in [
            (
                "/test.txt",
                Some("bytes=0-9"),
                "host;range;x-amz-content-sha256;x-amz-date",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (
                "/?lifecycle",
                None,
                "host;x-amz-content-sha256;x-amz-date",
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
            (
                "/?max-keys=2&prefix=J",
                None,
                "host;x-amz-content-sha256;x-amz-date",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        ] {
            let mut request = Request::new(Method::GET, format!("{host}{path}").parse().expect("a URL"));
            if let Some(range) = range {
                request.headers_mut().insert("range", HeaderValue::from_static(range));
            }
            signing.sign(&mut request, b"").await.expect("signed");
            let header = request.headers()["authorization"].to_str().expect("text");
            let scope = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
            assert_eq!(
                header,
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={signed_headers}, Signature={signature}"),
                "{path}"
            );
        }
    }
}
