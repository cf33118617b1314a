//! Any bytes are a zip, or are refused with a reason: nothing comes out beside its folder, nor more than the limits allow.

#![no_main]

use jac_engine::plans::archive::{Limits, unpack};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

const LIMITS: Limits = Limits { max_bytes: 64 << 10, max_files: 8 };

fuzz_target!(|bytes: &[u8]| {
    let place = tempfile::tempdir().expect("a folder");
    let (zip, out) = (place.path().join("in.zip"), place.path().join("out"));
    std::fs::write(&zip, bytes).expect("written");
    std::fs::create_dir(&out).expect("a folder");
    let unpacked = unpack(&zip, &out, LIMITS, &|| true);
    let (files, size) = count(&out);
    assert!(files <= LIMITS.max_files + 1 && size <= LIMITS.max_bytes + 1, "{files} files, {size} bytes: {unpacked:?}");
    let beside = std::fs::read_dir(place.path()).expect("the folder").count();
    assert_eq!(beside, 2, "something came out beside its folder");
});

fn count(folder: &Path) -> (usize, u64) {
    let mut found = (0, 0);
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let kind = entry.file_type().expect("its kind");
        assert!(!kind.is_symlink(), "a link came out");
        let (files, size) = if kind.is_dir() { count(&entry.path()) } else { (1, entry.metadata().expect("its size").len()) };
        found = (found.0 + files, found.1 + size);
    }
    found
}
