//! Transfers from the server to a node, and their progress.

use crate::connection::Link;
use crate::error::LinkError;
use crate::upload::{part_of, upload_by_way_of};
use jac_model::Message;
use jac_model::ports::ProgressSink;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const REPORT_EVERY: Duration = Duration::from_secs(1);

/// A file that the server sends to nodes, and the receiver of its progress.
pub struct Sending<'a> {
    /// Its name for people.
    pub what: &'a str,
    pub path: &'a Path,
    pub progress: ProgressSink<'a>,
}

impl Sending<'_> {
    /// Sends it from the server to a path on a node, and reports the progress. `folder` must exist.
    pub(crate) async fn send(
        &self,
        link: &Link,
        node: &str,
        to: &str,
        folder: &str,
        got_on: &(dyn Fn() + Send + Sync),
    ) -> Result<(), LinkError> {
        let reported = Mutex::new(None::<Instant>);
        let progress = |sent: u64, total: u64| {
            got_on();
            let mut reported = reported.lock().unwrap_or_else(PoisonError::into_inner);
            if reported.is_none_or(|at| at.elapsed() >= REPORT_EVERY) {
                *reported = Some(Instant::now());
                let text = format!("Sending {}: {} of {} MB.", self.what, sent / 1_000_000, total / 1_000_000);
                let message = Message::new("sending", text).with("what", self.what).with("unit", "bytes");
                (self.progress)(node, message.with("done", sent).with("total", total));
            }
        };
        upload_by_way_of(link, self.path, &stem(folder), to, folder, &progress).await
    }

    pub(super) fn report_taking(&self, node: &str, from: &str) {
        let message = Message::new("taking", format!("Copying {} from {from}.", self.what)).with("what", self.what);
        (self.progress)(node, message.with("from", from));
    }
}

/// A partial file is found again by the next transfer, in which the file has another name.
fn stem(folder: &str) -> String {
    format!("{folder}/sent")
}

/// The path of a partial file.
pub(super) fn sent_part(folder: &str, sha256: &str) -> String {
    part_of(&stem(folder), sha256)
}
