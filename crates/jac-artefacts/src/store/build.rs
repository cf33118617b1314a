//! Builds the library's client of a store from its location and the owner's options.

use super::{ArtefactStore, LinkSigner, Parts, exists};
use crate::ArtefactError;
use crate::location::{Keys, KeysUntil, Kind, Location, Options, endpoint, shown};
use crate::reach::PublicOnly;
use async_trait::async_trait;
use jac_model::reach::Reach;
use object_store::aws::{AmazonS3Builder, AwsCredential, Checksum};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::CredentialProvider;
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::local::LocalFileSystem;
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{BackoffConfig, ClientOptions, Error, RetryConfig};
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

/// How long one request may take: four parts of 8 MiB at a time over 1 Mbit/s.
const REQUEST_LIMIT: Duration = Duration::from_secs(300);
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How long a failed request is retried before its caller gets the error; the caller retries too, later.
const RETRY_LIMIT: Duration = Duration::from_secs(20);
const RETRIES: usize = 4;

/// Our keys in the form that the library requires.
#[derive(Debug)]
struct KeyProvider(Arc<dyn Keys>);

#[async_trait]
impl CredentialProvider for KeyProvider {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let KeysUntil { access_key_id, secret_access_key, session_token, .. } = self
            .0
            .current()
            .await
            .map_err(|reason| Error::Generic { store: "S3", source: format!("no credential: {reason}").into() })?;
        Ok(Arc::new(AwsCredential { key_id: access_key_id, secret_key: secret_access_key, token: session_token }))
    }
}

impl ArtefactStore {
    /// A store at that location. It does not connect yet: a store that is unavailable now may be available later.
    ///
    /// # Errors
    /// When the settings are invalid, or a folder cannot be accessed.
    pub fn new(location: &Location, options: &Options, keys: Option<Arc<dyn Keys>>) -> Result<Self, ArtefactError> {
        let address = location.address();
        let failed = |error: Error| ArtefactError::of(&address, &error);
        let retry = RetryConfig {
            backoff: BackoffConfig { init_backoff: Duration::from_millis(200), ..BackoffConfig::default() },
            max_retries: RETRIES,
            retry_timeout: RETRY_LIMIT,
        };
        // The library panics at the first request to an endpoint without a protocol.
        let checked = |text: &str| {
            endpoint(text).ok_or_else(|| ArtefactError::Endpoint { store: address.clone(), endpoint: shown(text) })
        };
        let endpoint = options.endpoint.as_deref().map(checked).transpose()?;
        let is_plain = endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        let client = ClientOptions::new()
            .with_timeout(REQUEST_LIMIT)
            .with_connect_timeout(CONNECT_LIMIT)
            .with_allow_http(is_plain);
        let prefix = Path::parse(&location.prefix).map_err(|error| failed(error.into()))?;
        let mut store = Self {
            objects: Arc::new(object_store::memory::InMemory::new()),
            parts: None,
            signer: None,
            prefix,
            storage_class: options.storage_class.clone(),
            address: address.clone(),
            folder: None,
        };
        match &location.kind {
            Kind::S3 { bucket } => {
                // Nothing from the environment: the caller has read it.
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(bucket)
                    .with_client_options(client)
                    .with_retry(retry)
                    .with_checksum_algorithm(Checksum::SHA256);
                if let Some(region) = &options.region {
                    builder = builder.with_region(region);
                }
                if let Some(endpoint) = endpoint {
                    builder = builder.with_endpoint(endpoint);
                }
                if let Some(key) = &options.kms_key {
                    builder = builder.with_sse_kms_encryption(key);
                }
                if options.reach == Reach::Public {
                    let (connect_limit, request_limit) = (CONNECT_LIMIT, REQUEST_LIMIT);
                    builder = builder.with_http_connector(PublicOnly { connect_limit, request_limit });
                }
                if let Some(keys) = keys {
                    builder = builder.with_credentials(Arc::new(KeyProvider(keys)));
                }
                let s3 = Arc::new(builder.build().map_err(failed)?);
                store.parts = Some(Parts(Arc::clone(&s3) as Arc<dyn MultipartStore>));
                store.signer = Some(LinkSigner(Arc::clone(&s3) as Arc<dyn Signer>));
                store.objects = s3;
            }
            Kind::Google { bucket } => {
                let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket);
                builder.get_config_value(&GoogleConfigKey::BaseUrl).as_deref().map(checked).transpose()?;
                let google = Arc::new(builder.with_client_options(client).with_retry(retry).build().map_err(failed)?);
                store.parts = Some(Parts(Arc::clone(&google) as Arc<dyn MultipartStore>));
                store.signer = Some(LinkSigner(Arc::clone(&google) as Arc<dyn Signer>));
                store.objects = google;
            }
            Kind::Azure { container } => {
                let builder = MicrosoftAzureBuilder::from_env().with_container_name(container);
                builder.get_config_value(&AzureConfigKey::Endpoint).as_deref().map(checked).transpose()?;
                let azure = Arc::new(builder.with_client_options(client).with_retry(retry).build().map_err(failed)?);
                store.parts = Some(Parts(Arc::clone(&azure) as Arc<dyn MultipartStore>));
                store.signer = Some(LinkSigner(Arc::clone(&azure) as Arc<dyn Signer>));
                store.objects = azure;
            }
            Kind::Folder { path } => {
                let (root, below) = existing_part(path)?;
                store.prefix = Path::parse(&below).map_err(|error| failed(error.into()))?;
                let folder = LocalFileSystem::new_with_prefix(root).map_err(failed)?;
                store.objects = Arc::new(folder.with_fsync(true).with_automatic_cleanup(true));
                store.storage_class = None;
                store.folder = Some(path.clone());
            }
        }
        Ok(store)
    }
}

/// The part of a folder's path that exists, and the rest below it: the library needs a folder that exists, and creates
/// the others when an object is written.
fn existing_part(path: &FilePath) -> Result<(&FilePath, String), ArtefactError> {
    let mut root = path;
    while !exists(root)? {
        root = root.parent().unwrap_or(FilePath::new("/"));
    }
    if !root.is_dir() {
        return Err(ArtefactError::File { name: root.display().to_string(), detail: "it is not a folder".to_owned() });
    }
    let below = path.strip_prefix(root).unwrap_or(FilePath::new(""));
    let below = below.to_str().ok_or_else(|| ArtefactError::File {
        name: path.display().to_string(),
        detail: "its name is not UTF-8".to_owned(),
    })?;
    Ok((root, below.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_without_a_protocol_is_refused_and_a_file_is_no_folder() {
        let location = Location::parse("s3://bucket").expect("an address");
        for endpoint in ["127.0.0.1:9000", "localhost:9000"] {
            let options = Options { endpoint: Some(endpoint.to_owned()), ..Options::default() };
            let refused = ArtefactStore::new(&location, &options, None).expect_err(endpoint);
            assert_eq!(refused.code(), "artefacts_endpoint_invalid");
        }
        let file = tempfile::NamedTempFile::new().expect("a file");
        let location = Location::parse(&format!("file://{}", file.path().display())).expect("an address");
        let refused = ArtefactStore::new(&location, &Options::default(), None).expect_err("a file");
        assert_eq!(refused.code(), "artefacts_file_unreadable");
    }
}
