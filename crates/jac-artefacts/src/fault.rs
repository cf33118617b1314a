//! The faults of an object store, distinguished by their remedy.

use crate::location::ENDPOINT_FORM;
use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};
use std::error::Error as StdError;

/// Why something could not be stored or read. Each has a code, a sentence, and in most cases a hint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtefactError {
    #[error("Invalid store address '{url}': {reason}")]
    Url { url: String, reason: String },
    /// It would make the library panic.
    #[error("Invalid endpoint '{endpoint}' for {store}: expected {ENDPOINT_FORM}.")]
    Endpoint { store: String, endpoint: String },
    /// Another web server answers.
    #[error("The endpoint of {store} does not answer like an object store.")]
    NotAStore { store: String },
    #[error("The bucket, container or folder of {store} does not exist.")]
    BucketMissing { store: String },
    #[error("The bucket of {store} is in another region.")]
    WrongRegion { store: String },
    #[error("No credentials found for {store}.")]
    CredentialsMissing { store: String },
    #[error("{store} rejected the credentials: {detail}.")]
    CredentialsRefused { store: String, detail: String },
    #[error("The credentials for {store} have expired.")]
    CredentialsExpired { store: String },
    #[error("{store} rejects requests because the server's clock is wrong.")]
    Clock { store: String },
    #[error("The credentials lack a permission in {store}: {detail}.")]
    Denied { store: String, detail: String },
    #[error("This server may not connect to the endpoint of {store}.")]
    EndpointNotAllowed { store: String },
    #[error("{store} is full.")]
    Full { store: String },
    #[error("{store} cannot be reached: {detail}.")]
    Unreachable { store: String, detail: String },
    #[error("{name} is not in {store}.")]
    Missing { store: String, name: String },
    #[error("{store} failed: {detail}.")]
    Failed { store: String, detail: String },
    #[error("The manifest {name} in {store} cannot be read: {detail}.")]
    Manifest { store: String, name: String, detail: String },
    #[error("{name} cannot be read: {detail}.")]
    File { name: String, detail: String },
    #[error("{name} changed during the upload.")]
    Changed { name: String },
    /// A fault in JAC itself.
    #[error("The upload failed unexpectedly: {detail}.")]
    Panicked { detail: String },
}

impl ArtefactError {
    /// Its stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url { .. } => "artefacts_url_invalid",
            Self::Endpoint { .. } => "artefacts_endpoint_invalid",
            Self::NotAStore { .. } => "artefacts_not_a_store",
            Self::BucketMissing { .. } => "artefacts_bucket_missing",
            Self::WrongRegion { .. } => "artefacts_wrong_region",
            Self::CredentialsMissing { .. } => "artefacts_credentials_missing",
            Self::CredentialsRefused { .. } => "artefacts_credentials_refused",
            Self::CredentialsExpired { .. } => "artefacts_credentials_expired",
            Self::Clock { .. } => "artefacts_clock",
            Self::Denied { .. } => "artefacts_denied",
            Self::EndpointNotAllowed { .. } => "artefacts_endpoint_not_allowed",
            Self::Full { .. } => "artefacts_full",
            Self::Unreachable { .. } => "artefacts_unreachable",
            Self::Missing { .. } => "artefacts_object_missing",
            Self::Failed { .. } => "artefacts_failed",
            Self::Manifest { .. } => "artefacts_manifest_unreadable",
            Self::File { .. } => "artefacts_file_unreadable",
            Self::Changed { .. } => "artefacts_file_changed",
            Self::Panicked { .. } => "artefacts_upload_panicked",
        }
    }

    /// How to fix it, a sentence.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Url { .. } => "Use s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX or file:///FOLDER.",
            Self::Endpoint { .. } | Self::NotAStore { .. } => {
                "Check the endpoint: artifacts_endpoint or AWS_ENDPOINT_URL_S3 of the server's store, or the one given \
                 for your own."
            }
            Self::BucketMissing { .. } => "Create it, or fix the address.",
            Self::WrongRegion { .. } => {
                "Set the bucket's region: of the server's store with AWS_REGION or artifacts_region, of your own with \
                 --region or under Settings, Results."
            }
            Self::CredentialsMissing { .. } => {
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (for Azure AZURE_STORAGE_ACCOUNT_NAME and a key, for Google \
                 GOOGLE_SERVICE_ACCOUNT), or give the machine a role. For your own store, save the credentials again."
            }
            Self::CredentialsRefused { .. } => "Check the access key and its secret.",
            Self::CredentialsExpired { .. } => "Get new ones; an upload resumes where it stopped.",
            Self::Clock { .. } => "Synchronise the server's clock (NTP).",
            Self::Denied { .. } => {
                "Allow s3:PutObject, s3:GetObject, s3:DeleteObject, s3:AbortMultipartUpload and \
                 s3:ListMultipartUploadParts below the prefix, s3:ListBucket on the bucket, and use of the KMS key if \
                 there is one."
            }
            Self::EndpointNotAllowed { .. } => {
                "Use HTTPS and a public address, or ask an administrator to add the endpoint to allowed_endpoints."
            }
            Self::Full { .. } => "Free some space; the upload resumes automatically.",
            Self::Unreachable { .. } => "Check address, network and proxy.",
            Self::Missing { .. }
            | Self::Failed { .. }
            | Self::Manifest { .. }
            | Self::File { .. }
            | Self::Changed { .. }
            | Self::Panicked { .. } => {
                return None;
            }
        })
    }

    pub(crate) fn of(store: &str, error: &Error) -> Self {
        let store = store.to_owned();
        let text = words(error);
        match code_in(&text) {
            Some("NoSuchBucket" | "ContainerNotFound") => return Self::BucketMissing { store },
            Some("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => {
                return Self::WrongRegion { store };
            }
            Some("ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired") => {
                return Self::CredentialsExpired { store };
            }
            Some("RequestTimeTooSkewed" | "RequestExpired") => return Self::Clock { store },
            Some(
                code @ ("InvalidAccessKeyId"
                | "SignatureDoesNotMatch"
                | "InvalidToken"
                | "InvalidClientTokenId"
                | "AuthenticationFailed"
                | "XAdminUserNotFound"),
            ) => return Self::CredentialsRefused { store, detail: code.to_owned() },
            Some(code @ ("AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "KMS.AccessDeniedException")) => {
                return Self::Denied { store, detail: code.to_owned() };
            }
            Some("QuotaExceeded" | "StorageFull" | "XMinioStorageFull" | "InsufficientStorage") => {
                return Self::Full { store };
            }
            _ => (),
        }
        match error {
            Error::NotFound { .. } if is_of_another_server(&text) => Self::NotAStore { store },
            Error::NotFound { path, .. } if is_absence(code_in(&text)) => Self::Missing { store, name: path.clone() },
            Error::PermissionDenied { .. } => Self::Denied { store, detail: "access is denied".to_owned() },
            Error::Unauthenticated { .. } => {
                Self::CredentialsRefused { store, detail: "they are not valid".to_owned() }
            }
            _ if text.contains("without LOCATION") => Self::WrongRegion { store },
            _ if has_full_disk(error) || text.contains(" 507 ") => Self::Full { store },
            _ if text.contains("Account must be specified") => Self::CredentialsMissing { store },
            _ if text.contains("credential") && !text.contains("<Code>") => Self::CredentialsMissing { store },
            _ => match http(error) {
                Some(error) => Self::Unreachable { store, detail: reason(error) },
                None => Self::Failed { store, detail: short(&text) },
            },
        }
    }
}

/// The error and all that caused it.
fn words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        cause = error.source();
    }
    words
}

/// The code in an answer of S3's or Azure's kind: `<Code>NoSuchBucket</Code>`.
fn code_in(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0)
}

/// Whether a 404 with this code says that an object does not exist. Some servers also use 404 for other errors.
fn is_absence(code: Option<&str>) -> bool {
    matches!(code, None | Some("NoSuchKey" | "NoSuchUpload" | "NoSuchVersion" | "BlobNotFound" | "NotFound"))
}

/// Whether a 404 has no code although a store gives one: only the response to a HEAD has no body, and some stores send
/// none to a GET.
fn is_of_another_server(text: &str) -> bool {
    let Some((request, body)) = text.split_once("status code: 404 Not Found: ") else { return false };
    let is_empty = body.trim().is_empty();
    let may_be_empty = request.contains("performing HEAD ") || request.contains("performing GET ");
    code_in(body).is_none() && !(is_empty && may_be_empty)
}

fn http(error: &Error) -> Option<&HttpError> {
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(error) = cause {
        if let Some(http) = error.downcast_ref::<HttpError>() {
            return matches!(
                http.kind(),
                HttpErrorKind::Connect | HttpErrorKind::Timeout | HttpErrorKind::Interrupted | HttpErrorKind::Request
            )
            .then_some(http);
        }
        cause = error.source();
    }
    None
}

fn reason(error: &HttpError) -> String {
    match error.kind() {
        HttpErrorKind::Timeout => "it did not answer in time".to_owned(),
        HttpErrorKind::Connect => format!("no connection ({})", jac_reach::cause(error)),
        _ => "the connection was lost".to_owned(),
    }
}

fn has_full_disk(error: &Error) -> bool {
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return matches!(io.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded);
        }
        cause = error.source();
    }
    false
}

/// A reproducible detail for one line: the server's code and message, otherwise the message of the library's underlying
/// error.
fn short(text: &str) -> String {
    let message =
        text.split_once("<Message>").and_then(|(_, rest)| rest.split_once("</Message>")).map(|(text, _)| text);
    let said = match (code_in(text), message) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => text.rsplit(" - ").next().unwrap_or(text).to_owned(),
    };
    let line: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches('.');
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(code: &str) -> Error {
        let body =
            format!("Server returned non-2xx status code: 403 Forbidden: <?xml?><Error><Code>{code}</Code></Error>");
        Error::Generic { store: "S3", source: body.into() }
    }

    #[test]
    fn answers_of_the_store_are_distinguished_by_what_helps() {
        for (answer, code) in [
            ("NoSuchBucket", "artefacts_bucket_missing"),
            ("PermanentRedirect", "artefacts_wrong_region"),
            ("AuthorizationHeaderMalformed", "artefacts_wrong_region"),
            ("ExpiredToken", "artefacts_credentials_expired"),
            ("RequestTimeTooSkewed", "artefacts_clock"),
            ("InvalidAccessKeyId", "artefacts_credentials_refused"),
            ("SignatureDoesNotMatch", "artefacts_credentials_refused"),
            ("AccessDenied", "artefacts_denied"),
            ("XMinioStorageFull", "artefacts_full"),
            ("SomethingNew", "artefacts_failed"),
        ] {
            assert_eq!(ArtefactError::of("s3://b", &answered(answer)).code(), code, "{answer}");
        }
    }

    #[test]
    fn a_404_of_another_web_server_is_not_the_absence_of_an_object() {
        let coded = "<Error><Code>NoSuchKey</Code></Error>";
        for (method, body, code) in [
            ("HEAD", "", "artefacts_object_missing"),
            ("GET", "", "artefacts_object_missing"),
            ("GET", coded, "artefacts_object_missing"),
            ("GET", "<html>Not found</html>", "artefacts_not_a_store"),
            ("PUT", "", "artefacts_not_a_store"),
            ("POST", "{}", "artefacts_not_a_store"),
            ("PUT", "<Error><Code>NoSuchBucket</Code></Error>", "artefacts_bucket_missing"),
        ] {
            let text = format!(
                "Error performing {method} http://a/b in 3ms - Server returned non-2xx status code: 404 Not Found: {body}"
            );
            let error = Error::NotFound { path: "runs/a".to_owned(), source: text.into() };
            assert_eq!(ArtefactError::of("s3://b", &error).code(), code, "{method} {body}");
        }
        let file = std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = Error::NotFound { path: "runs/a".to_owned(), source: Box::new(file) };
        assert_eq!(ArtefactError::of("file:///a", &error).code(), "artefacts_object_missing");
    }

    #[test]
    fn unknown_answers_are_reported_in_the_servers_words_alone() {
        let body = "Error performing PUT http://a/b in 3.2ms - Server returned non-2xx status code: 500: <Error><Code>Odd</Code><Message>Something  odd.</Message></Error>";
        let error = Error::Generic { store: "S3", source: body.into() };
        assert_eq!(ArtefactError::of("s3://b", &error).to_string(), "s3://b failed: Odd: Something odd.");
    }

    #[test]
    fn a_full_disk_of_a_folder_is_reported_as_such() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = Error::Generic { store: "LocalFileSystem", source: Box::new(full) };
        assert_eq!(ArtefactError::of("file:///a", &error).code(), "artefacts_full");
    }
}
