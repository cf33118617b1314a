//! Uploads of files, large ones in parts. After a crash, the next process continues an upload.
//!
//! | after a crash                            | then                                                             |
//! |------------------------------------------|------------------------------------------------------------------|
//! | before the upload's ID was saved         | it is started again; the store deletes the other one by its own rules |
//! | some parts are recorded                  | the others are uploaded                                          |
//! | all parts are recorded, but it was not completed | it is completed                                          |
//! | it was completed, which was not recorded | the store knows no such upload, and has an object of that length |
//!
//! S3 gets the SHA-256 of each part and rejects one that differs.

use crate::{ArtefactError, ArtefactStore, StoredObject};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::multipart::PartId;
use object_store::{Error, ObjectStoreExt, PutMultipartOptions, PutPayload};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// Files up to this size are uploaded at once, larger ones in parts of this size. S3 accepts 5 MiB to 5 GiB, and 10,000
/// parts.
const PART: u64 = 8 << 20;
const MOST_PARTS: u64 = 9_000;
/// Maximum concurrent parts.
const IN_FLIGHT: usize = 4;
/// How much of a file is read at once for its digest.
const PIECE: usize = 1 << 20;

/// The saved state of an upload in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The store's ID of it.
    pub id: String,
    pub part_bytes: u64,
    /// Of the whole file: another file is another upload.
    pub sha256: String,
    /// The store's tag of each uploaded part, by number from 0.
    pub parts: BTreeMap<usize, String>,
}

/// The record of uploads, by the name of their object.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The upload that was begun; `None`: none.
    async fn begun(&self, name: &str) -> Option<Begun>;

    /// Records the upload that was begun; `None` deletes the record.
    ///
    /// # Errors
    /// When it cannot be written.
    async fn write(&self, name: &str, begun: Option<&Begun>) -> Result<(), ArtefactError>;
}

/// Hears of bytes that are in the store now.
pub type Progress<'a> = &'a (dyn Fn(u64) + Send + Sync);

/// The length of a file and the SHA-256 of its content, in hexadecimal digits. It waits for the disk.
///
/// # Errors
/// When it cannot be read.
pub fn digest(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let (mut bytes, mut digest) = (0, Sha256::new());
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok((bytes, hexadecimal(digest))),
            count => {
                digest.update(&piece[..count]);
                bytes += count as u64;
            }
        }
    }
}

pub(crate) fn hexadecimal(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file that is being uploaded.
struct Source {
    file: Arc<File>,
    name: String,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Source {
    fn open(path: &Path, object: &StoredObject) -> Result<Self, ArtefactError> {
        let name = path.file_name().unwrap_or_default().display().to_string();
        let unreadable = |error: std::io::Error| ArtefactError::File { name: name.clone(), detail: error.to_string() };
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        let source =
            Self { file: Arc::new(file), name: name.clone(), bytes: object.bytes, modified: metadata.modified().ok() };
        source.is_unchanged()?;
        Ok(source)
    }

    fn is_unchanged(&self) -> Result<(), ArtefactError> {
        // A file whose metadata cannot be read is not known to be the same.
        let now = self.file.metadata().ok();
        match now {
            Some(now) if now.len() == self.bytes && now.modified().ok() == self.modified => Ok(()),
            _ => Err(ArtefactError::Changed { name: self.name.clone() }),
        }
    }

    async fn read(&self, from: u64, bytes: u64) -> Result<Bytes, ArtefactError> {
        let file = Arc::clone(&self.file);
        let size = usize::try_from(bytes).unwrap_or(usize::MAX);
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; size];
            file.read_exact_at(&mut piece, from).map(|()| Bytes::from(piece))
        });
        let failed = |detail: String| ArtefactError::File { name: self.name.clone(), detail };
        read.await.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))
    }
}

/// How large the parts of a file are.
fn part_bytes(file_bytes: u64) -> u64 {
    let least = file_bytes.div_ceil(MOST_PARTS);
    PART.max(least.div_ceil(1 << 20) << 20)
}

impl ArtefactStore {
    /// Uploads a file whose length and digest are known, replacing an existing object.
    ///
    /// # Errors
    /// When the store does not accept it, or the file is not (or no longer) the expected one. It can be called again,
    /// and then continues.
    pub async fn upload(
        &self,
        name: &str,
        path: &Path,
        object: &StoredObject,
        journal: &dyn Journal,
        progress: Progress<'_>,
    ) -> Result<(), ArtefactError> {
        let source = Source::open(path, object)?;
        if object.bytes <= PART {
            let content = source.read(0, object.bytes).await?;
            self.put(name, content.into()).await?;
            progress(object.bytes);
        } else if self.parts.is_some() {
            let mut uploaded = self.upload_parts(name, &source, object, journal, progress).await;
            if matches!(uploaded, Err(Parted::Unknown)) {
                // The store has deleted it.
                journal.write(name, None).await?;
                uploaded = self.upload_parts(name, &source, object, journal, progress).await;
            }
            uploaded.map_err(|error| match error {
                Parted::Failed(error) => error,
                Parted::Unknown => ArtefactError::Failed {
                    store: self.address().to_owned(),
                    detail: "it does not know the upload that was just started".to_owned(),
                },
            })?;
            journal.write(name, None).await?;
        } else {
            self.copy_in_order(name, &source, object, progress).await?;
        }
        source.is_unchanged()
    }

    async fn upload_parts(
        &self,
        name: &str,
        source: &Source,
        object: &StoredObject,
        journal: &dyn Journal,
        progress: Progress<'_>,
    ) -> Result<(), Parted> {
        let Some(parts) = self.parts.as_ref().map(|parts| Arc::clone(&parts.0)) else { return Err(Parted::Unknown) };
        let path = self.path(name);
        let size = part_bytes(object.bytes);
        let known = journal.begun(name).await.filter(|known| known.sha256 == object.sha256 && known.part_bytes == size);
        let mut begun = match known {
            Some(known) => known,
            None => {
                let options =
                    PutMultipartOptions { attributes: self.attributes(name), ..PutMultipartOptions::default() };
                let id = parts.create_multipart_opts(&path, options).await.map_err(|error| self.failed(&error))?;
                let begun = Begun { id, part_bytes: size, sha256: object.sha256.clone(), parts: BTreeMap::new() };
                journal.write(name, Some(&begun)).await?;
                begun
            }
        };
        let count = usize::try_from(object.bytes.div_ceil(size)).unwrap_or(usize::MAX);
        let length = |number: usize| size.min(object.bytes - number as u64 * size);
        begun.parts.keys().for_each(|number| progress(length(*number)));
        let missing: Vec<usize> = (0..count).filter(|number| !begun.parts.contains_key(number)).collect();
        let id = begun.id.clone();
        let mut uploads = stream::iter(missing)
            .map(|number| {
                let (parts, path, id) = (&parts, &path, &id);
                async move {
                    let content = source.read(number as u64 * size, length(number)).await?;
                    let put = parts.put_part(path, id, number, PutPayload::from(content)).await;
                    Ok::<_, Parted>((number, put.map_err(|error| self.parted(&error))?))
                }
            })
            .buffer_unordered(IN_FLIGHT);
        while let Some((number, part)) = uploads.try_next().await? {
            begun.parts.insert(number, part.content_id);
            journal.write(name, Some(&begun)).await?;
            progress(length(number));
        }
        drop(uploads);
        let ids = begun.parts.into_values().map(|content_id| PartId { content_id }).collect();
        match parts.complete_multipart(&path, &begun.id, ids).await {
            Ok(_) => Ok(()),
            Err(error) => match self.parted(&error) {
                // It was completed already, but the response was lost or could not be recorded.
                Parted::Unknown if self.has(name, object).await? => Ok(()),
                parted => Err(parted),
            },
        }
    }

    /// Aborts an upload that nobody will resume.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn abort(&self, name: &str, begun: &Begun) -> Result<(), ArtefactError> {
        let Some(parts) = &self.parts else { return Ok(()) };
        match parts.0.abort_multipart(&self.path(name), &begun.id).await {
            Ok(()) => Ok(()),
            Err(error) => match self.parted(&error) {
                Parted::Unknown => Ok(()),
                Parted::Failed(error) => Err(error),
            },
        }
    }

    async fn has(&self, name: &str, object: &StoredObject) -> Result<bool, ArtefactError> {
        Ok(self.head(name).await?.is_some_and(|meta| meta.size == object.bytes))
    }

    fn parted(&self, error: &Error) -> Parted {
        let text = error.to_string();
        let is_unknown = text.contains("NoSuchUpload") || text.contains("InvalidPart");
        match self.failed(error) {
            ArtefactError::Missing { .. } => Parted::Unknown,
            _ if is_unknown => Parted::Unknown,
            failed => Parted::Failed(failed),
        }
    }

    /// For a store whose uploads another process cannot resume: a folder.
    async fn copy_in_order(
        &self,
        name: &str,
        source: &Source,
        object: &StoredObject,
        progress: Progress<'_>,
    ) -> Result<(), ArtefactError> {
        let failed = |error| self.failed(&error);
        let mut upload = self.objects.put_multipart(&self.path(name)).await.map_err(failed)?;
        let mut from = 0;
        while from < object.bytes {
            let length = PART.min(object.bytes - from);
            let content = source.read(from, length).await?;
            if let Err(error) = upload.put_part(PutPayload::from(content)).await {
                // The partial file is of no use; if it remains, it has another name.
                drop(upload.abort().await);
                return Err(failed(error));
            }
            progress(length);
            from += length;
        }
        upload.complete().await.map(drop).map_err(failed)
    }
}

/// Why an upload in parts failed.
enum Parted {
    /// The store does not know it, or one of its parts, or has deleted it.
    Unknown,
    Failed(ArtefactError),
}

impl From<ArtefactError> for Parted {
    fn from(error: ArtefactError) -> Self {
        Self::Failed(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_never_more_parts_than_a_store_takes() {
        for (bytes, part) in [(PART + 1, PART), (PART * MOST_PARTS, PART), (1 << 40, 117 << 20)] {
            assert_eq!(part_bytes(bytes), part);
            assert!(bytes.div_ceil(part_bytes(bytes)) <= MOST_PARTS);
        }
    }
}
