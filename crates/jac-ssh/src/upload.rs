//! Uploads a file to a node, over as many connections as necessary: what has arrived is not sent again, and the file
//! gets its name only when its SHA-256 is that of the source.
//!
//! Until then it is next to its destination as `<name>.<beginning of the digest>.part`. Many requests are in flight, in
//! order, and an SFTP server processes them in order, so the existing part is a beginning of a file; its digest is
//! checked to make sure that it is *this* file before it is continued.

use crate::connection::{Link, Live};
use crate::error::LinkError;
use crate::quote::quote;
use crate::sftp::{WRITE_PIECE, explained, failed};
use crate::{exec, scripts};
use futures_util::future::join_all;
use russh_sftp::protocol::{FileAttributes, OpenFlags};
use sha2::{Digest, Sha256};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::time::timeout;

/// Size of the blocks that are read here and sent.
const BLOCK: usize = 4 << 20;
/// How long a node may take to compute a digest; 1 GB takes a slow disk ten seconds.
const DIGEST_LIMIT: Duration = Duration::from_secs(120);

/// Time limit for the next block: without progress the upload is abandoned. A slow line needs half of it.
const BLOCK_LIMIT: Duration = Duration::from_secs(60);

/// Receives the progress regularly: bytes transferred and total.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// Copies a file to an absolute path on a node and creates its folders. `guard` is a folder that must exist already.
///
/// # Errors
/// When the file cannot be read here or stored there, or the connection is not restored.
pub async fn upload(link: &Link, from: &Path, to: &str, guard: &str, progress: Progress<'_>) -> Result<(), LinkError> {
    upload_by_way_of(link, from, to, to, guard, progress).await
}

/// The same for a path whose name differs the next time: until it is complete, the file is at [`part_of`] `stem`.
///
/// # Errors
/// Those of [`upload`].
pub(crate) async fn upload_by_way_of(
    link: &Link,
    from: &Path,
    stem: &str,
    to: &str,
    guard: &str,
    progress: Progress<'_>,
) -> Result<(), LinkError> {
    let known = source(from).await?;
    let part = part_of(stem, &known.sha256);
    link.persist(|live| {
        let (known, part) = (&known, &part);
        async move {
            let there = begin(link, &live, from, known, part, to, guard).await?;
            progress(there.unwrap_or(known.bytes), known.bytes);
            let Some(offset) = there else { return Ok(()) };
            send(&live, from, part, offset, known.bytes, progress).await?;
            finish(link, &live, known, part, to).await
        }
    })
    .await
}

/// The path of the partial content with that digest.
pub(crate) fn part_of(stem: &str, sha256: &str) -> String {
    format!("{stem}.{}.part", &sha256[..16])
}

fn unreadable(from: &Path, error: &io::Error) -> LinkError {
    LinkError::here(error, || LinkError::Refused(format!("{} cannot be read on the server: {error}", from.display())))
}

/// A file of this machine, as it was when it was read.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    mode: u32,
}

impl Source {
    /// The file's mode for `chmod` on a node. Its user may always read and write it.
    pub(crate) fn mode(&self) -> String {
        format!("{:o}", self.mode | 0o600)
    }
}

pub(crate) async fn source(from: &Path) -> Result<Source, LinkError> {
    let path = from.to_owned();
    let look = tokio::task::spawn_blocking(move || {
        let mode = std::fs::metadata(&path)?.permissions().mode() & 0o777;
        digest(&path, u64::MAX).map(|(bytes, sha256)| Source { bytes, sha256, mode })
    });
    let looked = timeout(DIGEST_LIMIT, look).await.map_err(|_| LinkError::TooSlow(DIGEST_LIMIT))?;
    looked.unwrap_or_else(|panic| Err(io::Error::other(panic))).map_err(|error| unreadable(from, &error))
}

/// Creates the folder, and determines how much is there; `None` if the whole file is at its destination already, e.g.
/// because a connection was lost before it could confirm it.
async fn begin(
    link: &Link,
    live: &Live,
    from: &Path,
    known: &Source,
    part: &str,
    to: &str,
    guard: &str,
) -> Result<Option<u64>, LinkError> {
    let folder = to.rsplit_once('/').map_or("/", |(folder, _)| folder);
    let script = scripts::on_node(
        guard,
        &format!(
            "part={} to={}\nmkdir -p -- {} || exit 1\n\
             if [ -f \"$to\" ] && [ \"$(wc -c <\"$to\")\" -eq {} ]; then sha256sum <\"$to\"; else echo none; fi\n\
             [ -s \"$part\" ] || exit 0\nwc -c <\"$part\"\nsha256sum <\"$part\"",
            quote(part),
            quote(to),
            quote(folder),
            known.bytes,
        ),
    );
    let answer = exec::run(link, live, &script, DIGEST_LIMIT).await?;
    if answer.exit_code != 0 {
        return Err(refused(answer.exit_code, &answer.stderr));
    }
    let mut lines = answer.stdout.lines().map(|line| line.split_whitespace().next().unwrap_or_default());
    if lines.next() == Some(known.sha256.as_str()) {
        return Ok(None);
    }
    let Some(bytes) = lines.next().and_then(|line| line.parse::<u64>().ok()) else { return Ok(Some(0)) };
    let there = lines.next().unwrap_or_default().to_owned();
    let from = from.to_owned();
    let here = timeout(DIGEST_LIMIT, tokio::task::spawn_blocking(move || digest(&from, bytes))).await;
    match here {
        Ok(Ok(Ok((length, sha256)))) if length == bytes && sha256 == there => Ok(Some(bytes)),
        _ => Ok(Some(0)),
    }
}

async fn send(
    live: &Live,
    from: &Path,
    part: &str,
    mut offset: u64,
    total: u64,
    progress: Progress<'_>,
) -> Result<(), LinkError> {
    let unreadable = |error: io::Error| unreadable(from, &error);
    let mut file = tokio::fs::File::open(from).await.map_err(unreadable)?;
    file.seek(io::SeekFrom::Start(offset)).await.map_err(unreadable)?;
    let flags = OpenFlags::WRITE | OpenFlags::CREATE;
    let flags = if offset == 0 { flags | OpenFlags::TRUNCATE } else { flags };
    let private = FileAttributes { permissions: Some(0o600), ..FileAttributes::empty() };
    let handle = live.sftp.open(part, flags, private).await.map_err(failed)?.handle;
    let sent = async {
        let mut block = Vec::with_capacity(BLOCK.min(usize::try_from(total - offset).unwrap_or(BLOCK)));
        loop {
            let next = async {
                block.clear();
                (&mut file).take(BLOCK as u64).read_to_end(&mut block).await.map_err(unreadable)?;
                let writes = block.chunks(WRITE_PIECE).enumerate().map(|(number, piece)| {
                    live.sftp.write(&handle, offset + (number * WRITE_PIECE) as u64, piece.to_vec())
                });
                join_all(writes).await.into_iter().try_for_each(|written| written.map(drop)).map_err(failed)
            };
            timeout(BLOCK_LIMIT, next).await.map_err(|_| LinkError::TooSlow(BLOCK_LIMIT))??;
            if block.is_empty() {
                return Ok(());
            }
            offset += block.len() as u64;
            progress(offset, total);
        }
    };
    let done = sent.await;
    drop(live.sftp.close(&handle).await);
    match done {
        Err(error) => Err(explained(live, part, error).await),
        done => done,
    }
}

/// Moves the file to its destination, if its content is right.
async fn finish(link: &Link, live: &Live, known: &Source, part: &str, to: &str) -> Result<(), LinkError> {
    let script = format!(
        "part={} to={}\nfound=$(sha256sum <\"$part\")\n\
         [ \"${{found%% *}}\" = {} ] || {{ rm -f -- \"$part\"; echo 'what arrived is not what was sent' >&2; exit 1; }}\n\
         chmod {} -- \"$part\" && mv -f -- \"$part\" \"$to\"",
        quote(part),
        quote(to),
        known.sha256,
        known.mode(),
    );
    let answer = exec::run(link, live, &script, DIGEST_LIMIT).await?;
    if answer.exit_code == 0 { Ok(()) } else { Err(refused(answer.exit_code, &answer.stderr)) }
}

/// A script that did not do it, as an error.
pub fn refused(exit_code: i32, stderr: &str) -> LinkError {
    if exit_code == scripts::NODE_IS_GONE {
        return LinkError::Gone;
    }
    if stderr.contains("No space left on device") || stderr.contains("Disk quota exceeded") {
        return LinkError::DiskFull;
    }
    let words = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).take(3).collect::<Vec<_>>().join(" / ");
    LinkError::Refused(if words.is_empty() { format!("it ended with {exit_code}") } else { words })
}

/// The length and SHA-256 of a file's first bytes.
fn digest(path: &Path, limit: u64) -> io::Result<(u64, String)> {
    let mut file = std::fs::File::open(path)?.take(limit);
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, hex::encode(digest.finalize()))),
            length => {
                digest.update(&buffer[..length]);
                bytes += length as u64;
            }
        }
    }
}
