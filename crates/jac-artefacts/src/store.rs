//! The store: puts, reads, lists and removes objects below one prefix.

mod build;

use crate::manifest::{MANIFEST, Manifest, StoredObject};
use crate::{ArtefactError, ObjectBytes};
use bytes::{Bytes, BytesMut};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::multipart::MultipartStore;
use object_store::path::{Path, PathPart};
use object_store::signer::Signer;
use object_store::{
    Attribute, Attributes, Error, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    PutPayload,
};
use sha2::{Digest, Sha256};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// Bytes per request when a whole object is read.
const PIECE: u64 = 8 << 20;
/// Size limit of a manifest in bytes: an object's entry has about 200.
const LARGEST_MANIFEST: u64 = 16 << 20;
/// Maximum concurrent requests for many small objects.
const AT_A_TIME: usize = 16;

/// An object store with a prefix. Clones refer to the same store.
#[derive(Debug, Clone)]
pub struct ArtefactStore {
    pub(crate) objects: Arc<dyn ObjectStore>,
    /// Uploads in parts that another process can continue with; a folder has none.
    pub(crate) parts: Option<Parts>,
    signer: Option<LinkSigner>,
    prefix: Path,
    address: String,
    storage_class: Option<String>,
    /// The folder, if the store is one. The first object that is written creates it.
    folder: Option<PathBuf>,
}

#[derive(Clone)]
pub(crate) struct Parts(pub(crate) Arc<dyn MultipartStore>);

#[derive(Clone)]
struct LinkSigner(Arc<dyn Signer>);

impl std::fmt::Debug for Parts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Parts")
    }
}

impl std::fmt::Debug for LinkSigner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("LinkSigner")
    }
}

/// The result of checking one object against the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// Its content is as in the manifest.
    Same,
    Missing,
    /// It has another length or content.
    Differs,
}

impl ArtefactStore {
    /// Its name in messages; contains no secret.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn failed(&self, error: &Error) -> ArtefactError {
        ArtefactError::of(&self.address, error)
    }

    /// The path of an object. Characters of a file's name that the store does not allow are escaped, and no others, because names have a length limit.
    pub(crate) fn path(&self, name: &str) -> Path {
        let parts = self.prefix.parts().map(|part| part.as_ref().to_owned());
        let parts = parts.chain(name.split('/').filter(|part| !part.is_empty()).map(escaped)).collect::<Vec<_>>();
        // The escaped text only has characters that a path may have.
        Path::parse(parts.join("/")).unwrap_or_else(|_| self.path_of_before(name))
    }

    /// The path that earlier versions used: every non-ASCII letter is escaped.
    fn path_of_before(&self, name: &str) -> Path {
        name.split('/').filter(|part| !part.is_empty()).fold(self.prefix.clone(), |path, part| path.join(part))
    }

    /// Possible paths of an object: the current one, then that of earlier versions.
    fn paths(&self, name: &str) -> impl Iterator<Item = Path> + use<> {
        let path = self.path(name);
        let before = Some(self.path_of_before(name)).filter(|before| *before != path);
        std::iter::once(path).chain(before)
    }

    /// The attributes of objects with this name.
    pub(crate) fn attributes(&self, name: &str) -> Attributes {
        let mut attributes = Attributes::new();
        // Small objects are read soon, and cost more in storage classes for rarely read data.
        if let Some(class) =
            self.storage_class.as_ref().filter(|_| name.contains("/samples/") || name.contains("/logs/"))
        {
            attributes.insert(Attribute::StorageClass, class.clone().into());
        }
        attributes
    }

    /// Writes a small object, replacing an existing one.
    ///
    /// # Errors
    /// When the store does not accept it.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), ArtefactError> {
        let options = PutOptions { attributes: self.attributes(name), ..PutOptions::default() };
        let put = self.objects.put_opts(&self.path(name), PutPayload::from(bytes), options).await;
        put.map(drop).map_err(|error| self.failed(&error))
    }

    /// Writes a small object unless it exists. Returns whether it was written.
    ///
    /// # Errors
    /// When the store does not accept it.
    pub async fn put_new(&self, name: &str, bytes: Vec<u8>) -> Result<bool, ArtefactError> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.objects.put_opts(&self.path(name), PutPayload::from(bytes), options).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// A small object with all its bytes; `None`: it does not exist.
    ///
    /// # Errors
    /// When the store cannot be queried, or returns more bytes than `most`: the store's owner controls its responses.
    pub async fn get(&self, name: &str, most: u64) -> Result<Option<Bytes>, ArtefactError> {
        let Some(mut pieces) = self.open(name, most).await? else { return Ok(None) };
        let mut bytes = BytesMut::new();
        while let Some(piece) = pieces.next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(Some(bytes.freeze()))
    }

    /// An object, piece by piece; `None`: it does not exist. More bytes than `most` are an error.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn open(&self, name: &str, most: u64) -> Result<Option<Pieces<'_>>, ArtefactError> {
        for path in self.paths(name) {
            match self.objects.get(&path).await {
                Ok(got) => {
                    let content = match got.meta.size {
                        // An empty file of a folder has no readable range.
                        0 => Content::Stream(stream::empty().boxed()),
                        // A request has a time limit, whatever the object's length.
                        bytes if bytes > PIECE => Content::Ranges(got.meta),
                        _ => Content::Stream(got.into_stream()),
                    };
                    return Ok(Some(Pieces { store: self, name: name.to_owned(), most, read: 0, content }));
                }
                Err(error) => self.unless_missing(&error).map(|_: Option<()>| ())?,
            }
        }
        Ok(None)
    }

    /// `None` if an object does not exist; a missing bucket is an error.
    fn unless_missing<T>(&self, error: &Error) -> Result<Option<T>, ArtefactError> {
        match self.failed(error) {
            ArtefactError::Missing { .. } => Ok(None),
            failed => Err(failed),
        }
    }

    pub(crate) async fn head(&self, name: &str) -> Result<Option<ObjectMeta>, ArtefactError> {
        for path in self.paths(name) {
            if let Some(meta) = self.head_at(&path).await? {
                return Ok(Some(meta));
            }
        }
        Ok(None)
    }

    async fn head_at(&self, path: &Path) -> Result<Option<ObjectMeta>, ArtefactError> {
        let error = match self.objects.head(path).await {
            Ok(meta) => return Ok(Some(meta)),
            Err(error) => error,
        };
        match self.unless_missing(&error) {
            // The response to a HEAD has no body with a reason.
            Err(denied @ ArtefactError::Denied { .. }) => match self.objects.get_range(path, 0..1).await {
                Ok(_) => Err(denied),
                Err(error) => self.unless_missing(&error),
            },
            other => other,
        }
    }

    /// Whether there is anything below that prefix.
    ///
    /// # Errors
    /// When the store cannot be listed.
    pub async fn has_any(&self, prefix: &str) -> Result<bool, ArtefactError> {
        let path = self.path(prefix);
        let first = self.objects.list(Some(&path)).try_next().await;
        first.map(|meta| meta.is_some()).map_err(|error| self.failed(&error))
    }

    /// Refuses a folder that does not exist: nothing is stored there yet, or its name is wrong.
    ///
    /// # Errors
    /// When it does not exist, or cannot be accessed.
    pub fn require_folder(&self) -> Result<(), ArtefactError> {
        match &self.folder {
            Some(folder) if !exists(folder)? => Err(ArtefactError::BucketMissing { store: self.address.clone() }),
            _ => Ok(()),
        }
    }

    /// An object for reading from any position, without downloading it completely.
    ///
    /// # Errors
    /// When it does not exist, or the store cannot be reached.
    pub async fn object(&self, name: &str) -> Result<ObjectBytes, ArtefactError> {
        let meta = self.head(name).await?;
        let missing = || ArtefactError::Missing { store: self.address.clone(), name: name.to_owned() };
        Ok(ObjectBytes::new(self.clone(), meta.ok_or_else(missing)?, Handle::current()))
    }

    /// Whether the store signs addresses of its objects. A folder does not.
    pub fn has_links(&self) -> bool {
        self.signer.is_some()
    }

    /// An address at which anybody can download an object for this long; `None`: the store does not support it.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn link(&self, name: &str, valid_for: Duration) -> Result<Option<String>, ArtefactError> {
        let Some(LinkSigner(signer)) = &self.signer else { return Ok(None) };
        let mut paths: Vec<Path> = self.paths(name).collect();
        if paths.len() > 1
            && let Some(meta) = self.head(name).await?
        {
            paths.insert(0, meta.location);
        }
        let Some(path) = paths.first() else { return Ok(None) };
        let url = signer.signed_url(http::Method::GET, path, valid_for).await;
        url.map(|url| Some(url.into())).map_err(|error| self.failed(&error))
    }

    /// The manifest of the run at that prefix; `None`: it does not exist, so the upload is incomplete.
    ///
    /// # Errors
    /// When the store cannot be reached, or the manifest cannot be parsed.
    pub async fn manifest(&self, prefix: &str) -> Result<Option<Manifest>, ArtefactError> {
        let name = format!("{prefix}{MANIFEST}");
        let Some(bytes) = self.get(&name, LARGEST_MANIFEST).await? else { return Ok(None) };
        let unreadable = |detail| ArtefactError::Manifest { store: self.address.clone(), name: name.clone(), detail };
        Manifest::parse(&bytes).map(Some).map_err(unreadable)
    }

    /// The prefixes of all runs, those without a manifest too.
    ///
    /// # Errors
    /// When the store cannot be listed, or is a folder that does not exist.
    pub async fn run_prefixes(&self) -> Result<Vec<String>, ArtefactError> {
        self.require_folder()?;
        let mut level = vec![self.path("runs")];
        for _ in ["year", "month", "run"] {
            let listed = stream::iter(level).map(|prefix| async move {
                self.objects.list_with_delimiter(Some(&prefix)).await.map(|found| found.common_prefixes)
            });
            let listed: Vec<Vec<Path>> =
                listed.buffer_unordered(AT_A_TIME).try_collect().await.map_err(|error| self.failed(&error))?;
            level = listed.into_iter().flatten().collect();
        }
        level.sort();
        let below = |path: Path| {
            let rest: Vec<String> = path.prefix_match(&self.prefix)?.map(|part| part.as_ref().to_owned()).collect();
            Some(format!("{}/", rest.join("/")))
        };
        Ok(level.into_iter().filter_map(below).collect())
    }

    /// Removes everything at a run's prefix, the manifest first: the remainder after a crash counts as an incomplete
    /// upload.
    ///
    /// # Errors
    /// When something could not be removed; the call can be repeated.
    pub async fn remove_run(&self, prefix: &str) -> Result<(), ArtefactError> {
        match self.objects.delete(&self.path(&format!("{prefix}{MANIFEST}"))).await {
            Ok(()) | Err(Error::NotFound { .. }) => (),
            Err(error) => return Err(self.failed(&error)),
        }
        let path = self.path(prefix);
        let found = self.objects.list(Some(&path)).map_ok(|meta| meta.location).boxed();
        let removed = self.objects.delete_stream(found).try_for_each(|_| async { Ok(()) }).await;
        removed.map_err(|error| self.failed(&error))
    }

    /// Writes, reads, lists and removes a small object: the permissions that a run needs.
    ///
    /// # Errors
    /// The first operation that the store refused. An object may remain, below `jac-test-…`.
    pub async fn try_out(&self, word: &str) -> Result<(), ArtefactError> {
        let prefix = format!("jac-test-{word}/");
        let name = format!("{prefix}{MANIFEST}");
        let content = b"JAC tested this store with this object. It can be removed.".to_vec();
        self.put(&name, content.clone()).await?;
        if self.get(&name, content.len() as u64).await?.is_none_or(|got| got != content) {
            return Err(ArtefactError::Failed {
                store: self.address.clone(),
                detail: "it does not return what was written".to_owned(),
            });
        }
        let path = self.path(&prefix);
        let listed = self.objects.list(Some(&path)).try_fold(0, |count, _| async move { Ok(count + 1) }).await;
        if listed.map_err(|error| self.failed(&error))? == 0 {
            return Err(ArtefactError::Failed {
                store: self.address.clone(),
                detail: "it does not list what was written".to_owned(),
            });
        }
        self.remove_run(&prefix).await
    }

    /// An object's length in bytes; `None`: it does not exist.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn size(&self, name: &str) -> Result<Option<u64>, ArtefactError> {
        Ok(self.head(name).await?.map(|meta| meta.size))
    }

    /// Reads an object and compares it with the manifest.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn check(&self, prefix: &str, object: &StoredObject) -> Result<Checked, ArtefactError> {
        let name = format!("{prefix}{}", object.name);
        let Some(meta) = self.head(&name).await? else { return Ok(Checked::Missing) };
        if meta.size != object.bytes {
            return Ok(Checked::Differs);
        }
        let mut digest = Sha256::new();
        // In pieces: a request has a time limit, whatever the object's length.
        let mut from = 0;
        while from < object.bytes {
            let to = object.bytes.min(from + PIECE);
            let piece = self.objects.get_range(&meta.location, from..to).await.map_err(|error| self.failed(&error))?;
            digest.update(&piece);
            from = to;
        }
        Ok(if crate::upload::hexadecimal(digest) == object.sha256 { Checked::Same } else { Checked::Differs })
    }
}

fn exists(path: &FilePath) -> Result<bool, ArtefactError> {
    let unreadable =
        |error: std::io::Error| ArtefactError::File { name: path.display().to_string(), detail: error.to_string() };
    path.try_exists().map_err(unreadable)
}

/// A part of a path: escapes ASCII characters that stores do not accept, and bytes that are not valid UTF-8.
fn escaped(part: &str) -> String {
    let is_plain =
        |letter: char| !letter.is_ascii() && !letter.is_control() && !matches!(letter, '\u{FFFE}' | '\u{FFFF}');
    let pieces = part.split_inclusive(is_plain).map(|piece| {
        let last = piece.chars().next_back().filter(|letter| is_plain(*letter));
        let (before, plain) = piece.split_at(piece.len() - last.map_or(0, char::len_utf8));
        let before = PathPart::from(before);
        format!("{}{plain}", before.as_ref())
    });
    pieces.collect()
}

/// The content of an object, as it arrives.
pub struct Pieces<'a> {
    store: &'a ArtefactStore,
    name: String,
    most: u64,
    read: u64,
    content: Content,
}

enum Content {
    /// The remaining response.
    Stream(BoxStream<'static, object_store::Result<Bytes>>),
    /// Of a large object: each range is a separate request.
    Ranges(ObjectMeta),
}

impl Pieces<'_> {
    /// The next bytes; `None`: the end.
    ///
    /// # Errors
    /// When the store fails, or the object is larger than allowed: the store's owner controls its responses.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ArtefactError> {
        let next = match &mut self.content {
            Content::Stream(stream) => stream.try_next().await,
            Content::Ranges(meta) if self.read >= meta.size => Ok(None),
            Content::Ranges(meta) => {
                let options = GetOptions {
                    range: Some(GetRange::Bounded(self.read..meta.size.min(self.read + PIECE))),
                    // Pieces of two versions of an object would make up an object that never existed.
                    if_match: meta.e_tag.clone(),
                    ..GetOptions::default()
                };
                let got = async { self.store.objects.get_opts(&meta.location, options).await?.bytes().await };
                got.await.map(Some)
            }
        };
        let piece = next.map_err(|error| self.store.failed(&error))?;
        self.read += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        if self.read <= self.most {
            return Ok(piece);
        }
        let detail = format!("{} is larger than {} bytes", self.name, self.most);
        Err(ArtefactError::Failed { store: self.store.address.clone(), detail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::location::{Location, Options};

    fn at(folder: &FilePath) -> ArtefactStore {
        let location = Location::parse(&format!("file://{}", folder.display())).expect("an address");
        ArtefactStore::new(&location, &Options::default(), None).expect("a store")
    }

    #[tokio::test]
    async fn only_writing_creates_a_folder() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("a b/täst/100%");
        let store = at(&folder);
        assert_eq!(store.get("run.json", 9).await, Ok(None));
        let code = |error: ArtefactError| error.code();
        assert_eq!(store.require_folder().map_err(code), Err("artefacts_bucket_missing"));
        assert_eq!(store.run_prefixes().await.map_err(code), Err("artefacts_bucket_missing"));
        assert!(!place.path().join("a b").exists(), "reading creates nothing");
        store.put("runs/2026/11/r-1/run.json", b"{}".to_vec()).await.expect("it is written");
        assert_eq!(std::fs::read(folder.join("runs/2026/11/r-1/run.json")).expect("the file"), b"{}");
        for store in [store, at(&folder)] {
            assert_eq!(store.run_prefixes().await, Ok(vec!["runs/2026/11/r-1/".to_owned()]));
            assert_eq!(store.get("runs/2026/11/r-1/run.json", 9).await, Ok(Some(Bytes::from("{}"))));
            assert_eq!((store.has_any("runs/").await, store.has_any("runs/2027/").await), (Ok(true), Ok(false)));
        }
    }
}
