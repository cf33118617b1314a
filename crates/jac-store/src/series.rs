//! The charts of a run, bucket by bucket, so that a finished run opens without reading its log.

use crate::{Store, StoreError, during};
use jac_model::{EpochMs, RunId};
use rusqlite::{Connection, params};

/// One bucket of a run's series.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPoint {
    /// The start of the bucket.
    pub t_ms: EpochMs,
    /// The number of the snapshot that changed it last.
    pub seq: u64,
    /// The bucket as the engine writes it.
    pub point: serde_json::Value,
}

pub(crate) fn put_points(
    connection: &Connection,
    run: &RunId,
    bucket_ms: i64,
    points: Vec<StoredPoint>,
) -> Result<(), StoreError> {
    let failed = || during("write a series");
    connection
        .execute("DELETE FROM run_series WHERE run = ?1 AND bucket_ms <> ?2", params![run.as_str(), bucket_ms])
        .map_err(failed())?;
    let mut statement = connection
        .prepare_cached(
            "INSERT OR REPLACE INTO run_series (run, t_ms, seq, bucket_ms, point) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .map_err(failed())?;
    for point in points {
        let seq = i64::try_from(point.seq).unwrap_or(i64::MAX);
        statement
            .execute(params![run.as_str(), point.t_ms, seq, bucket_ms, point.point.to_string()])
            .map_err(failed())?;
    }
    Ok(())
}

impl Store {
    /// Writes the buckets that a snapshot changed. If the stored ones have another width, they are replaced.
    pub async fn put_series(&self, run: &RunId, bucket_ms: i64, points: Vec<StoredPoint>) -> Result<(), StoreError> {
        let run = run.clone();
        self.write(move |connection| put_points(connection, &run, bucket_ms, points)).await
    }

    /// The buckets of a run in the order of time, and their width; `None` if there are no buckets.
    pub async fn series(&self, run: &RunId) -> Result<Option<(i64, Vec<StoredPoint>)>, StoreError> {
        let failed = || during("read a series");
        let run = run.clone();
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT bucket_ms, t_ms, seq, point FROM run_series WHERE run = ?1 ORDER BY t_ms")
                .map_err(failed())?;
            let rows = statement
                .query_map([run.as_str()], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, i64>(2)?, row.get::<_, String>(3)?))
                })
                .map_err(failed())?;
            let mut width = None;
            let mut points = Vec::new();
            for row in rows {
                let (bucket_ms, t_ms, seq, text) = row.map_err(failed())?;
                width = Some(bucket_ms);
                let point = serde_json::from_str(&text).map_err(|source| StoreError::Unreadable {
                    kind: "run",
                    id: run.to_string(),
                    source,
                })?;
                points.push(StoredPoint { t_ms, seq: seq.unsigned_abs(), point });
            }
            Ok(width.map(|width| (width, points)))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(t_ms: EpochMs, seq: u64, samples: u64) -> StoredPoint {
        StoredPoint { t_ms, seq, point: serde_json::json!({ "t_ms": t_ms, "samples": samples }) }
    }

    #[tokio::test]
    async fn a_late_row_replaces_its_bucket_and_another_width_replaces_all() {
        let store = crate::examples::store().await;
        let run = crate::examples::run(1);
        store.insert_run(&run).await.expect("written");
        let run = run.id;
        store.put_series(&run, 1000, vec![point(1000, 1, 5), point(2000, 1, 5)]).await.expect("written");
        store.put_series(&run, 1000, vec![point(2000, 2, 6)]).await.expect("written");
        assert_eq!(store.series(&run).await.expect("read"), Some((1000, vec![point(1000, 1, 5), point(2000, 2, 6)])));
        store.put_series(&run, 5000, vec![point(0, 3, 11)]).await.expect("written");
        assert_eq!(store.series(&run).await.expect("read"), Some((5000, vec![point(0, 3, 11)])));
    }
}
