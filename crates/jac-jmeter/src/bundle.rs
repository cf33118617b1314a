//! A JMeter home, or a Java, as one file, for nodes on other machines: created once, identical for the same home, and
//! identified by its SHA-256.
//!
//! Nodes never download JMeter themselves: all nodes of a cluster get this file, so all measure with the same jars.

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The content of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed {
    JMeter,
    Java,
}

impl Packed {
    /// The name of its bundles, and of the folder that they are unpacked in.
    pub fn name(self) -> &'static str {
        match self {
            Self::JMeter => "jmeter",
            Self::Java => "java",
        }
    }

    /// The program that a complete one has, below its home.
    pub fn program(self) -> &'static str {
        match self {
            Self::JMeter => "bin/ApacheJMeter.jar",
            Self::Java => "bin/java",
        }
    }

    /// Folders and files of a home that no test needs.
    fn left_out(self) -> &'static [&'static str] {
        match self {
            Self::JMeter => &["docs", "printable_docs", "backups"],
            Self::Java => &["demo", "docs", "include", "jmods", "man", "lib/src.zip"],
        }
    }

    /// Extensions of files that no test needs: JMeter's old logs; Java's class archives, which only work with one copy
    /// of its modules.
    fn left_out_extension(self) -> &'static str {
        match self {
            Self::JMeter => "log",
            Self::Java => "jsa",
        }
    }

    /// Folders that must exist.
    fn folders(self) -> &'static [&'static str] {
        match self {
            Self::JMeter => &["lib/junit"],
            Self::Java => &[],
        }
    }
}

/// A packed home (`tar`, then gzip: what every machine can unpack).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    pub path: PathBuf,
    /// In hexadecimal.
    pub sha256: String,
    pub bytes: u64,
}

/// A home could not be packed.
#[derive(Debug, thiserror::Error)]
#[error("{} could not be packed for the nodes ({}): {source}", packed.name(), path.display())]
pub struct BundleError {
    packed: Packed,
    path: PathBuf,
    source: io::Error,
}

/// A file of the home, with its attributes that show changes.
struct Part {
    name: PathBuf,
    path: PathBuf,
    bytes: u64,
    modified_ns: u128,
    executable: bool,
}

impl Bundle {
    /// The bundle of a home, from `cache` if it exists there. Bundles of the home's earlier contents are removed. It
    /// blocks on files: do not call it on an async thread.
    ///
    /// # Errors
    /// When the home cannot be read or the cache cannot be written to. No incomplete file is left.
    pub fn of(packed: Packed, home: &Path, cache: &Path) -> Result<Self, BundleError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| BundleError { packed, path, source }
        };
        let mut parts = Vec::new();
        list(packed, home, Path::new(""), &mut parts).map_err(failed(home))?;
        parts.sort_by(|a, b| a.name.cmp(&b.name));
        let place = &hex::encode(Sha256::digest(home.as_os_str().as_encoded_bytes()))[..8];
        let prefix = format!("{}-{place}-", packed.name());
        let path = cache.join(format!("{prefix}{}.tar.gz", &fingerprint(&parts)[..16]));
        if !path.is_file() {
            fs::create_dir_all(cache).map_err(failed(cache))?;
            let mut new = tempfile::Builder::new().prefix(".packing-").tempfile_in(cache).map_err(failed(cache))?;
            pack(packed, &parts, new.as_file_mut()).map_err(failed(home))?;
            remove_older(cache, &prefix);
            new.persist(&path).map_err(|error| failed(&path)(error.error))?;
        }
        let (sha256, bytes) = digest(&path).map_err(failed(&path))?;
        Ok(Self { path, sha256, bytes })
    }
}

fn list(packed: Packed, home: &Path, below: &Path, parts: &mut Vec<Part>) -> io::Result<()> {
    for entry in fs::read_dir(home.join(below))? {
        let entry = entry?;
        let name = below.join(entry.file_name());
        // A link is followed: the node gets its target.
        let known = match fs::metadata(entry.path()) {
            // A link to nothing is nothing.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            known => known?,
        };
        if packed.left_out().iter().any(|left_out| name == Path::new(left_out)) {
            continue;
        }
        if known.is_dir() {
            list(packed, home, &name, parts)?;
        } else if known.is_file() && name.extension().is_none_or(|extension| extension != packed.left_out_extension()) {
            let modified = known.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            parts.push(Part {
                name,
                path: entry.path(),
                bytes: known.len(),
                modified_ns: modified.as_nanos(),
                executable: known.permissions().mode() & 0o111 != 0,
            });
        }
    }
    Ok(())
}

/// Changes whenever a file of the home changes.
fn fingerprint(parts: &[Part]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.name.as_os_str().as_encoded_bytes());
        digest.update(format!("\0{} {} {}\n", part.bytes, part.modified_ns, part.executable));
    }
    hex::encode(digest.finalize())
}

/// Owner, time and order do not depend on who packs, so that one JMeter has one digest.
fn pack(packed: Packed, parts: &[Part], to: &mut File) -> io::Result<()> {
    // Jars are packed already.
    let mut archive = tar::Builder::new(GzEncoder::new(BufWriter::new(to), Compression::fast()));
    for part in parts {
        let file = File::open(&part.path)?;
        let mut header = tar::Header::new_gnu();
        header.set_size(file.metadata()?.len());
        header.set_mode(if part.executable { 0o755 } else { 0o644 });
        header.set_mtime(0);
        archive.append_data(&mut header, &part.name, file)?;
    }
    for name in packed.folders() {
        let mut folder = tar::Header::new_gnu();
        folder.set_entry_type(tar::EntryType::Directory);
        folder.set_size(0);
        folder.set_mode(0o755);
        folder.set_mtime(0);
        archive.append_data(&mut folder, name, io::empty())?;
    }
    archive.into_inner()?.finish()?.flush()
}

fn remove_older(cache: &Path, prefix: &str) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            // One that stays only uses disk space.
            drop(fs::remove_file(entry.path()));
        }
    }
}

fn digest(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((hex::encode(digest.finalize()), bytes)),
            length => {
                digest.update(&buffer[..length]);
                bytes += length as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> tempfile::TempDir {
        let home = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            ("bin/ApacheJMeter.jar", "a jar"),
            ("bin/jmeter", "#!/bin/sh"),
            ("lib/ext/ApacheJMeter_core.jar", "the core"),
            ("docs/index.html", "words"),
            ("bin/jmeter.log", "old words"),
        ] {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, text).expect("a file");
        }
        fs::set_permissions(home.path().join("bin/jmeter"), fs::Permissions::from_mode(0o755)).expect("it is ours");
        home
    }

    fn names(bundle: &Bundle) -> Vec<String> {
        let file = File::open(&bundle.path).expect("the bundle");
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
        let entries = archive.entries().expect("an archive");
        entries.map(|entry| entry.expect("an entry").path().expect("a name").display().to_string()).collect()
    }

    #[test]
    fn the_same_home_is_the_same_bundle_wherever_it_lies() {
        let cache = tempfile::tempdir().expect("a folder");
        let one = Bundle::of(Packed::JMeter, home().path(), cache.path()).expect("a bundle");
        let other = Bundle::of(Packed::JMeter, home().path(), cache.path()).expect("a bundle");
        assert_ne!(one.path, other.path);
        assert_eq!(one.sha256, other.sha256);
        let expected = ["bin/ApacheJMeter.jar", "bin/jmeter", "lib/ext/ApacheJMeter_core.jar", "lib/junit"];
        assert_eq!(names(&one), expected, "without its documentation and its old words");
    }

    #[test]
    fn a_java_is_packed_without_what_runs_nothing() {
        let (home, cache) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        for name in ["bin/java", "lib/modules", "lib/server/classes.jsa", "jmods/java.base.jmod", "lib/src.zip"] {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, name).expect("a file");
        }
        std::os::unix::fs::symlink("/nowhere", home.path().join("lib/broken")).expect("a link");
        std::os::unix::fs::symlink("modules", home.path().join("lib/linked")).expect("a link");
        let bundle = Bundle::of(Packed::Java, home.path(), cache.path()).expect("a bundle");
        assert_eq!(names(&bundle), ["bin/java", "lib/linked", "lib/modules"]);
    }

    #[test]
    fn a_bundle_is_made_once_and_made_anew_when_the_home_changes() {
        let (home, cache) = (home(), tempfile::tempdir().expect("a folder"));
        let first = Bundle::of(Packed::JMeter, home.path(), cache.path()).expect("a bundle");
        let made = fs::metadata(&first.path).expect("it is there").modified().expect("a time");
        let again = Bundle::of(Packed::JMeter, home.path(), cache.path()).expect("a bundle");
        assert_eq!(again, first);
        assert_eq!(fs::metadata(&again.path).expect("it is there").modified().expect("a time"), made);
        fs::write(home.path().join("lib/ext/plugin.jar"), "a plugin").expect("a file");
        let changed = Bundle::of(Packed::JMeter, home.path(), cache.path()).expect("a bundle");
        assert_ne!(changed.sha256, first.sha256);
        assert!(!first.path.exists(), "the old one is removed");
    }
}
