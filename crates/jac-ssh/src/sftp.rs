//! Files of a node over SFTP: frequent queries need no process there.

use crate::connection::Live;
use crate::error::LinkError;
use bytes::{Bytes, BytesMut};
use futures_util::future::join_all;
use jac_model::ports::{Chunk, FoundFile, FoundFiles};
use russh_sftp::client::error::Error;
use russh_sftp::protocol::{FileAttributes, OpenFlags, Packet, StatusCode};

/// Size of a read request. OpenSSH returns at most 255 KiB, older versions 64 KiB; a short response is detected and
/// ends the piece.
const READ_PIECE: usize = 32 * 1024;
/// The type of a file among its permissions (`<sys/stat.h>`).
const S_IFMT: u32 = 0o170_000;
const S_IFDIR: u32 = 0o040_000;
const S_IFREG: u32 = 0o100_000;
/// Size of a write request: every server accepts it.
pub const WRITE_PIECE: usize = 32 * 1024;

/// An SFTP answer as ours.
pub fn failed(error: Error) -> LinkError {
    match error {
        Error::Status(status) => match status.status_code {
            StatusCode::NoSuchFile => LinkError::NoSuchFile,
            StatusCode::NoConnection | StatusCode::ConnectionLost => LinkError::Unreachable(status.error_message),
            _ => LinkError::Refused(status.error_message),
        },
        Error::Limited(what) => LinkError::Refused(what),
        Error::IO(reason) | Error::UnexpectedBehavior(reason) => {
            LinkError::Unreachable(format!("the connection was lost: {reason}"))
        }
        Error::Timeout => LinkError::Unreachable("SFTP did not answer".to_owned()),
        Error::UnexpectedPacket => LinkError::Unreachable("SFTP answered a different request".to_owned()),
    }
}

/// The reason of a failed write: SFTP 3 has no code for a full disk, but the file system can be queried.
pub async fn explained(live: &Live, path: &str, error: LinkError) -> LinkError {
    let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
    if matches!(error, LinkError::Refused(_))
        && let Ok(disk) = live.sftp.statvfs(folder).await
        && disk.blocks_avail.saturating_mul(disk.fragment_size) < 2 * WRITE_PIECE as u64
    {
        return LinkError::DiskFull;
    }
    error
}

fn mode(mode: u32) -> FileAttributes {
    FileAttributes { permissions: Some(mode), ..FileAttributes::empty() }
}

/// At most `limit` bytes from `offset` on; `None` if the file does not exist.
pub async fn read_at(live: &Live, path: &str, offset: u64, limit: usize) -> Result<Option<Chunk>, LinkError> {
    let handle = match live.sftp.open(path, OpenFlags::READ, FileAttributes::empty()).await.map_err(failed) {
        Ok(handle) => handle.handle,
        Err(LinkError::NoSuchFile) => return Ok(None),
        Err(error) => return Err(error),
    };
    let done = read_open(live, &handle, offset, limit, None).await;
    // A handle that stays open affects the connection, not the reader.
    drop(live.sftp.close(handle).await);
    done.map(Some)
}

/// The same for an open file. `known`: its minimum length.
pub async fn read_open(
    live: &Live,
    handle: &str,
    offset: u64,
    limit: usize,
    known: Option<u64>,
) -> Result<Chunk, LinkError> {
    let file_size = match known {
        Some(size) => size,
        None => live.sftp.fstat(handle).await.map_err(failed)?.attrs.size.unwrap_or(0),
    };
    let length = usize::try_from(file_size.saturating_sub(offset)).unwrap_or(limit).min(limit);
    Ok(Chunk { bytes: pieces(live, handle, offset, length).await?, file_size })
}

/// Eight bytes from each of these positions of a file; `None` if it does not exist, or is shorter.
pub async fn read_numbers(
    live: &Live,
    path: &str,
    places: impl Iterator<Item = u64>,
) -> Result<Option<Vec<[u8; 8]>>, LinkError> {
    let handle = match live.sftp.open(path, OpenFlags::READ, FileAttributes::empty()).await.map_err(failed) {
        Ok(handle) => handle.handle,
        Err(LinkError::NoSuchFile) => return Ok(None),
        Err(error) => return Err(error),
    };
    let numbers = join_all(places.map(|at| pieces(live, &handle, at, 8))).await;
    drop(live.sftp.close(handle).await);
    let numbers = numbers.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(numbers.iter().map(|bytes| <[u8; 8]>::try_from(&bytes[..]).ok()).collect())
}

/// The complete content of a small file, such as those below `/proc`, which have no size; `None` if it does not exist.
pub async fn read_small(live: &Live, path: &str) -> Result<Option<String>, LinkError> {
    match read_whole(live, path).await {
        // A process that ended while its file was open (ESRCH), for which SFTP has only the code of a general failure.
        // The second attempt does not find it, or finds another process with the same PID.
        Err(LinkError::Refused(_)) if path.starts_with("/proc/") => read_whole(live, path).await,
        read => read,
    }
}

async fn read_whole(live: &Live, path: &str) -> Result<Option<String>, LinkError> {
    let handle = match live.sftp.open(path, OpenFlags::READ, FileAttributes::empty()).await.map_err(failed) {
        Ok(handle) => handle.handle,
        Err(LinkError::NoSuchFile) => return Ok(None),
        Err(error) => return Err(error),
    };
    let read = pieces(live, &handle, 0, READ_PIECE).await;
    drop(live.sftp.close(handle).await);
    read.map(|bytes| Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The names in a folder; empty if it does not exist.
pub async fn names(live: &Live, folder: &str) -> Result<Vec<String>, LinkError> {
    Ok(entries(live, folder).await?.into_iter().map(|(name, _)| name).collect())
}

/// The names in a folder with their attributes; empty if it does not exist.
async fn entries(live: &Live, folder: &str) -> Result<Vec<(String, FileAttributes)>, LinkError> {
    let handle = match live.sftp.opendir(folder).await.map_err(failed) {
        Ok(handle) => handle.handle,
        Err(LinkError::NoSuchFile) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    let read = loop {
        match live.sftp.readdir(handle.as_str()).await {
            Ok(piece) => names.extend(piece.files.into_iter().map(|file| (file.filename, file.attrs))),
            Err(Error::Status(status)) if status.status_code == StatusCode::Eof => break Ok(names),
            Err(error) => break Err(failed(error)),
        }
    };
    drop(live.sftp.close(handle).await);
    read
}

/// The plain files below a folder, examining no more than `most` files and folders. The server returns an entry's type without
/// following links.
pub async fn files_below(live: &Live, folder: &str, most: usize) -> Result<FoundFiles, LinkError> {
    let mut found = FoundFiles { files: Vec::new(), is_whole: true };
    let mut folders = vec![String::new()];
    let mut looked_at = 0;
    while let Some(below) = folders.pop() {
        let place = if below.is_empty() { folder.to_owned() } else { format!("{folder}/{below}") };
        for (name, attributes) in entries(live, &place).await? {
            if [".", ".."].contains(&name.as_str()) {
                continue;
            }
            looked_at += 1;
            if looked_at > most {
                return Ok(FoundFiles { is_whole: false, ..found });
            }
            // A name that cannot be one, or that was not UTF-8 on the machine.
            if name.is_empty() || name.contains('/') || name.contains(char::REPLACEMENT_CHARACTER) {
                found.is_whole = false;
                continue;
            }
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            // The library's own methods treat a link as a file: they test single bits of the type.
            let kind = attributes.permissions.unwrap_or(0) & S_IFMT;
            if kind == S_IFDIR {
                folders.push(path);
            } else if kind == S_IFREG {
                found.files.push(FoundFile { path, bytes: attributes.size.unwrap_or(0) });
            }
        }
    }
    Ok(found)
}

/// Requests all pieces at once; the first short one marks the end of the file at that time.
async fn pieces(live: &Live, handle: &str, offset: u64, length: usize) -> Result<Bytes, LinkError> {
    let requests = (0..length.div_ceil(READ_PIECE)).map(|number| {
        let begin = number * READ_PIECE;
        let length = READ_PIECE.min(length - begin);
        async move {
            let read = live.sftp.read(handle, offset + begin as u64, u32::try_from(length).unwrap_or(u32::MAX)).await;
            match read {
                Ok(data) => Ok((length, data.data)),
                Err(Error::Status(status)) if status.status_code == StatusCode::Eof => Ok((length, Vec::new())),
                Err(error) => Err(failed(error)),
            }
        }
    });
    let mut bytes = BytesMut::with_capacity(length);
    for answer in join_all(requests).await {
        let (length, piece) = answer?;
        bytes.extend_from_slice(&piece);
        if piece.len() < length {
            break;
        }
    }
    Ok(bytes.freeze())
}

/// Writes a small file, accessible only to its user, atomically. Its folder must exist.
pub async fn write_private(live: &Live, path: &str, bytes: &[u8]) -> Result<(), LinkError> {
    let new = format!("{path}.new");
    let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE;
    let handle = live.sftp.open(&new, flags, mode(0o600)).await.map_err(failed)?.handle;
    let write = async {
        for (number, piece) in bytes.chunks(WRITE_PIECE).enumerate() {
            let offset = (number * WRITE_PIECE) as u64;
            live.sftp.write(&handle, offset, piece.to_vec()).await.map_err(failed)?;
        }
        Ok::<(), LinkError>(())
    };
    let written = write.await;
    drop(live.sftp.close(handle).await);
    if let Err(error) = written {
        return Err(explained(live, path, error).await);
    }
    replace(live, &new, path).await
}

/// Renames over an existing file, which SFTP 3 itself does not support: OpenSSH's `posix-rename@openssh.com`.
async fn replace(live: &Live, from: &str, to: &str) -> Result<(), LinkError> {
    let mut names = Vec::new();
    for name in [from, to] {
        names.extend(u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes());
        names.extend(name.as_bytes());
    }
    match live.sftp.extended("posix-rename@openssh.com", names).await.map_err(failed)? {
        Packet::Status(status) if status.status_code == StatusCode::Ok => Ok(()),
        Packet::Status(status) => Err(failed(Error::Status(status))),
        _ => Err(failed(Error::UnexpectedPacket)),
    }
}

/// Whether there is something of that name.
pub async fn exists(live: &Live, path: &str) -> Result<bool, LinkError> {
    match live.sftp.stat(path).await.map_err(failed) {
        Ok(_) => Ok(true),
        Err(LinkError::NoSuchFile) => Ok(false),
        Err(error) => Err(error),
    }
}
