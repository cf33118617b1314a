//! A log in memory, and what was reported to its keeper.

use async_trait::async_trait;
use jac_model::search::{Cursor, RefusedRow, SampleLog, ShippedRun, Step, TargetError};
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The log of a run.
pub struct MemoryLog {
    bytes: Vec<u8>,
    kept: Mutex<Kept>,
    /// After this many steps the keeper fails, as if it were killed.
    pub dies_after: Option<usize>,
}

#[derive(Default, Clone)]
pub struct Kept {
    pub cursor: Cursor,
    pub steps: usize,
    pub refused: Vec<RefusedRow>,
    /// The codes of what delayed it, in order; an empty one: it continued.
    pub reported: Vec<&'static str>,
}

impl MemoryLog {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, kept: Mutex::default(), dies_after: None }
    }

    pub fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SampleLog for MemoryLog {
    async fn read_at(&self, from: u64, most: usize) -> Result<Vec<u8>, TargetError> {
        let from = usize::try_from(from).expect("a place").min(self.bytes.len());
        Ok(self.bytes[from..self.bytes.len().min(from + most)].to_vec())
    }

    async fn grows(&self) -> bool {
        false
    }

    async fn keep(&self, step: Step) -> Result<(), TargetError> {
        let mut kept = self.kept();
        if self.dies_after.is_some_and(|steps| kept.steps >= steps) {
            return Err(TargetError::new("killed", "The shipper was killed."));
        }
        kept.steps += 1;
        kept.cursor = step.cursor;
        kept.refused.extend(step.refused);
        Ok(())
    }

    async fn report(&self, trouble: Option<TargetError>) {
        self.kept().reported.push(trouble.map_or("", |error| error.code));
    }
}

/// A log with this many rows: every tenth fails, every hundredth is a transaction's, and some messages contain a line break.
pub fn log_of(rows: usize) -> Vec<u8> {
    let mut text = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n".to_owned();
    for row in 0..rows {
        let start = 1_700_000_000_000 + row as u64 * 7;
        if row % 100 == 99 {
            let message = "\"Number of samples in transaction : 2, number of failing samples : 0\"";
            writeln!(text, "{start},200,Checkout,200,{message},Users 1-{},,true,,2000,400,10,10,null,190,0,2", row % 10)
        } else if row % 10 == 0 {
            let message = if row % 70 == 0 { "\"two\nlines\"" } else { "Internal Server Error" };
            writeln!(
                text,
                "{start},90,Pay,500,{message},Users 1-{},text,false,,500,200,10,10,http://shop.test/pay?n={row},80,0,2",
                row % 10
            )
        } else {
            writeln!(
                text,
                "{start},{},Browse,200,OK,Users 1-{},text,true,,1000,200,10,10,http://shop.test/items?n={row},80,0,2",
                20 + row % 50,
                row % 10
            )
        }
        .expect("text");
    }
    text.into_bytes()
}

pub fn run(id: &str) -> ShippedRun {
    ShippedRun {
        id: id.parse().expect("an id"),
        name: "Nightly".to_owned(),
        plan: "shop".to_owned(),
        cluster: "local".to_owned(),
        owner: "Ann".to_owned(),
        source: 0,
        is_imported: false,
    }
}
