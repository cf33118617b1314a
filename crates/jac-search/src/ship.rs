//! Ships a log to a target: several batches are sent at a time and acknowledged in the log's order, so that the stored
//! documents have no gap.
//!
//! Memory contains at most the batches in flight, one that waits and the one being built.

use crate::batch::{Batch, Framing, document_id};
use crate::pace::{self, Pace};
use crate::rows;
use crate::settings::Settings;
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use jac_model::search::{Cursor, RefusedRow, SampleLog, ShippedRun, Step, TargetError};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// After this many attempts that broke during the transfer, requests are made smaller: a proxy that cuts off large ones
/// need not say so.
const BROKEN_TRIES: u32 = 2;
/// Attempts to send a single large row before it is rejected, if the target responds otherwise: a proxy will never let it through.
const LONE_TRIES: u32 = 6;

/// The result for the rows of one request with a response.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Rows that will never be accepted, with status and reason.
    pub refused: Vec<(usize, u16, String)>,
    /// Rows to be sent again.
    pub again: Vec<usize>,
    /// The reason, if there are any.
    pub trouble: Option<TargetError>,
}

/// Why a request as a whole failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It may pass.
    Passing { error: TargetError, retry_after: Option<Duration> },
    /// It broke during the transfer, or timed out, which may be because of its size.
    Broken(TargetError),
    /// It is too large, or cannot be understood as a whole: one of its rows may be the reason.
    Divide { status: u16, reason: String },
}

/// Sends rows to a target.
#[async_trait]
pub(crate) trait Sender: Send + Sync {
    fn framing(&self) -> Framing;
    /// Sends these rows of a batch.
    async fn send(&self, batch: &Arc<Batch>, rows: Vec<Range<usize>>) -> Result<Verdict, Failure>;
    /// Whether the target responds at all at present.
    async fn answers(&self) -> bool;
}

/// Ships a log from a cursor to its end.
pub(crate) async fn ship(
    sender: &dyn Sender,
    settings: &Settings,
    run: &ShippedRun,
    from: Cursor,
    log: &dyn SampleLog,
) -> Result<Cursor, TargetError> {
    let (batches, mut ready) = mpsc::channel(1);
    let courier = Courier {
        sender,
        run,
        log,
        pace: Pace::new(settings.in_flight, settings.batch_bytes),
        reported: Mutex::default(),
    };
    let read = rows::read(run, settings, sender.framing(), from, log, batches);
    let send = async {
        let mut cursor = from;
        let mut in_flight = FuturesOrdered::new();
        let mut more = true;
        while more || !in_flight.is_empty() {
            tokio::select! {
                biased;
                Some(done) = in_flight.next(), if !in_flight.is_empty() => {
                    let step = advanced(cursor, done);
                    cursor = step.cursor;
                    log.keep(step).await?;
                }
                batch = ready.recv(), if more && in_flight.len() < settings.in_flight.max(1) => match batch {
                    Some(batch) => in_flight.push_back(courier.deliver(Arc::new(batch))),
                    None => more = false,
                },
            }
        }
        Ok(cursor)
    };
    let ((), cursor) = tokio::try_join!(read, send)?;
    Ok(cursor)
}

/// The cursor after a batch.
fn advanced(cursor: Cursor, (batch, refused): (Arc<Batch>, Vec<RefusedRow>)) -> Step {
    let (rows, not_taken) = (batch.len() as u64, refused.len() as u64);
    let cursor = Cursor {
        row: batch.last_position().or(cursor.row),
        rows: cursor.rows + rows,
        shipped: cursor.shipped + rows - not_taken,
        refused: cursor.refused + not_taken,
        newest_ms: cursor.newest_ms.max(Some(batch.newest_ms)),
    };
    Step { cursor, refused }
}

/// Sends batches until every row was accepted or rejected.
struct Courier<'a> {
    sender: &'a dyn Sender,
    run: &'a ShippedRun,
    log: &'a dyn SampleLog,
    pace: Pace,
    /// The last reported code; `None`: nothing delays it.
    reported: Mutex<Option<&'static str>>,
}

impl Courier<'_> {
    async fn deliver(&self, batch: Arc<Batch>) -> (Arc<Batch>, Vec<RefusedRow>) {
        let mut refused: Vec<(usize, u16, String)> = Vec::new();
        // The remaining parts, each with the rows of one request. The first is sent last.
        let mut parts: Vec<Vec<usize>> = vec![(0..batch.len()).collect()];
        let mut tries = 0;
        let mut broken = 0;
        let mut alone = 0;
        while let Some(part) = parts.pop() {
            let size = |rows: &[usize]| rows.iter().map(|row| batch.bytes(*row..row + 1).len()).sum::<usize>();
            if part.len() > 1 && size(&part) > self.pace.most_bytes() {
                divide(part, &mut parts);
                continue;
            }
            let turn = self.pace.turn().await;
            let sent = self.sender.send(&batch, ranges(&part)).await;
            drop(turn);
            let (error, retry_after, again) = match sent {
                Ok(verdict) => {
                    refused.extend(verdict.refused);
                    match verdict.trouble {
                        Some(error) if !verdict.again.is_empty() => (error, None, verdict.again),
                        _ => {
                            (tries, broken, alone) = (0, 0, 0);
                            self.pace.took();
                            self.report(None).await;
                            continue;
                        }
                    }
                }
                Err(Failure::Passing { error, retry_after }) => (error, retry_after, part),
                Err(Failure::Broken(error)) => {
                    broken += 1;
                    // A target that takes too long has not broken the connection: it may only be slow at present.
                    if let [row] = part[..]
                        && size(&part) > pace::SMALLEST
                        && error.code != "search_timeout"
                    {
                        alone += 1;
                        if alone >= LONE_TRIES && self.sender.answers().await {
                            (alone, tries, broken) = (0, 0, 0);
                            let reason = format!("the connection broke in each attempt to send this row: {error}");
                            refused.push((row, 413, reason));
                            self.report(None).await;
                            continue;
                        }
                    }
                    if broken >= BROKEN_TRIES {
                        broken = 0;
                        // A smaller request starts with short pauses again, otherwise the halves of a large one would take minutes.
                        if part.len() > 1 && self.pace.smaller(size(&part)) {
                            tries = 0;
                        }
                    }
                    (error, None, part)
                }
                Err(Failure::Divide { status, reason }) => {
                    if part.len() > 1 {
                        // Otherwise it is a row that it cannot read, whatever its length.
                        if status == 413 {
                            self.pace.too_large(size(&part));
                        }
                        divide(part, &mut parts);
                    } else {
                        refused.extend(part.first().map(|row| (*row, status, reason)));
                    }
                    continue;
                }
            };
            parts.push(again);
            if error.code == "search_busy" {
                self.pace.slower();
            }
            tries += 1;
            let wait = pace::pause(tries, &error, retry_after);
            self.report(Some(error)).await;
            sleep(wait).await;
        }
        refused.sort_by_key(|(row, ..)| *row);
        let refused = refused.into_iter().map(|(row, status, reason)| RefusedRow {
            id: document_id(self.run, batch.position(row)),
            status,
            reason,
            document: batch.document(row).to_owned(),
        });
        let refused = refused.collect();
        (batch, refused)
    }

    /// Reports the reason for a delay if it has changed.
    async fn report(&self, trouble: Option<TargetError>) {
        let code = trouble.as_ref().map(|error| error.code);
        let before = std::mem::replace(&mut *self.reported.lock().unwrap_or_else(PoisonError::into_inner), code);
        if before != code {
            self.log.report(trouble).await;
        }
    }
}

/// Pushes the halves of a part, the first on top.
fn divide(mut part: Vec<usize>, parts: &mut Vec<Vec<usize>>) {
    let second = part.split_off(part.len() / 2);
    parts.push(second);
    parts.push(part);
}

/// Neighbouring rows as ranges.
fn ranges(rows: &[usize]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for row in rows {
        match ranges.last_mut() {
            Some(range) if range.end == *row => range.end += 1,
            _ => ranges.push(*row..row + 1),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Packer;
    use jac_jtl::LogReader;
    use jac_model::search::TargetKind;
    use std::collections::HashMap;

    /// Accepts each row separately, and breaks the first attempts of each.
    struct Breaking {
        code: &'static str,
        times: u32,
        tries: Mutex<HashMap<usize, u32>>,
    }

    #[async_trait]
    impl Sender for Breaking {
        fn framing(&self) -> Framing {
            Framing::Bulk
        }

        async fn send(&self, _: &Arc<Batch>, rows: Vec<Range<usize>>) -> Result<Verdict, Failure> {
            let [Range { start, end }] = rows[..] else { panic!("rows that are not neighbours: {rows:?}") };
            if end - start > 1 {
                return Err(Failure::Divide { status: 400, reason: "one at a time".to_owned() });
            }
            let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
            let tries = tries.entry(start).or_default();
            *tries += 1;
            if *tries <= self.times {
                return Err(Failure::Broken(TargetError::new(self.code, "It was not answered.")));
            }
            Ok(Verdict::default())
        }

        async fn answers(&self) -> bool {
            true
        }
    }

    struct Nobody;

    #[async_trait]
    impl SampleLog for Nobody {
        async fn read_at(&self, _: u64, _: usize) -> Result<Vec<u8>, TargetError> {
            Ok(Vec::new())
        }

        async fn grows(&self) -> bool {
            false
        }

        async fn keep(&self, _: Step) -> Result<(), TargetError> {
            Ok(())
        }

        async fn report(&self, _: Option<TargetError>) {}
    }

    /// How many of three large rows are rejected if the first attempts of each fail in that way.
    async fn refused(code: &'static str, times: u32) -> usize {
        let run = ShippedRun {
            id: "r-23456789".parse().expect("an id"),
            name: String::new(),
            plan: String::new(),
            cluster: String::new(),
            owner: String::new(),
            source: 0,
            is_imported: false,
        };
        let url = "http://localhost:9200".parse().expect("a URL");
        let settings = Settings::new("es", TargetKind::Elasticsearch, url);
        let mut packer = Packer::new(&run, &settings, Framing::Bulk, None);
        let large = "x".repeat(2 * pace::SMALLEST);
        let rows: String = (0..3).map(|row| format!("{},5,{large},true\n", 1_700_000_000_000_i64 + row)).collect();
        let mut reader = LogReader::new(&jac_jtl::Settings::default());
        reader.feed(format!("timeStamp,elapsed,label,success\n{rows}").as_bytes(), &mut packer);
        let batch = Arc::new(packer.take_all().pop().expect("a batch"));
        assert_eq!(batch.len(), 3);
        let sender = Breaking { code, times, tries: Mutex::default() };
        let pace = Pace::new(1, settings.batch_bytes);
        let courier = Courier { sender: &sender, run: &run, log: &Nobody, pace, reported: Mutex::default() };
        courier.deliver(batch).await.1.len()
    }

    #[tokio::test(start_paused = true)]
    async fn each_large_row_is_tried_as_often_as_the_first() {
        // All together break as often as one may.
        assert_eq!(refused("search_unreachable", LONE_TRIES / 3).await, 0);
        assert_eq!(refused("search_unreachable", LONE_TRIES).await, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_row_that_a_slow_target_does_not_take_in_time_is_sent_until_it_does() {
        assert_eq!(refused("search_timeout", 2 * LONE_TRIES).await, 0);
    }
}
