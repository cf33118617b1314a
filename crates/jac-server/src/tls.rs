//! TLS: the certificate and its key, and reloading them when their files change.
//!
//! A new pair is used from the next connection on; an unusable one leaves the old one in place and is reported once. An
//! expired certificate is reported and still served: browsers reject it, but nodes and runs must not lose their server.

use jac_engine::clock::Clock;
use jac_model::EpochMs;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

/// Interval between checks of the files. A change is used when two consecutive checks have found it, so that a pair
/// that is being written is not read incompletely.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The certificate chain and its key, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("the certificate file {} cannot be read: {source}", .path.display())]
    CertificateUnreadable { path: PathBuf, source: io::Error },
    #[error("the key file {} cannot be read: {source}", .path.display())]
    KeyUnreadable { path: PathBuf, source: io::Error },
    #[error("{} contains no usable PEM certificate: {reason}", .path.display())]
    CertificateInvalid { path: PathBuf, reason: String },
    #[error("{} contains no usable PEM private key: {reason}", .path.display())]
    KeyInvalid { path: PathBuf, reason: String },
    #[error("the key in {} does not match the certificate in {}", .key.display(), .certificate.display())]
    PairMismatch { certificate: PathBuf, key: PathBuf },
    #[error("the certificate in {} expired on {since}", .path.display())]
    Expired { path: PathBuf, since: String },
    #[error("the certificate in {} is not valid before {until}", .path.display())]
    NotYetValid { path: PathBuf, until: String },
    #[error("TLS cannot be set up: {source}")]
    Setup { source: rustls::Error },
}

impl TlsError {
    /// Stable; the message may change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CertificateUnreadable { .. } => "tls_certificate_unreadable",
            Self::KeyUnreadable { .. } => "tls_key_unreadable",
            Self::CertificateInvalid { .. } => "tls_certificate_invalid",
            Self::KeyInvalid { .. } => "tls_key_invalid",
            Self::PairMismatch { .. } => "tls_pair_mismatch",
            Self::Expired { .. } => "tls_certificate_expired",
            Self::NotYetValid { .. } => "tls_certificate_not_yet_valid",
            Self::Setup { .. } => "tls_setup_failed",
        }
    }

    /// Whether the key's file is at fault.
    pub fn is_of_key(&self) -> bool {
        matches!(self, Self::KeyUnreadable { .. } | Self::KeyInvalid { .. } | Self::PairMismatch { .. })
    }
}

/// The contents of the two files, as read.
#[derive(Debug, PartialEq, Eq)]
struct Content {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Content {
    fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let certificate = std::fs::read(&files.certificate)
            .map_err(|source| TlsError::CertificateUnreadable { path: files.certificate.clone(), source })?;
        let key =
            std::fs::read(&files.key).map_err(|source| TlsError::KeyUnreadable { path: files.key.clone(), source })?;
        Ok(Self { certificate, key })
    }

    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update((self.certificate.len() as u64).to_le_bytes());
        hash.update(&self.certificate);
        hash.update(&self.key);
        hash.finalize().into()
    }
}

/// A certificate chain and its key.
#[derive(Clone)]
pub struct Pair {
    files: TlsFiles,
    certified: Arc<CertifiedKey>,
    digest: [u8; 32],
    not_before: (EpochMs, String),
    not_after: (EpochMs, String),
}

impl fmt::Debug for Pair {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files.fmt(out)
    }
}

impl Pair {
    /// Reads both files.
    ///
    /// # Errors
    /// When one cannot be read or used, or they do not belong together. [`Pair::fault_at`] checks the certificate's
    /// validity period.
    pub fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        Self::of(files, &Content::read(files)?)
    }

    fn of(files: &TlsFiles, content: &Content) -> Result<Self, TlsError> {
        let bad_certificate = |reason: String| TlsError::CertificateInvalid { path: files.certificate.clone(), reason };
        let bad_key = |reason: String| TlsError::KeyInvalid { path: files.key.clone(), reason };
        let chain = CertificateDer::pem_slice_iter(&content.certificate)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| bad_certificate(error.to_string()))?;
        let first = chain.first().ok_or_else(|| bad_certificate("it contains no certificate".to_owned()))?;
        let (_, parsed) =
            x509_parser::parse_x509_certificate(first).map_err(|error| bad_certificate(error.to_string()))?;
        let time = |time: &x509_parser::time::ASN1Time| (time.timestamp() * 1000, time.to_string());
        let (not_before, not_after) = (time(&parsed.validity().not_before), time(&parsed.validity().not_after));
        let key = PrivateKeyDer::from_pem_slice(&content.key).map_err(|error| bad_key(error.to_string()))?;
        let key = aws_lc_rs::default_provider()
            .key_provider
            .load_private_key(key)
            .map_err(|error| bad_key(error.to_string()))?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            // A kind of key that does not expose its public half cannot be compared; the first handshake shows a mismatch.
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => (),
            Err(rustls::Error::InconsistentKeys(_)) => {
                return Err(TlsError::PairMismatch { certificate: files.certificate.clone(), key: files.key.clone() });
            }
            Err(error) => return Err(bad_certificate(error.to_string())),
        }
        let certified = Arc::new(certified);
        Ok(Self { files: files.clone(), certified, digest: content.digest(), not_before, not_after })
    }

    /// Why clients refuse the certificate at that time, if they do.
    pub fn fault_at(&self, now_ms: EpochMs) -> Option<TlsError> {
        let path = || self.files.certificate.clone();
        if now_ms > self.not_after.0 {
            return Some(TlsError::Expired { path: path(), since: self.not_after.1.clone() });
        }
        (now_ms < self.not_before.0).then(|| TlsError::NotYetValid { path: path(), until: self.not_before.1.clone() })
    }
}

/// The pair that new connections get.
#[derive(Debug)]
struct Current(RwLock<Pair>);

impl Current {
    fn get(&self) -> Pair {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get().certified)
    }
}

/// TLS for the listener. Clones refer to the same one.
#[derive(Clone)]
pub struct Tls {
    current: Arc<Current>,
    config: Arc<ServerConfig>,
}

impl Tls {
    /// TLS 1.2 and 1.3 with this pair, for HTTP/1.1.
    ///
    /// # Errors
    /// When rustls does not accept it.
    pub fn new(pair: Pair) -> Result<Self, TlsError> {
        let current = Arc::new(Current(RwLock::new(pair)));
        let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(&current) as _;
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|source| TlsError::Setup { source })?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { current, config: Arc::new(config) })
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// Loads a changed pair while it is polled, and reports each fault once: an unusable pair, and an expired
    /// certificate.
    pub async fn follow(self, clock: Arc<dyn Clock>, every: Duration) {
        let files = self.current.get().files;
        let mut tried = Seen::Content(self.current.get().digest);
        let mut before = tried;
        let (mut reported_expired, mut reported_early) = (false, None);
        loop {
            match self.current.get().fault_at(clock.now_ms()) {
                Some(error) if !reported_expired => {
                    reported_expired = true;
                    tracing::error!(code = error.code(), "{error}; browsers refuse it until there is another");
                }
                Some(_) => (),
                None => reported_expired = false,
            }
            sleep(every).await;
            let changed = files.clone();
            let Ok(read) = tokio::task::spawn_blocking(move || Content::read(&changed)).await else { continue };
            let seen = Seen::of(&read);
            let is_settled = seen == before;
            before = seen;
            if !is_settled || seen == tried {
                continue;
            }
            let before_this = std::mem::replace(&mut tried, seen);
            match read.and_then(|content| Pair::of(&files, &content)) {
                Ok(pair) => match pair.fault_at(clock.now_ms()) {
                    // It may become valid later: it is checked again, and reported once.
                    Some(error @ TlsError::NotYetValid { .. }) => {
                        tried = before_this;
                        if reported_early != Some(seen) {
                            reported_early = Some(seen);
                            report_kept(&error);
                        }
                    }
                    Some(error) => report_kept(&error),
                    None => {
                        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = pair;
                        tracing::info!("the changed TLS certificate is in use");
                    }
                },
                Err(error) => report_kept(&error),
            }
        }
    }
}

fn report_kept(error: &TlsError) {
    tracing::error!(code = error.code(), "the new TLS certificate cannot be used, and the old one is kept: {error}");
}

/// The result of a check of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Content([u8; 32]),
    Unreadable,
}

impl Seen {
    fn of(read: &Result<Content, TlsError>) -> Self {
        read.as_ref().map_or(Self::Unreadable, |content| Self::Content(content.digest()))
    }
}
