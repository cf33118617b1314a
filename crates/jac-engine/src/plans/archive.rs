//! Unpacks an uploaded zip, bounded in size, count and ratio, and never out of its folder.

mod directory;

use super::names::safe_name;
use crate::EngineError;
use crate::disk::Roomy;
use directory::directory_of;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// An archive may unpack to this many times its own size, once it is larger than [`RATIO_FREE_BYTES`].
const MAX_RATIO: u64 = 200;
/// Up to this size the compression ratio does not matter: a file of zeros is not a zip bomb.
const RATIO_FREE_BYTES: u64 = 64 << 20;
/// Maximum size of an entry in the zip's directory: its header, a name and other programs' additions.
const ENTRY_BYTES: u64 = 4_096;

/// The limits of an archive.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub max_bytes: u64,
    pub max_files: usize,
}

fn refused(message: String, hint: &str) -> EngineError {
    EngineError::Invalid { code: "archive", message, hint: Some(hint.to_owned()), faults: Vec::new() }
}

/// Unpacks the zip at `archive` into `folder`. Additions of macOS (`__MACOSX`, `.DS_Store`) are skipped.
///
/// # Errors
/// When it is not a zip, contains a name or link that leads elsewhere, more files than allowed, or more bytes than
/// allowed; or when the disk is full, or `has_room` reports that it is nearly full. The caller removes the folder then.
pub fn unpack(archive: &Path, folder: &Path, limits: Limits, has_room: &dyn Fn() -> bool) -> Result<(), EngineError> {
    let unreadable = |error: zip::result::ZipError| match error {
        zip::result::ZipError::Io(error) if error.kind() == io::ErrorKind::StorageFull => {
            EngineError::file("reading the upload", error)
        }
        zip::result::ZipError::InvalidArchive(_) => refused(
            "The file is not a zip archive, or it is truncated or damaged.".to_owned(),
            "Re-create the zip and upload it again.",
        ),
        other => refused(
            format!("The zip cannot be read: {other}."),
            "Re-create the zip without a password and upload it again.",
        ),
    };
    let failed = |error| EngineError::file("reading the upload", error);
    let mut file = File::open(archive).map_err(failed)?;
    let packed = file.metadata().map_err(failed)?.len();
    let directory = directory_of(&mut file).map_err(failed)?;
    let most_entries = limits.max_files as u64 * 2;
    if directory.entries > most_entries || directory.bytes > most_entries * ENTRY_BYTES {
        return Err(refused(
            format!("The zip has {} entries; at most {} files are allowed.", directory.entries, limits.max_files),
            "Remove files that the plan does not need.",
        ));
    }
    let mut zip = zip::ZipArchive::new(io::BufReader::new(file)).map_err(unreadable)?;
    // Of entries with the same name, the library keeps the last one.
    if (zip.len() as u64) < directory.entries {
        return Err(EngineError::invalid("file_twice", "The zip contains two files with the same name."));
    }
    let allowed = limits.max_bytes.min(RATIO_FREE_BYTES.max(packed.saturating_mul(MAX_RATIO)));
    let mut unpacked = 0;
    let mut files = 0;
    let mut names = HashSet::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(unreadable)?;
        let raw_name = entry.name().map_err(unreadable)?.into_owned();
        if entry.is_dir() || raw_name.starts_with("__MACOSX/") || raw_name.ends_with(".DS_Store") {
            continue;
        }
        if entry.is_symlink() {
            return Err(refused(
                format!("The zip contains a symbolic link, '{raw_name}'."),
                "Add the file itself to the zip.",
            ));
        }
        let name = safe_name(&raw_name)?;
        if !names.insert(name.clone()) {
            return Err(EngineError::invalid("file_twice", format!("The zip contains two files named '{name}'.")));
        }
        files += 1;
        if files > limits.max_files {
            return Err(refused(
                format!("The zip contains more than {} files.", limits.max_files),
                "Remove files that the plan does not need.",
            ));
        }
        let target = folder.join(&name);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(|error| EngineError::file(format!("unpacking {name}"), error))?;
        }
        let out = File::create(&target).map_err(|error| EngineError::file(format!("unpacking {name}"), error))?;
        let mut out = Roomy::new(out, has_room);
        // An entry's declared size may be wrong: the decompressed bytes are counted.
        let copied =
            io::copy(&mut entry.by_ref().take(allowed - unpacked + 1), &mut out).map_err(|error| {
                match error.kind() {
                    io::ErrorKind::Unsupported => refused(
                        format!("Unsupported zip compression ('{name}': {error})."),
                        "Re-create the zip with the usual compression (deflate) and upload it again.",
                    ),
                    io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => refused(
                        format!("The zip is damaged at '{name}': {error}."),
                        "Re-create the zip and upload it again.",
                    ),
                    _ => EngineError::file(format!("unpacking {name}"), error),
                }
            })?;
        unpacked += copied;
        if unpacked > allowed {
            return Err(refused(
                format!(
                    "The zip expands to more than {} MB: it exceeds the limit, or its compression ratio is too high.",
                    allowed >> 20
                ),
                "Upload very large files separately.",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    const LIMITS: Limits = Limits { max_bytes: 1 << 20, max_files: 3 };

    fn zip_of(entries: &[(&str, &[u8])]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mut zip = zip::ZipWriter::new(file.reopen().expect("a handle"));
        for (name, bytes) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).expect("an entry");
            zip.write_all(bytes).expect("its bytes");
        }
        zip.finish().expect("a zip");
        file
    }

    #[test]
    fn files_and_folders_come_out_where_they_belong() {
        let out = tempfile::tempdir().expect("a folder");
        unpack(
            zip_of(&[("a.jmx", b"1"), ("data/b.csv", b"2"), ("__MACOSX/a.jmx", b"3")]).path(),
            out.path(),
            LIMITS,
            &|| true,
        )
        .expect("it unpacks");
        assert_eq!(std::fs::read(out.path().join("data/b.csv")).expect("a file"), b"2");
        assert!(!out.path().join("__MACOSX").exists());
    }

    #[test]
    fn a_zip_with_two_files_of_one_name_is_refused() {
        // The library does not write such a zip: the second name is changed in both places that contain it.
        let mut bytes = std::fs::read(zip_of(&[("a.csv", b"1"), ("b.csv", b"2")]).path()).expect("a zip");
        while let Some(place) = bytes.windows(5).position(|name| name == b"b.csv") {
            bytes[place] = b'a';
        }
        let zip = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(zip.path(), bytes).expect("written");
        let out = tempfile::tempdir().expect("a folder");
        let refused = unpack(zip.path(), out.path(), LIMITS, &|| true);
        assert!(matches!(refused, Err(EngineError::Invalid { code: "file_twice", .. })), "{refused:?}");
    }

    #[test]
    fn an_archive_that_escapes_or_explodes_is_refused() {
        let out = tempfile::tempdir().expect("a folder");
        let place = out.path().join("in");
        for name in ["../x.jmx", "/x.jmx", "a/../../x.jmx", "..\\x.jmx"] {
            assert!(unpack(zip_of(&[(name, b"1")]).path(), &place, LIMITS, &|| true).is_err(), "{name}");
        }
        assert!(!out.path().join("x.jmx").exists());
        let zeros = vec![0; 2 << 20];
        let error = unpack(zip_of(&[("a.csv", &zeros)]).path(), &place, LIMITS, &|| true).expect_err("it explodes");
        assert!(error.to_string().contains("more than 1 MB"), "{error}");
        let many: Vec<_> = ["a", "b", "c", "d"].iter().map(|name| (*name, &b"1"[..])).collect();
        assert!(unpack(zip_of(&many).path(), &place, LIMITS, &|| true).is_err());
        let no_zip = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(no_zip.path(), "no zip at all").expect("its bytes");
        assert!(unpack(no_zip.path(), &place, LIMITS, &|| true).is_err());
    }

    #[test]
    fn a_zip_with_more_entries_than_allowed_is_refused_by_its_end_record() {
        let mut bytes = std::fs::read(zip_of(&[("a.csv", b"1")]).path()).expect("a zip");
        let end = bytes.len() - 22;
        // These entries do not exist: a reader that starts with the directory reports that instead.
        bytes[end + 8..end + 12].copy_from_slice(&[0xfe; 4]);
        let zip = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(zip.path(), bytes).expect("written");
        let out = tempfile::tempdir().expect("a folder");
        let error = unpack(zip.path(), out.path(), LIMITS, &|| true).expect_err("too many");
        assert_eq!(error.code(), "archive");
        assert!(error.to_string().contains("65278 entries"), "{error}");
    }

    #[test]
    fn unpacking_ends_when_the_disk_is_nearly_full() {
        let out = tempfile::tempdir().expect("a folder");
        let checks = std::cell::Cell::new(0);
        let has_room = || {
            checks.set(checks.get() + 1);
            checks.get() < 2
        };
        let refused = unpack(zip_of(&[("a.csv", b"1"), ("b.csv", b"2")]).path(), out.path(), LIMITS, &has_room);
        assert_eq!(refused.expect_err("no room").code(), "disk_full");
        assert_eq!(std::fs::read(out.path().join("a.csv")).expect("the first"), b"1");
        assert_eq!(std::fs::read(out.path().join("b.csv")).expect("the second"), b"");
    }

    #[test]
    fn a_way_of_packing_that_is_not_read_is_the_senders_fault() {
        let zip = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(zip.path(), hex::decode(BZIP2).expect("bytes")).expect("written");
        let out = tempfile::tempdir().expect("a folder");
        let refused = unpack(zip.path(), out.path(), LIMITS, &|| true);
        assert!(matches!(refused, Err(EngineError::Invalid { code: "archive", .. })), "{refused:?}");
    }

    /// A zip of Python's `zipfile` with one entry packed by bzip2.
    const BZIP2: &str = "504b03042e0000000c0000002150c2b15ba73e0000003300000005000000702e6a6d78425a6839314159265359741beec40000029b8000008005440022171c00200022bfd5400341000038aa8f21d51a434da1d449e4df177245385090741beec4504b01022e032e0000000c0000002150c2b15ba73e00000033000000050000000000000000000000800100000000702e6a6d78504b0506000000000100010033000000610000000000";
}
