//! What a provider knows of a cluster's machines: one JSON file per cluster, written before anything is made for it. So the
//! next JAC on this data folder finds the machines, and a termination knows where it has to go, whatever happened before.

use jac_model::ports::PortError;
use jac_model::{ClusterId, descriptors};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The folder of one provider's records.
#[derive(Debug)]
pub struct RecordFiles<R> {
    folder: PathBuf,
    /// What each was when it was last read or written: what is said of it while no file descriptor is left to read it.
    last: Mutex<HashMap<ClusterId, R>>,
}

/// How the name of a file ends that is to replace another one.
const HALF_WRITTEN: &str = "new";

impl<R: Serialize + DeserializeOwned + Clone> RecordFiles<R> {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, last: Mutex::default() }
    }

    fn last(&self) -> MutexGuard<'_, HashMap<ClusterId, R>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file of the folder's own, that is of no cluster.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A file that goes with the cluster's record, by its extension.
    pub fn beside(&self, cluster: &ClusterId, extension: &str) -> PathBuf {
        self.folder.join(format!("{cluster}.{extension}"))
    }

    fn record_path(&self, cluster: &ClusterId) -> PathBuf {
        self.beside(cluster, "json")
    }

    /// `None`: nothing was noted of it, or it was removed.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn read(&self, cluster: &ClusterId) -> Result<Option<R>, PortError> {
        let found = read::<R>(&self.record_path(cluster));
        let mut last = self.last();
        match (found, last.get(cluster)) {
            (Err(error), Some(known)) if descriptors::are_used_up(&error) => Ok(Some(known.clone())),
            (Ok(Some(record)), _) => {
                last.insert(cluster.clone(), record.clone());
                Ok(Some(record))
            }
            (Ok(None), _) => {
                last.remove(cluster);
                Ok(None)
            }
            (Err(error), _) => Err(failed("read", &error)),
        }
    }

    /// All of them. One that cannot be read is said and left out, so that the others are looked after.
    ///
    /// # Errors
    /// When the folder cannot be read, or no file descriptor is left to read what is in it: that is no list without it.
    pub fn all(&self) -> Result<Vec<R>, PortError> {
        let mut records = Vec::new();
        for name in self.names().map_err(|error| failed("read", &error))? {
            if name.strip_suffix(".json").is_none_or(|stem| stem.parse::<ClusterId>().is_err()) {
                continue;
            }
            let path = self.path(&name);
            match read(&path) {
                Ok(record) => records.extend(record),
                Err(error) if descriptors::are_used_up(&error) => return Err(failed("read", &error)),
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "{} cannot be read: {error}", path.display());
                }
            }
        }
        Ok(records)
    }

    /// In one step.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, cluster: &ClusterId, record: &R) -> Result<(), PortError> {
        let bytes = serde_json::to_vec_pretty(record).map_err(|error| failed("note", &error.into()))?;
        self.replace(&self.record_path(cluster), &bytes)?;
        self.last().insert(cluster.clone(), record.clone());
        Ok(())
    }

    /// Writes a file of the folder in one step, readable for this user only.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), PortError> {
        let write = || {
            fs::create_dir_all(&self.folder)?;
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

    /// All files of the cluster, what a killed server had half written too, and the record as the last. None there is a success.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn remove(&self, cluster: &ClusterId) -> Result<(), PortError> {
        self.last().remove(cluster);
        let record = self.record_path(cluster);
        let begin = format!("{cluster}.");
        let names = self.names().map_err(|error| failed("forget", &error))?;
        let others = names.iter().filter(|name| name.starts_with(&begin)).map(|name| self.path(name));
        for path in others.filter(|path| *path != record).chain([record.clone()]) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed("forget", &error)),
                _ => (),
            }
        }
        Ok(())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.folder) {
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
    let (node, what) = ("JAC".to_owned(), format!("{what} what it knows of the machines"));
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => PortError::DiskFull { node, what },
        _ if descriptors::are_used_up(error) => PortError::OutOfDescriptors { node, what, reason: error.to_string() },
        _ => PortError::Refused { node, what, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_record_is_kept_read_and_removed_with_what_lies_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = RecordFiles::<Vec<String>>::new(folder.path().join("records"));
        let (cluster, other) = (ClusterId::from_random([1; 8]), ClusterId::from_random([2; 8]));
        assert_eq!(files.read(&cluster).expect("none is no fault"), None);
        assert!(files.all().expect("no folder is no fault").is_empty());
        let record = vec!["master".to_owned()];
        files.write(&cluster, &record).expect("it is written");
        files.write(&other, &record).expect("it is written");
        let key = files.beside(&cluster, "key");
        files.replace(&key, b"a secret").expect("it is written");
        files.replace(&files.path("regions.json"), b"{}").expect("it is written");
        assert_eq!(files.all().expect("the folder"), [record.clone(), record.clone()]);
        assert_eq!(fs::metadata(&key).expect("it").permissions().mode() & 0o777, 0o600);
        // As a server leaves it that is killed while it writes.
        let half = key.with_extension("00112233aabbccdd.new");
        fs::write(&half, "half a sec").expect("it is written");
        files.remove(&cluster).expect("it goes");
        assert!(!half.exists() && !key.exists());
        files.remove(&cluster).expect("twice is no fault");
        assert_eq!(files.all().expect("the folder"), [record], "the other one stays");
    }

    #[test]
    fn a_record_that_cannot_be_read_hides_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = RecordFiles::<Vec<String>>::new(folder.path().to_owned());
        let (broken, whole) = (ClusterId::from_random([1; 8]), ClusterId::from_random([2; 8]));
        fs::write(files.record_path(&broken), "[\"mas").expect("it is written");
        files.write(&whole, &vec!["master".to_owned()]).expect("it is written");
        assert!(files.read(&broken).is_err());
        assert_eq!(files.all().expect("the folder").len(), 1);
    }
}
