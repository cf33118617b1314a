//! The tokens saved by `jac login`, by server: a file accessible only to its user.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The saved data of one server.
#[derive(Clone, Serialize, Deserialize)]
pub struct Login {
    /// The person's name, for display.
    pub name: String,
    pub token: String,
}

/// The file.
pub struct Logins {
    path: PathBuf,
}

impl Logins {
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The login of a server, by its address.
    ///
    /// # Errors
    /// When the file exists but cannot be read.
    pub fn get(&self, url: &str) -> anyhow::Result<Option<Login>> {
        Ok(self.read()?.remove(server_of(url)))
    }

    /// Saves a login instead of the one before.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn put(&self, url: &str, login: Login) -> anyhow::Result<()> {
        let mut all = self.read()?;
        all.insert(server_of(url).to_owned(), login);
        self.write(&all)
    }

    /// Removes a login, and returns it.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn remove(&self, url: &str) -> anyhow::Result<Option<Login>> {
        let mut all = self.read()?;
        let removed = all.remove(server_of(url));
        if removed.is_some() {
            self.write(&all)?;
        }
        Ok(removed)
    }

    fn read(&self) -> anyhow::Result<BTreeMap<String, Login>> {
        let unreadable = || format!("the saved logins in {} cannot be read", self.path.display());
        match std::fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(unreadable),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(error).with_context(unreadable),
        }
    }

    fn write(&self, all: &BTreeMap<String, Login>) -> anyhow::Result<()> {
        let failed = || format!("the login cannot be saved in {}", self.path.display());
        let folder = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).with_context(failed)?;
        // Atomically, and never readable for others.
        let staging = self.path.with_extension("new");
        drop(std::fs::remove_file(&staging));
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staging).with_context(failed)?;
        file.write_all(&serde_json::to_vec_pretty(all)?).and_then(|()| file.sync_all()).with_context(failed)?;
        std::fs::rename(&staging, &self.path).with_context(failed)
    }
}

/// A server's address as it is a key here: however it is written, it is one server.
fn server_of(url: &str) -> &str {
    url.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_login_is_of_its_server_and_for_its_user_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let logins = Logins::at(folder.path().join("jac/logins.json"));
        assert!(logins.get("https://jac.example").expect("a missing file is not a fault").is_none());
        let login = |token: &str| Login { name: "Ada".to_owned(), token: token.to_owned() };
        logins.put("https://jac.example/", login("one")).expect("saved");
        logins.put("https://other.example", login("two")).expect("saved");
        logins.put("https://jac.example", login("three")).expect("saved in its place");
        let token = |url| logins.get(url).expect("read").map(|login| login.token);
        assert_eq!(token("https://jac.example").as_deref(), Some("three"));
        assert_eq!(token("https://other.example/").as_deref(), Some("two"));
        assert_eq!(token("http://jac.example"), None, "another scheme is another server");
        let mode = std::fs::metadata(logins.path()).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(logins.remove("https://jac.example/").expect("written").is_some());
        assert_eq!(token("https://jac.example"), None);
        std::fs::write(logins.path(), "{").expect("written");
        assert!(logins.get("https://jac.example").is_err(), "what is there is not passed over");
    }
}
