//! The data folder: its lock, its permissions, and the paths in it.

use jac_model::{ClusterId, PlanId, RunId};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The folder with all data of one installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFolder {
    root: PathBuf,
}

/// Held by the one engine that uses the folder; the operating system releases it when the process ends, for whatever
/// reason.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("the data folder {} cannot be used: {source}", path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error("{} contains files of something else; give JAC a separate folder with --data-dir", path.display())]
    NotOurs { path: PathBuf },
    #[error("another jac process uses the data folder {}", path.display())]
    Locked { path: PathBuf },
}

/// The permitted entries of the folder: those of this module, JMeter, files of the administrator (the configuration and
/// the files it names), and those that file systems create.
const OURS: &[&str] = &[
    "jac.toml",
    "tls",
    "secrets",
    "installation",
    "lock",
    "jac.db",
    "token",
    "secret.key",
    "server.json",
    // The plans' revisions are in `plans-revisions`.
    "plans",
    // `runs-imported` contains marks of imports in progress.
    "runs",
    "uploads",
    "local",
    "clusters",
    "jmeter",
    "bundles",
    "ssh",
    "ec2",
    "blobs",
    "grace",
    "lost",
    "lost+found",
];

impl DataFolder {
    /// Opens the folder and creates it if it does not exist, accessible only to its owner.
    ///
    /// # Errors
    /// When it cannot be created or written to, or contains unknown files.
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        let unusable = |source| FolderError::Unusable { path: root.to_owned(), source };
        fs::create_dir_all(root).map_err(unusable)?;
        let root = root.canonicalize().map_err(unusable)?;
        // All other users lose access below: that must not happen to a folder like /tmp. Additional files in a folder
        // that already belongs to JAC are permitted.
        let is_ours = root.join("installation").exists();
        for entry in fs::read_dir(&root).map_err(unusable)? {
            let name = entry.map_err(unusable)?.file_name();
            if !is_ours && !OURS.iter().any(|ours| name.to_string_lossy().starts_with(ours)) {
                return Err(FolderError::NotOurs { path: root });
            }
        }
        let folder = Self { root };
        for part in [folder.plans(), folder.runs(), folder.uploads()] {
            fs::create_dir_all(&part).map_err(|source| FolderError::Unusable { path: part, source })?;
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&folder.root, fs::Permissions::from_mode(0o700))
                .map_err(|source| FolderError::Unusable { path: folder.root.clone(), source })?;
        }
        Ok(folder)
    }

    /// Locks the folder for this process.
    ///
    /// # Errors
    /// When another process has locked it.
    pub fn lock(&self) -> Result<Lock, FolderError> {
        let path = self.root.join("lock");
        let unusable = |source| FolderError::Unusable { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(FolderError::Locked { path: self.root.clone() }),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// The installation's ID, created from `random` the first time.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn installation(&self, random: [u8; 16]) -> Result<String, FolderError> {
        let path = self.root.join("installation");
        let unusable = |source| FolderError::Unusable { path: path.clone(), source };
        match fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            Ok(_) => self.write_installation(random).map_err(unusable),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.write_installation(random).map_err(unusable),
            Err(error) => Err(unusable(error)),
        }
    }

    fn write_installation(&self, random: [u8; 16]) -> io::Result<String> {
        let id = hex::encode(random);
        fs::write(self.root.join("installation"), &id)?;
        Ok(id)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn database(&self) -> PathBuf {
        self.root.join("jac.db")
    }

    /// The file in which a running server publishes its address.
    pub fn server_file(&self) -> PathBuf {
        self.root.join("server.json")
    }

    /// The file with the token that commands on this machine use to call the server.
    pub fn token_file(&self) -> PathBuf {
        self.root.join("token")
    }

    /// The key that secrets in the database are sealed with, unless another file is named.
    pub fn secret_key(&self) -> PathBuf {
        self.root.join("secret.key")
    }

    /// The folder of clusters' keys, with a folder for each cluster.
    pub fn clusters(&self) -> PathBuf {
        self.root.join("clusters")
    }

    /// The files that plans are and that runs ran, each once, by the SHA-256 of its content.
    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// When clusters that had expired at a start were last given time to be adopted.
    pub fn grace(&self) -> PathBuf {
        self.root.join("grace")
    }

    /// Items found in the folder that belong to nothing known. JAC moves them here and removes none.
    pub fn lost(&self) -> PathBuf {
        self.root.join("lost")
    }

    /// The folder of the local provider's nodes.
    pub fn local_nodes(&self) -> PathBuf {
        self.root.join("local")
    }

    /// The machines known to the provider ssh.
    pub fn ssh_machines(&self) -> PathBuf {
        self.root.join("ssh")
    }

    /// The known EC2 instances, with the keys to sign in to them.
    pub fn ec2_machines(&self) -> PathBuf {
        self.root.join("ec2")
    }

    /// JMeter packed for nodes on other machines.
    pub fn bundles(&self) -> PathBuf {
        self.root.join("bundles")
    }

    /// The folder of a cluster's key store. It has the same path on all of its nodes: JMeter sends the path to the
    /// workers.
    pub fn cluster(&self, cluster: &ClusterId) -> PathBuf {
        self.clusters().join(cluster.as_str())
    }

    /// A folder for each plan.
    pub fn plans(&self) -> PathBuf {
        self.root.join("plans")
    }

    pub fn plan(&self, plan: &PlanId) -> PathBuf {
        self.plans().join(plan.as_str())
    }

    /// A folder for each plan that has revisions, with its earlier files.
    pub fn revisions(&self) -> PathBuf {
        self.root.join("plans-revisions")
    }

    /// A file for each import that continues, by its run's id.
    pub fn imports(&self) -> PathBuf {
        self.root.join("runs-imported")
    }

    /// A folder for each run.
    pub fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// The artefacts of a run; its result log grows here while it runs.
    pub fn run(&self, run: &RunId) -> PathBuf {
        self.runs().join(run.as_str())
    }

    /// Where incomplete uploads are. It is on the same disk as the plans, so that moving is renaming.
    pub fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_engine_at_a_time_has_the_folder() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::open(&place.path().join("data")).expect("it opens");
        let lock = folder.lock().expect("it is free");
        assert!(matches!(folder.lock(), Err(FolderError::Locked { .. })));
        drop(lock);
        folder.lock().expect("it is free again");
    }

    #[test]
    fn a_folder_with_other_things_in_it_is_left_alone() {
        let place = tempfile::tempdir().expect("a folder");
        fs::write(place.path().join("letter.txt"), "dear").expect("a file");
        let before = fs::metadata(place.path()).expect("the folder").permissions();
        assert!(matches!(DataFolder::open(place.path()), Err(FolderError::NotOurs { .. })));
        assert_eq!(fs::metadata(place.path()).expect("the folder").permissions(), before);
    }

    #[test]
    fn a_file_that_somebody_puts_beside_jacs_own_is_their_business() {
        let place = tempfile::tempdir().expect("a folder");
        DataFolder::open(place.path()).expect("a new folder").installation([1; 16]).expect("an id");
        fs::write(place.path().join("es.key"), "secret").expect("a file");
        DataFolder::open(place.path()).expect("it is JAC's already");
    }

    #[test]
    fn an_installation_keeps_its_id() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::open(place.path()).expect("it opens");
        let first = folder.installation([1; 16]).expect("an id");
        assert_eq!(folder.installation([2; 16]).expect("an id"), first);
    }
}
