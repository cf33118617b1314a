//! Downloads of files: piece by piece, so that a file of any length takes little memory, and a slow reader no thread.

use crate::error::ApiError;
use crate::per_person::Place;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::try_unfold;
use http_range_header::{RangeUnsatisfiableError, parse_range_header};
use jac_engine::runs::KeptFile;
use jac_logs::{BytesAt, FrameReader, FramedLog};
use std::io::{Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

/// Bytes of a plain file, or an object, that are read at once.
const PIECE: usize = 256 * 1024;

/// A download of a file, or of the range of it that was requested, so that an interrupted download can be resumed (RFC 9110, 14). Several ranges at
/// once, and those of a file that has changed since (`If-Range`), are answered with the whole file.
/// `place` is returned when the download has ended.
pub fn download(requested: &HeaderMap, file: KeptFile, media_type: &str, saved_as: &str, place: Place) -> Response {
    let size = file.bytes();
    let tag = tag(&file);
    let range = match requested_range(requested, tag.as_deref(), size) {
        Ok(range) => range,
        Err(unsatisfiable) => {
            let headers = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return (headers, unsatisfiable).into_response();
        }
    };
    let (status, part) =
        range.as_ref().map_or((StatusCode::OK, 0..size), |range| (StatusCode::PARTIAL_CONTENT, range.clone()));
    let headers = [
        (header::CONTENT_TYPE, Some(media_type.to_owned())),
        (header::CONTENT_LENGTH, Some((part.end - part.start).to_string())),
        (header::CONTENT_DISPOSITION, Some(format!("attachment; filename=\"{saved_as}\""))),
        (header::ACCEPT_RANGES, Some("bytes".to_owned())),
        (header::CONTENT_RANGE, range.map(|range| format!("bytes {}-{}/{size}", range.start, range.end - 1))),
        (header::ETAG, tag),
    ];
    let given = headers.into_iter().filter_map(|(name, value)| Some((name, value?.parse().ok()?)));
    (status, HeaderMap::from_iter(given), held_body(part_of(file, part), place)).into_response()
}

/// What a file's next version does not have, as an entity tag; `None`: its versions cannot be told apart.
fn tag(file: &KeptFile) -> Option<String> {
    let since = file.modified()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("\"{:x}-{:x}\"", since.as_nanos(), file.bytes()))
}

/// The one range that is requested; `None`: the whole file.
///
/// # Errors
/// When the file has no byte of the range.
fn requested_range(requested: &HeaderMap, tag: Option<&str>, size: u64) -> Result<Option<Range<u64>>, ApiError> {
    let text = |name| requested.get(name).and_then(|value| value.to_str().ok());
    let is_other = text(header::IF_RANGE).is_some_and(|known| Some(known) != tag);
    let Some(wanted) = text(header::RANGE).filter(|_| !is_other) else { return Ok(None) };
    match parse_range_header(wanted).and_then(|ranges| ranges.validate(size)).as_deref() {
        Ok([range]) => Ok(Some(*range.start()..range.end() + 1)),
        Err(RangeUnsatisfiableError::Unsatisfiable) => Err(ApiError::Request {
            status: StatusCode::RANGE_NOT_SATISFIABLE,
            code: "range_invalid",
            message: format!("The file has {size} bytes, and none in that range."),
            hint: None,
        }),
        // A server may answer with the whole file whatever the range (RFC 9110, 14.2).
        Ok(_) | Err(_) => Ok(None),
    }
}

/// A file's content, decompressed if necessary. A damaged file ends early: the reader receives fewer bytes than announced.
pub fn file_body(file: KeptFile) -> Body {
    let size = file.bytes();
    part_of(file, 0..size)
}

fn part_of(file: KeptFile, part: Range<u64>) -> Body {
    match file {
        // A growing log is longer at the end of the response than its announced length.
        KeptFile::Plain(mut file, _) => match file.seek(SeekFrom::Start(part.start)) {
            Ok(_) => {
                let part = tokio::fs::File::from_std(file).take(part.end - part.start);
                Body::from_stream(ReaderStream::with_capacity(part, PIECE))
            }
            Err(error) => Body::from_stream(futures_util::stream::once(async { Err::<Bytes, _>(error) })),
        },
        KeptFile::Compressed(log) => unpacked(log, part),
        KeptFile::Elsewhere(object, _) => fetched(object, part),
    }
}

/// A person who has the most downloads already.
pub fn too_many_downloads(what: &str, most: usize) -> ApiError {
    ApiError::Later {
        status: StatusCode::TOO_MANY_REQUESTS,
        code: "too_many_downloads",
        message: format!("You are already downloading {most} {what}."),
        seconds: 2,
    }
}

/// The same content, which holds a guard until it was read or the reader has disconnected.
pub fn held_body<T: Send + 'static>(body: Body, held: T) -> Body {
    Body::from_stream(body.into_data_stream().inspect(move |_| {
        let _ = &held;
    }))
}

/// An object of the store, a piece at a time.
fn fetched(object: Arc<dyn BytesAt>, part: Range<u64>) -> Body {
    Body::from_stream(try_unfold(part, move |left| {
        let object = Arc::clone(&object);
        async move {
            if left.is_empty() {
                return Ok(None);
            }
            let end = left.end.min(left.start + PIECE as u64);
            let fetch = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; usize::try_from(end - left.start).unwrap_or(PIECE)];
                object.read_exact_at(&mut piece, left.start)?;
                std::io::Result::Ok(Bytes::from(piece))
            });
            let piece = fetch.await.map_err(std::io::Error::other)??;
            std::io::Result::Ok(Some((piece, end..left.end)))
        }
    }))
}

/// A compressed log, a frame at a time: the next one is decompressed when the reader has received the last.
fn unpacked(log: FramedLog, part: Range<u64>) -> Body {
    let begin = (Arc::new(log), FrameReader::default(), part);
    Body::from_stream(try_unfold(begin, |(log, mut reader, left)| async move {
        if left.is_empty() {
            return Ok(None);
        }
        let unpack = tokio::task::spawn_blocking(move || {
            let frame = reader.read_from(&log, left.start)?;
            let wanted = usize::try_from(left.end - left.start).unwrap_or(usize::MAX);
            let bytes = Bytes::copy_from_slice(&frame[..frame.len().min(wanted)]);
            let next = left.start + bytes.len() as u64;
            std::io::Result::Ok((bytes, (log, reader, next..left.end)))
        });
        unpack.await.map_err(std::io::Error::other)?.map(Some)
    }))
}
