//! The store: its address, and its other settings.

use crate::ArtefactError;
use async_trait::async_trait;
use jac_model::reach::Reach;
use percent_encoding::percent_decode_str;
use std::path::PathBuf;
use std::time::SystemTime;
use url::Url;

/// The location of artefacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub(crate) kind: Kind,
    /// Without slashes at its ends.
    pub(crate) prefix: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    S3 { bucket: String },
    Google { bucket: String },
    Azure { container: String },
    Folder { path: PathBuf },
}

impl Location {
    /// Reads an address: `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`, `az://CONTAINER/PREFIX`, `file:///FOLDER`.
    ///
    /// # Errors
    /// When it has another form, or parts that are not permitted in these.
    pub fn parse(text: &str) -> Result<Self, ArtefactError> {
        let refused = |reason: &str| ArtefactError::Url { url: shown(text), reason: reason.to_owned() };
        let url = Url::parse(text).map_err(|_| refused("it is not a URL"))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("it has a query or a fragment"));
        }
        if url.password().is_some() || !url.username().is_empty() {
            return Err(refused("it must not contain credentials"));
        }
        if url.scheme() == "file" {
            let path =
                url.to_file_path().map_err(|()| refused("a local folder needs three slashes (file:///FOLDER)"))?;
            return Ok(Self { kind: Kind::Folder { path }, prefix: String::new() });
        }
        let host =
            url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| refused("the bucket is missing"))?.to_owned();
        if url.port().is_some() {
            return Err(refused("a port belongs in the endpoint (AWS_ENDPOINT_URL)"));
        }
        let kind = match url.scheme() {
            "s3" => Kind::S3 { bucket: host },
            "gs" => Kind::Google { bucket: host },
            "az" => Kind::Azure { container: host },
            _ => return Err(refused("the scheme must be s3, gs, az or file")),
        };
        let path = percent_decode_str(url.path()).decode_utf8().map_err(|_| refused("its prefix is not UTF-8"))?;
        let prefix = path.trim_matches('/').to_owned();
        if prefix.split('/').any(|part| matches!(part, "." | "..")) || prefix.contains("//") {
            return Err(refused("its prefix has an empty part"));
        }
        Ok(Self { kind, prefix })
    }

    /// Whether it is S3 or a compatible store.
    pub fn is_s3(&self) -> bool {
        matches!(self.kind, Kind::S3 { .. })
    }

    /// The bucket, if it is one of S3's.
    pub fn s3_bucket(&self) -> Option<&str> {
        match &self.kind {
            Kind::S3 { bucket } => Some(bucket),
            _ => None,
        }
    }

    /// Splits off the last part of the path: the parent, and the name. `None`: there is no part left.
    pub fn split_last(&self) -> Option<(Self, String)> {
        match &self.kind {
            Kind::Folder { path } => {
                let name = path.file_name()?.to_str()?.to_owned();
                Some((Self { kind: Kind::Folder { path: path.parent()?.to_owned() }, prefix: String::new() }, name))
            }
            kind => {
                let (prefix, name) = self.prefix.rsplit_once('/').unwrap_or(("", &self.prefix));
                let parent = Self { kind: kind.clone(), prefix: prefix.to_owned() };
                (!name.is_empty()).then(|| (parent, name.to_owned()))
            }
        }
    }

    /// The address for display, without secrets.
    pub fn address(&self) -> String {
        let (scheme, host) = match &self.kind {
            Kind::S3 { bucket } => ("s3", bucket),
            Kind::Google { bucket } => ("gs", bucket),
            Kind::Azure { container } => ("az", container),
            Kind::Folder { path } => return format!("file://{}", path.display()),
        };
        match self.prefix.as_str() {
            "" => format!("{scheme}://{host}"),
            prefix => format!("{scheme}://{host}/{prefix}"),
        }
    }
}

/// The form of an endpoint, as a phrase.
pub const ENDPOINT_FORM: &str = "http:// or https:// and a host, such as https://minio.example:9000";

/// Reads the URL of an endpoint, without a slash at its end; `None`: it has not the [form of one](ENDPOINT_FORM), or
/// contains credentials.
pub fn endpoint(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_bare = url.username().is_empty() && url.password().is_none();
    (is_bare && matches!(url.scheme(), "http" | "https")).then(|| text.trim_end_matches('/').to_owned())
}

/// An address without anything between `//` and `@`, which may be credentials.
pub(crate) fn shown(text: &str) -> String {
    let Some((before, host)) = text.rsplit_once('@') else { return text.to_owned() };
    let scheme = before.split_once("://").map_or_else(String::new, |(scheme, _)| format!("{scheme}://"));
    format!("{scheme}…@{host}")
}

/// Settings of S3 that are not in the address. Clients of Google's and Azure's stores read the environment as their own
/// tools do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The region of an S3 bucket.
    pub region: Option<String>,
    /// The URL of a store that speaks S3's protocol.
    pub endpoint: Option<String>,
    /// The id or ARN of the KMS key that S3 encrypts objects with.
    pub kms_key: Option<String>,
    /// S3's storage class of the result logs, such as `STANDARD_IA`.
    pub storage_class: Option<String>,
    /// The permitted range of connections to the endpoint.
    pub reach: Reach,
}

/// AWS keys, and until when.
#[derive(Clone, PartialEq, Eq)]
pub struct KeysUntil {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
    pub expires: Option<SystemTime>,
}

/// A source of AWS keys other than the environment.
#[async_trait]
pub trait Keys: std::fmt::Debug + Send + Sync {
    /// Keys that are valid now.
    ///
    /// # Errors
    /// A phrase that says why no keys are available.
    async fn current(&self) -> Result<KeysUntil, String>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_without_what_is_secret() {
        for (text, shown) in [
            ("s3://bucket", "s3://bucket"),
            ("s3://bucket/", "s3://bucket"),
            ("s3://bucket/a/b/", "s3://bucket/a/b"),
            ("s3://bucket/a b/täst", "s3://bucket/a b/täst"),
            ("s3://bucket/a%20b", "s3://bucket/a b"),
            ("gs://bucket/a", "gs://bucket/a"),
            ("az://container/a", "az://container/a"),
            ("file:///srv/jac", "file:///srv/jac"),
        ] {
            assert_eq!(Location::parse(text).expect(text).address(), shown);
        }
        for text in [
            "",
            "bucket",
            "s3:bucket",
            "s3://",
            "s3:///a",
            "s3://bucket?x=1",
            "s3://bucket#a",
            "s3://bucket:9000/a",
            "s3://key:secret@bucket",
            "key:secret@bucket",
            "http://bucket/a",
            "file://host/a",
            "s3://bucket/a//b",
        ] {
            let error = Location::parse(text).expect_err(text);
            assert_eq!(error.code(), "artefacts_url_invalid");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn an_endpoint_has_a_protocol_and_a_host() {
        for (text, read) in [
            ("http://127.0.0.1:9000", Some("http://127.0.0.1:9000")),
            ("https://minio.example/", Some("https://minio.example")),
            ("127.0.0.1:9000", None),
            ("localhost:9000", None),
            ("ftp://minio.example", None),
            ("https://key:secret@minio.example", None),
            ("https://", None),
        ] {
            assert_eq!(endpoint(text).as_deref(), read, "{text}");
        }
    }

    #[test]
    fn an_object_is_split_from_the_place_it_is_in() {
        for (text, parent, name) in [
            ("s3://bucket/a/b", "s3://bucket/a", "b"),
            ("s3://bucket/a", "s3://bucket", "a"),
            ("file:///srv/jac/a.jtl", "file:///srv/jac", "a.jtl"),
        ] {
            let (place, last) = Location::parse(text).expect(text).split_last().expect(text);
            assert_eq!((place.address().as_str(), last.as_str()), (parent, name));
        }
        assert_eq!(Location::parse("s3://bucket").expect("an address").split_last(), None);
    }
}
