//! The target Elasticsearch or OpenSearch.

use crate::batch::{Batch, Framing};
use crate::bulk;
use crate::dashboards::link;
use crate::http::Http;
use crate::pace;
use crate::privileges;
use crate::server;
use crate::settings::{Layout, Settings, SettingsError};
use crate::ship::{Failure, Sender, Verdict, ship};
use crate::{search, stored, template};
use async_trait::async_trait;
use jac_model::search::{
    Cursor, SampleLog, SampleMatches, SampleQuery, SampleTarget, ShippedRun, TargetError, TargetInfo, TargetKind,
    TargetTest,
};
use jac_model::{EpochMs, RunId};
use reqwest::Method;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::sleep;

pub(crate) struct Elastic {
    http: Http,
    settings: Settings,
    /// The server's properties, once its templates were ensured.
    prepared: Mutex<Option<Prepared>>,
}

#[derive(Debug, Clone, Copy)]
struct Prepared {
    layout: Layout,
}

impl Elastic {
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        if !matches!(settings.url.scheme(), "http" | "https") {
            let message =
                "Invalid address of Elasticsearch or OpenSearch. Must start with http:// or https://.".to_owned();
            return Err(SettingsError { key: "url", message });
        }
        Ok(Self { http: Http::new(&settings)?, settings, prepared: Mutex::default() })
    }

    /// Detects the server and ensures its templates, once.
    async fn prepared(&self) -> Result<Prepared, TargetError> {
        if let Some(prepared) = *self.known() {
            return Ok(prepared);
        }
        // Callers do not wait for each other: concurrent requests do the same, which is harmless.
        server::learn(&self.http).await?;
        let layout = self.layout().await?;
        template::prepare(&self.http, &self.settings, layout).await?;
        Ok(*self.known().insert(Prepared { layout }))
    }

    /// The detected layout, until then the requested one.
    fn known_layout(&self) -> Layout {
        self.known().map_or(self.settings.layout, |prepared| prepared.layout)
    }

    fn known(&self) -> MutexGuard<'_, Option<Prepared>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The requested layout, or indices if the server has no data streams.
    async fn layout(&self) -> Result<Layout, TargetError> {
        if self.settings.layout == Layout::IndexPerRun || self.has_data_streams().await? {
            return Ok(self.settings.layout);
        }
        tracing::warn!(
            target = %self.settings.name,
            "search target {}: the server does not support data streams; each run gets an index", self.settings.name
        );
        Ok(Layout::IndexPerRun)
    }

    /// Whether an index template may create a data stream there, determined by simulating one.
    async fn has_data_streams(&self) -> Result<bool, TargetError> {
        let name = self.settings.index_name(Layout::DataStream);
        let body = serde_json::json!({ "index_patterns": [name], "priority": 1_000_000, "data_stream": {} });
        let answer = self
            .http
            .send(Method::POST, "_index_template/_simulate", Some(&crate::http::Payload::json(&body)))
            .await
            .map_err(|silence| silence.error)?;
        match answer.status.as_u16() {
            200..300 => Ok(true),
            // Credentials that may not simulate templates rely on templates created by somebody else.
            401 | 403 => Ok(true),
            429 | 500.. => Err(answer.fault()),
            _ => Ok(!answer.fault().message.contains("data_stream")),
        }
    }

    /// The index or data stream that documents of a run are written to.
    fn index(&self, layout: Layout, run: &RunId) -> String {
        let name = self.settings.index_name(layout);
        match layout {
            Layout::DataStream => name,
            Layout::IndexPerRun => format!("{name}-{run}"),
        }
    }
}

/// Sends batches of one run.
struct ToIndex<'a> {
    target: &'a Elastic,
    index: String,
}

#[async_trait]
impl Sender for ToIndex<'_> {
    fn framing(&self) -> Framing {
        Framing::Bulk
    }

    async fn send(&self, batch: &Arc<Batch>, rows: Vec<Range<usize>>) -> Result<Verdict, Failure> {
        let verdict = bulk::send(&self.target.http, &self.index, batch, rows).await?;
        if verdict.trouble.as_ref().is_some_and(|error| error.code == "search_index_missing") {
            // It was deleted, perhaps with its template.
            *self.target.known() = None;
            let prepared = self.target.prepared().await;
            prepared.map_err(|error| Failure::Passing { error, retry_after: None })?;
        }
        Ok(verdict)
    }

    async fn answers(&self) -> bool {
        server::learn(&self.target.http).await.is_ok()
    }
}

#[async_trait]
impl SampleTarget for Elastic {
    fn info(&self) -> TargetInfo {
        TargetInfo {
            name: self.settings.name.clone(),
            kind: TargetKind::Elasticsearch,
            address: self.settings.address(),
            index_pattern: self.settings.index_pattern(self.known_layout()),
            dashboards: self.settings.dashboards_info(),
        }
    }

    fn dashboard_url(&self, run: &RunId, from_ms: EpochMs, to_ms: EpochMs) -> Option<String> {
        self.settings.dashboards.as_ref().map(|dashboards| link(dashboards, run, from_ms, to_ms))
    }

    fn counts(&self) -> bool {
        true
    }

    async fn test(&self) -> Result<TargetTest, TargetError> {
        let server = server::learn(&self.http).await?;
        let layout = self.layout().await?;
        let mut notes = Vec::new();
        if layout != self.settings.layout {
            notes.push("The server does not support data streams: each run gets an index.".to_owned());
        }
        notes.extend(privileges::check(&self.http, &self.settings, layout, server.distribution).await?);
        Ok(TargetTest {
            server: server.distribution.word().to_owned(),
            version: server.version,
            layout: layout.word().to_owned(),
            notes,
        })
    }

    async fn ship(&self, run: &ShippedRun, from: Cursor, log: &dyn SampleLog) -> Result<Cursor, TargetError> {
        let mut tries = 0;
        let prepared = loop {
            match self.prepared().await {
                Ok(prepared) => break prepared,
                Err(error) => {
                    tries += 1;
                    let wait = pace::pause(tries, &error, None);
                    log.report(Some(error)).await;
                    sleep(wait).await;
                }
            }
        };
        if tries > 0 {
            log.report(None).await;
        }
        let sender = ToIndex { target: self, index: self.index(prepared.layout, &run.id) };
        ship(&sender, &self.settings, run, from, log).await
    }

    async fn count(&self, run: &RunId) -> Result<u64, TargetError> {
        let index = self.index(self.prepared().await?.layout, run);
        stored::refresh(&self.http, &index).await?;
        stored::count(&self.http, &index, run).await
    }

    async fn search(&self, query: &SampleQuery) -> Result<SampleMatches, TargetError> {
        let index = self.index(self.prepared().await?.layout, &query.run);
        search::search(&self.http, &index, query).await
    }

    async fn delete_doubles(&self, run: &RunId) -> Result<u64, TargetError> {
        let index = self.index(self.prepared().await?.layout, run);
        let deleted = stored::delete_doubles(&self.http, &index, run).await?;
        stored::refresh(&self.http, &index).await?;
        Ok(deleted)
    }

    async fn delete(&self, run: &RunId) -> Result<u64, TargetError> {
        let prepared = self.prepared().await?;
        let index = self.index(prepared.layout, run);
        if prepared.layout == Layout::DataStream {
            return stored::delete(&self.http, &index, run).await;
        }
        stored::refresh(&self.http, &index).await?;
        let count = stored::count(&self.http, &index, run).await?;
        let answer = self.http.send(Method::DELETE, &index, None).await.map_err(|silence| silence.error)?;
        match answer.status.as_u16() {
            200..300 | 404 => Ok(count),
            _ => Err(answer.fault()),
        }
    }
}
