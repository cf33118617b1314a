//! The steps that compress one log of a finished run. A crash may occur at any time: the log always exists completely
//! under one of its two names, and a repeated compression starts at the right step.
//!
//! | in the run's folder                  | action                                                                 |
//! |--------------------------------------|------------------------------------------------------------------------|
//! | `results.jtl`                        | it is compressed into `results.jtl.zst.new`, which is flushed and compared with it |
//! | it and `results.jtl.zst.new`         | a crash interrupted that: it is started again
//! |
//! | it and `results.jtl.zst`             | a crash preceded the removal: it is removed if both have the same content,
//! otherwise compressed again |
//! | `results.jtl.zst`                    | done                                                                     |

use crate::runs::kept::compressed_path;
use jac_logs::{CompressError, Content, holds_the_same};
use jac_model::RunId;
use std::fs::File;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Compresses a log and removes the plain one.
pub(super) fn compress(
    run: &RunId,
    plain: &Path,
    content: Content,
    proceed: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<(), CompressError> {
    let compressed = compressed_path(plain);
    if compressed.is_file() && holds_the_same(&compressed, plain, proceed)? {
        return remove(plain);
    }
    let staged = staged_path(&compressed);
    let done = jac_logs::compress(plain, &staged, content, proceed).inspect_err(|_| {
        // If not now, then the next time: it is written over.
        drop(std::fs::remove_file(&staged));
    })?;
    std::fs::rename(&staged, &compressed).map_err(CompressError::Write)?;
    // The new name must survive a power failure before the old one is removed.
    if let Some(folder) = plain.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(CompressError::Write)?;
    }
    remove(plain)?;
    tracing::info!(
        %run,
        bytes = done.bytes,
        stored_bytes = done.packed_bytes,
        "run {run}: {} was compressed, {} kB to {} kB",
        plain.file_name().unwrap_or_default().display(),
        done.bytes.div_ceil(1_000),
        done.packed_bytes.div_ceil(1_000)
    );
    Ok(())
}

/// The path of the incomplete file.
fn staged_path(compressed: &Path) -> PathBuf {
    let mut name = compressed.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// A log that was removed together with its run's folder needs no removal.
fn remove(plain: &Path) -> Result<(), CompressError> {
    match std::fs::remove_file(plain) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(CompressError::Write(error)),
        _ => Ok(()),
    }
}
