//! A provider's records of clusters' machines: one JSON file per cluster, written before anything is created for it. So
//! the next JAC on this data folder finds the machines, and a termination knows which machines to contact, whatever
//! happened before.

use jac_model::ports::PortError;
use jac_model::{ClusterId, descriptors};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// The folder of one provider's records. They are read once and then cached in memory: only this process uses its data
/// folder, so the files contain what it wrote.
#[derive(Debug)]
pub struct RecordFiles<R> {
    folder: Arc<Folder<R>>,
    /// Serializes changes of files, in the order of the requests.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug)]
struct Folder<R> {
    path: PathBuf,
    known: Mutex<Known<R>>,
}

/// The contents of the files.
#[derive(Debug)]
struct Known<R> {
    /// Whether the list of files is known.
    is_listed: bool,
    records: HashMap<ClusterId, R>,
    /// Those that could not be read: each request tries them again.
    unread: HashSet<ClusterId>,
}

/// The extension of a file that will replace another one.
const HALF_WRITTEN: &str = "new";

impl<R: Serialize + DeserializeOwned + Clone + PartialEq + Send + 'static> RecordFiles<R> {
    /// Reads them. An unreadable record is read again when it is needed.
    pub fn new(folder: PathBuf) -> Self {
        let known = Known { is_listed: false, records: HashMap::new(), unread: HashSet::new() };
        let files = Self { folder: Arc::new(Folder { path: folder, known: Mutex::new(known) }), turn: Arc::default() };
        drop(files.all());
        files
    }

    /// A file of the folder's own, that is of no cluster.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path.join(name)
    }

    /// A file that belongs to the cluster's record, by its extension.
    pub fn beside(&self, cluster: &ClusterId, extension: &str) -> PathBuf {
        self.folder.beside(cluster, extension)
    }

    /// `None`: there never was a record, or it was removed.
    ///
    /// # Errors
    /// When the file exists but cannot be read.
    pub fn read(&self, cluster: &ClusterId) -> Result<Option<R>, PortError> {
        let mut known = self.folder.listed()?;
        if known.unread.contains(cluster) {
            self.folder.read_into(&mut known, cluster).map_err(|error| failed("read", &error))?;
        }
        Ok(known.records.get(cluster).cloned())
    }

    /// All records. An unreadable one is logged and skipped, so that the others can be handled.
    ///
    /// # Errors
    /// When the folder cannot be read, or no file descriptor is available to read its files: the list would be
    /// incomplete.
    pub fn all(&self) -> Result<Vec<R>, PortError> {
        let mut known = self.folder.listed()?;
        for cluster in known.unread.clone() {
            match self.folder.read_into(&mut known, &cluster) {
                Err(error) if descriptors::are_used_up(&error) => return Err(failed("read", &error)),
                Err(error) => {
                    let path = self.folder.record_path(&cluster);
                    tracing::warn!(path = %path.display(), %error, "{} cannot be read: {error}", path.display());
                }
                Ok(()) => (),
            }
        }
        Ok(known.records.values().cloned().collect())
    }

    /// Writes a record atomically.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn write(&self, cluster: &ClusterId, record: R) -> Result<(), PortError> {
        let cluster = cluster.clone();
        self.take_turn().await.run(move |folder| folder.write(cluster, record)).await
    }

    /// Changes a record. Nothing happens if the cluster has none.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub async fn change(&self, cluster: &ClusterId, change: impl FnOnce(&mut R)) -> Result<(), PortError> {
        let turn = self.take_turn().await;
        let Some(before) = self.read(cluster)? else { return Ok(()) };
        let (cluster, mut record) = (cluster.clone(), before.clone());
        change(&mut record);
        if record == before { Ok(()) } else { turn.run(move |folder| folder.write(cluster, record)).await }
    }

    /// Writes a file of the folder atomically, readable for this user only.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn replace(&self, path: PathBuf, bytes: Vec<u8>) -> Result<(), PortError> {
        self.take_turn().await.run(move |folder| folder.replace(&path, &bytes)).await
    }

    /// Removes all files of the cluster, including those that a killed server had half written, the record last.
    /// Succeeds if there are none.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub async fn remove(&self, cluster: &ClusterId) -> Result<(), PortError> {
        let cluster = cluster.clone();
        self.take_turn().await.run(move |folder| folder.remove(&cluster)).await
    }

    async fn take_turn(&self) -> Turn<R> {
        Turn { folder: Arc::clone(&self.folder), turn: Arc::clone(&self.turn).lock_owned().await }
    }
}

/// The right to change files.
struct Turn<R> {
    folder: Arc<Folder<R>>,
    turn: OwnedMutexGuard<()>,
}

impl<R: Send + 'static> Turn<R> {
    /// Runs the work on a thread that may block on the disk. It completes, and before the next one, even if its caller
    /// no longer waits.
    async fn run(
        self,
        work: impl FnOnce(&Folder<R>) -> Result<(), PortError> + Send + 'static,
    ) -> Result<(), PortError> {
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&self.folder);
            drop(self.turn);
            done
        });
        done.await.unwrap_or_else(|panic| Err(failed("note", &io::Error::other(panic))))
    }
}

impl<R: Serialize + DeserializeOwned> Folder<R> {
    fn beside(&self, cluster: &ClusterId, extension: &str) -> PathBuf {
        self.path.join(format!("{cluster}.{extension}"))
    }

    fn record_path(&self, cluster: &ClusterId) -> PathBuf {
        self.beside(cluster, "json")
    }

    fn known(&self) -> MutexGuard<'_, Known<R>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cached records, once the list of files is known.
    fn listed(&self) -> Result<MutexGuard<'_, Known<R>>, PortError> {
        let mut known = self.known();
        if !known.is_listed {
            let names = self.names().map_err(|error| failed("read", &error))?;
            let clusters = names.iter().filter_map(|name| name.strip_suffix(".json")?.parse().ok());
            let unread = clusters.filter(|cluster| !known.records.contains_key(cluster)).collect();
            known.unread = unread;
            known.is_listed = true;
        }
        Ok(known)
    }

    fn read_into(&self, known: &mut Known<R>, cluster: &ClusterId) -> io::Result<()> {
        if let Some(record) = read(&self.record_path(cluster))? {
            known.records.insert(cluster.clone(), record);
        }
        known.unread.remove(cluster);
        Ok(())
    }

    fn write(&self, cluster: ClusterId, record: R) -> Result<(), PortError> {
        let bytes = serde_json::to_vec_pretty(&record).map_err(|error| failed("note", &error.into()))?;
        self.replace(&self.record_path(&cluster), &bytes)?;
        let mut known = self.known();
        known.unread.remove(&cluster);
        known.records.insert(cluster, record);
        Ok(())
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), PortError> {
        let write = || {
            fs::create_dir_all(&self.path)?;
            let new = path.with_extension(format!("{:016x}.{HALF_WRITTEN}", rand::random::<u64>()));
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&new, path));
            if written.is_err() {
                drop(fs::remove_file(&new));
            }
            written
        };
        write().map_err(|error| failed("note", &error))
    }

    fn remove(&self, cluster: &ClusterId) -> Result<(), PortError> {
        let record = self.record_path(cluster);
        let begin = format!("{cluster}.");
        let names = self.names().map_err(|error| failed("forget", &error))?;
        let others = names.iter().filter(|name| name.starts_with(&begin)).map(|name| self.path.join(name));
        for path in others.filter(|path| *path != record).chain([record.clone()]) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed("forget", &error)),
                _ => (),
            }
        }
        let mut known = self.known();
        known.unread.remove(cluster);
        known.records.remove(cluster);
        Ok(())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
    }
}

fn read<R: DeserializeOwned>(path: &Path) -> io::Result<Option<R>> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn failed(what: &str, error: &io::Error) -> PortError {
    PortError::of_io("JAC", &format!("{what} its record of the machines"), error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn a_record_is_kept_read_and_removed_with_what_lies_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = RecordFiles::<Vec<String>>::new(folder.path().join("records"));
        let (cluster, other) = (ClusterId::from_random([1; 8]), ClusterId::from_random([2; 8]));
        assert_eq!(files.read(&cluster).expect("none is no fault"), None);
        assert!(files.all().expect("no folder is no fault").is_empty());
        let record = vec!["master".to_owned()];
        files.write(&cluster, record.clone()).await.expect("it is written");
        files.write(&other, record.clone()).await.expect("it is written");
        let key = files.beside(&cluster, "key");
        files.replace(key.clone(), b"a secret".to_vec()).await.expect("it is written");
        files.replace(files.path("regions.json"), b"{}".to_vec()).await.expect("it is written");
        assert_eq!(files.all().expect("the folder"), [record.clone(), record.clone()]);
        assert_eq!(fs::metadata(&key).expect("it").permissions().mode() & 0o777, 0o600);
        // Left by a server that was killed while it wrote.
        let half = key.with_extension("00112233aabbccdd.new");
        fs::write(&half, "half a sec").expect("it is written");
        files.remove(&cluster).await.expect("it goes");
        assert!(!half.exists() && !key.exists());
        files.remove(&cluster).await.expect("removing it twice succeeds");
        assert_eq!(files.all().expect("the folder"), [record], "the other one stays");
    }

    #[tokio::test]
    async fn a_record_that_cannot_be_read_hides_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let (broken, whole) = (ClusterId::from_random([1; 8]), ClusterId::from_random([2; 8]));
        let path = folder.path().join(format!("{broken}.json"));
        fs::write(&path, "[\"mas").expect("it is written");
        let files = RecordFiles::<Vec<String>>::new(folder.path().to_owned());
        files.write(&whole, vec!["master".to_owned()]).await.expect("it is written");
        assert!(files.read(&broken).is_err());
        assert_eq!(files.all().expect("the folder").len(), 1);
        fs::write(&path, "[\"master\"]").expect("it is written");
        assert_eq!(files.all().expect("the folder").len(), 2, "it was mended");
    }

    #[tokio::test]
    async fn changes_at_one_time_are_all_kept_and_the_next_jac_reads_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = RecordFiles::<Vec<String>>::new(folder.path().to_owned());
        let cluster = ClusterId::from_random([1; 8]);
        files.change(&cluster, |_| panic!("no record exists")).await.expect("nothing is changed");
        files.write(&cluster, Vec::new()).await.expect("it is written");
        let change = |number: usize| files.change(&cluster, move |record| record.push(number.to_string()));
        // A change whose caller no longer waits is either completed or not begun.
        drop(tokio::time::timeout(std::time::Duration::ZERO, change(0)).await);
        futures_util::future::try_join_all((1..=20).map(change)).await.expect("all are written");
        let known = files.read(&cluster).expect("it is read").expect("a record");
        assert!((1..=20).all(|number| known.contains(&number.to_string())), "{known:?}");
        let next = RecordFiles::<Vec<String>>::new(folder.path().to_owned());
        assert_eq!(next.read(&cluster).expect("it is read"), Some(known));
    }
}
