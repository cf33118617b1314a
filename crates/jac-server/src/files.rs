//! Bodies of files: piece by piece, so that a file of any length takes little memory, and a slow reader no thread.

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::try_unfold;
use jac_engine::runs::KeptFile;
use jac_logs::{BytesAt, FrameReader, FramedLog};
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

/// Bytes of a plain file, or an object, that are read at once.
const PIECE: usize = 256 * 1024;

/// A file's content, decompressed if necessary. A damaged file ends early: the reader receives fewer bytes than announced.
pub fn file_body(file: KeptFile) -> Body {
    match file {
        // A growing log is longer at the end of the response than its announced length.
        KeptFile::Plain(file, bytes) => {
            Body::from_stream(ReaderStream::with_capacity(tokio::fs::File::from_std(file).take(bytes), PIECE))
        }
        KeptFile::Compressed(log) => unpacked(log),
        KeptFile::Elsewhere(object, bytes) => fetched(object, bytes),
    }
}

/// The same content, which holds a guard until it was read or the reader has disconnected.
pub fn held_body<T: Send + 'static>(body: Body, held: T) -> Body {
    Body::from_stream(body.into_data_stream().inspect(move |_| {
        let _ = &held;
    }))
}

/// An object of the store, a piece at a time.
fn fetched(object: Arc<dyn BytesAt>, bytes: u64) -> Body {
    Body::from_stream(try_unfold(0, move |position: u64| {
        let object = Arc::clone(&object);
        async move {
            if position == bytes {
                return Ok(None);
            }
            let fetch = tokio::task::spawn_blocking(move || {
                let left = usize::try_from(bytes - position).unwrap_or(usize::MAX);
                let mut piece = vec![0; left.min(PIECE)];
                object.read_exact_at(&mut piece, position)?;
                std::io::Result::Ok(Bytes::from(piece))
            });
            let piece = fetch.await.map_err(std::io::Error::other)??;
            let next = position + piece.len() as u64;
            std::io::Result::Ok(Some((piece, next)))
        }
    }))
}

/// A compressed log, a frame at a time: the next one is decompressed when the reader has received the last.
fn unpacked(log: FramedLog) -> Body {
    let begin = (Arc::new(log), FrameReader::default(), 0);
    Body::from_stream(try_unfold(begin, |(log, mut reader, number)| async move {
        if number == log.frame_count() {
            return Ok(None);
        }
        let unpack = tokio::task::spawn_blocking(move || {
            let bytes = Bytes::copy_from_slice(reader.read(&log, number)?);
            std::io::Result::Ok((bytes, (log, reader, number + 1)))
        });
        unpack.await.map_err(std::io::Error::other)?.map(Some)
    }))
}
