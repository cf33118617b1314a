//! Uploads: files as a form, sent piece by piece for as long as the server takes them.

use super::{Bytestream, Client};
use crate::exit::RunFailed;
use anyhow::{Context, bail};
use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::Method;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::io::ReaderStream;

/// An upload without progress for this long is aborted; its last chunks may wait in the buffers of a slow line.
const UPLOAD_LIMIT: Duration = Duration::from_secs(5 * 60);
/// The same while the server processes the upload.
const READING_LIMIT: Duration = Duration::from_secs(60 * 60);
const PIECE: usize = 256 * 1024;

/// A file to be uploaded under a name.
#[derive(Debug, Clone)]
pub struct UploadFile {
    pub name: String,
    pub path: PathBuf,
}

impl Client {
    /// Uploads files as a form, piece by piece.
    pub async fn upload<T: DeserializeOwned>(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[UploadFile],
    ) -> anyhow::Result<T> {
        self.upload_within(UPLOAD_LIMIT, path, fields, files).await
    }

    /// The same if the response may take long after the last byte, because the upload is processed before.
    pub async fn upload_and_wait<T: DeserializeOwned>(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[UploadFile],
    ) -> anyhow::Result<T> {
        self.upload_within(READING_LIMIT, path, fields, files).await
    }

    /// `limit`: since the last chunk was accepted.
    async fn upload_within<T: DeserializeOwned>(
        &self,
        limit: Duration,
        path: &str,
        fields: &[(&str, &str)],
        files: &[UploadFile],
    ) -> anyhow::Result<T> {
        let boundary = format!("jac-{:032x}", rand::random::<u128>());
        let (taken, pieces) = watch::channel(());
        let form = form(&boundary, fields, files)?.inspect(move |_| taken.send_replace(()));
        let kind = format!("multipart/form-data; boundary={boundary}");
        // The limit of an ordinary request starts with the request: no upload could take longer.
        let unlimited = self.unlimited()?;
        tokio::select! {
            answer = unlimited.json(Method::POST, path, Some(&kind), Body::from_stream(form)) => answer,
            () = silence(pieces, limit) => {
                Err(RunFailed(format!("the server has not continued with the upload for {} s", limit.as_secs())).into())
            }
        }
    }
}

/// Waits until no chunk was accepted within the limit, or no response arrived within it after the last one.
async fn silence(mut pieces: watch::Receiver<()>, limit: Duration) {
    while let Ok(Ok(())) = tokio::time::timeout(limit, pieces.changed()).await {}
    // The form has ended, or is stalled.
    if pieces.has_changed().is_err() {
        tokio::time::sleep(limit).await;
    }
}

/// A form according to RFC 7578.
fn form(boundary: &str, fields: &[(&str, &str)], files: &[UploadFile]) -> anyhow::Result<Bytestream> {
    let mut parts: Vec<Bytestream> = Vec::new();
    let text = |text: String| -> Bytestream { Box::pin(stream::once(async move { Ok(Bytes::from(text)) })) };
    for (name, value) in fields {
        parts.push(text(format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")));
    }
    for file in files {
        if file.name.contains(['"', '\r', '\n']) {
            bail!("the file name '{}' contains a quote or a line break", file.name.escape_debug());
        }
        let head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{}\"\r\ncontent-type: application/octet-stream\r\n\r\n",
            file.name
        );
        parts.push(text(head));
        // An unreadable file is detected before anything is sent. It is opened again when its turn comes: a process may
        // have fewer open files than a plan has.
        drop(File::open(&file.path).with_context(|| format!("{} cannot be read", file.path.display()))?);
        let opened = stream::once(tokio::fs::File::open(file.path.clone()));
        parts.push(Box::pin(opened.map_ok(|file| ReaderStream::with_capacity(file, PIECE)).try_flatten()));
        parts.push(text("\r\n".to_owned()));
    }
    parts.push(text(format!("--{boundary}--\r\n")));
    Ok(Box::pin(stream::iter(parts).flatten()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::served;
    use axum::Router;
    use axum::routing::post;
    use http::StatusCode;
    use serde_json::{Value, json};

    #[tokio::test]
    async fn a_file_is_open_only_while_it_is_sent() {
        let place = tempfile::tempdir().expect("a folder");
        let files = ["a", "b"].map(|name| UploadFile { name: name.to_owned(), path: place.path().join(name) });
        files.iter().for_each(|file| std::fs::write(&file.path, "before").expect("written"));
        let sent = form("x", &[], &files).expect("they can be read");
        std::fs::remove_file(&files[1].path).expect("removed");
        std::fs::write(&files[1].path, "another file").expect("written");
        let sent: Vec<Bytes> = sent.try_collect().await.expect("all of it");
        let sent = String::from_utf8(sent.concat()).expect("text");
        assert!(sent.contains("before") && sent.contains("another file"), "{sent}");
        std::fs::remove_file(&files[0].path).expect("removed");
        assert!(form("x", &[], &files).is_err(), "before anything is sent");
    }

    #[tokio::test]
    async fn an_upload_ends_when_it_stalls_and_not_because_it_is_long() {
        let slow = post(|body: Body| async move {
            let mut body = body.into_data_stream();
            let (mut bytes, mut rested) = (0, 0);
            while let Some(Ok(piece)) = body.next().await {
                bytes += piece.len();
                if bytes >> 20 > rested {
                    rested = bytes >> 20;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            axum::Json(json!({ "bytes": bytes }))
        });
        let silent = post(|| async { std::future::pending::<StatusCode>().await });
        let url = served(Router::new().route("/api/v1/slow", slow).route("/api/v1/silent", silent)).await;
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("large");
        std::fs::write(&path, vec![b'x'; 32 << 20]).expect("written");
        let files = [UploadFile { name: "large".to_owned(), path }];
        let client = Client::remote(&url, "t").expect("a client");
        let limit = Duration::from_millis(2_000);
        let answer: Value = client.upload_within(limit, "/slow", &[], &files).await.expect("an answer");
        assert!(answer["bytes"].as_u64().is_some_and(|bytes| bytes > 32 << 20), "{answer}");
        let error = client.upload_within::<Value>(limit, "/silent", &[], &files).await.expect_err("silence");
        assert!(error.is::<RunFailed>(), "{error:#}");
    }
}
