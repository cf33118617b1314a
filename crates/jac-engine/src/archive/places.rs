//! The store of a run: the server's, or one of its owner's own.
//!
//! A run stays in the store it was uploaded to, whatever its owner chooses later. The database records which runs are in whose store; this is its
//! copy in memory, so that a list of runs can be shown without reading it.

use super::{Archive, lock};
use crate::engine::Engine;
use crate::error::EngineError;
use jac_artefacts::{ArtefactError, ArtefactStore, Manifest};
use jac_model::{Run, RunId};
use jac_store::ResultsStoreRow;
use std::collections::HashMap;

/// Which store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Server,
    /// Of a person: its ID.
    Own(String),
}

/// A person's store, and why it cannot be used.
struct OwnStore {
    row: ResultsStoreRow,
    opened: Result<ArtefactStore, ArtefactError>,
}

/// All stores, and the runs that are in people's own.
pub(super) struct Places {
    server: Option<ArtefactStore>,
    own: HashMap<String, OwnStore>,
    runs: HashMap<RunId, String>,
}

impl Places {
    pub fn new(server: Option<ArtefactStore>) -> Self {
        Self { server, own: HashMap::new(), runs: HashMap::new() }
    }
}

impl Archive {
    /// Whether anything can be stored, or is stored: otherwise nothing waits for it.
    pub(crate) fn is_used(&self) -> bool {
        let places = lock(&self.places);
        places.server.is_some() || !places.own.is_empty()
    }

    /// The store of the server.
    pub(crate) fn server(&self) -> Option<ArtefactStore> {
        lock(&self.places).server.clone()
    }

    /// People's stores.
    pub(super) fn own_stores(&self) -> Vec<ResultsStoreRow> {
        lock(&self.places).own.values().map(|own| own.row.clone()).collect()
    }

    /// The store at a place.
    pub(crate) fn store_at(&self, place: &Place) -> Result<ArtefactStore, ArtefactError> {
        let places = lock(&self.places);
        let gone = |store: &str| ArtefactError::Failed {
            store: store.to_owned(),
            detail: "it is no longer one of this server's stores".to_owned(),
        };
        match place {
            Place::Server => places.server.clone().ok_or_else(|| gone("The server's store")),
            Place::Own(id) => places.own.get(id).map_or_else(|| Err(gone("The store")), |own| own.opened.clone()),
        }
    }

    pub(super) fn address_of(&self, place: &Place) -> String {
        let places = lock(&self.places);
        match place {
            Place::Server => places.server.as_ref().map(|store| store.address().to_owned()),
            Place::Own(id) => places.own.get(id).map(|own| own.row.address.clone()),
        }
        .unwrap_or_default()
    }

    /// The store for that person's runs that are in no store yet: their own, otherwise the server's.
    pub(super) fn destination(&self, owner: &str) -> Option<Place> {
        let places = lock(&self.places);
        let own = places.own.values().find(|own| own.row.is_current && own.row.owner.id == owner);
        own.map(|own| Place::Own(own.row.id.clone())).or_else(|| places.server.as_ref().map(|_| Place::Server))
    }

    /// The person's store that a run is in, or may be.
    pub(crate) fn placed(&self, run: &RunId) -> Option<Place> {
        lock(&self.places).runs.get(run).cloned().map(Place::Own)
    }

    /// The runs that are in people's stores, or may be.
    pub(crate) fn placed_runs(&self) -> Vec<RunId> {
        lock(&self.places).runs.keys().cloned().collect()
    }

    /// The store of a run, as far as it is known without its folder.
    pub(super) fn place_for(&self, run: &Run) -> Option<Place> {
        self.placed(&run.id).or_else(|| self.destination(&run.owner.id))
    }

    /// The store of a run with that manifest in its folder.
    pub(super) fn place_by(&self, run: &Run, manifest: Option<&Manifest>) -> Option<Place> {
        let placed = self.placed(&run.id);
        let is_in = |place: &Place| manifest.is_some_and(|manifest| manifest.store == self.address_of(place));
        let known = placed
            .clone()
            .filter(is_in)
            .or_else(|| Some(Place::Server).filter(|server| placed.is_none() && is_in(server)));
        known.or_else(|| self.destination(&run.owner.id))
    }

    /// The store that has a run, by the manifest in its folder; `None`: none of the current stores.
    pub(crate) fn holder(&self, run: &RunId, manifest: &Manifest) -> Option<Place> {
        let place = self.placed(run).unwrap_or(Place::Server);
        (self.address_of(&place) == manifest.store).then_some(place)
    }

    fn note_placed(&self, run: &RunId, place: &Place) {
        let mut places = lock(&self.places);
        match place {
            Place::Server => places.runs.remove(run),
            Place::Own(id) => places.runs.insert(run.clone(), id.clone()),
        };
    }
}

impl Engine {
    /// Reads which runs are in people's stores, at the start: later changes are made here too.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn load_placed_runs(&self) -> Result<(), EngineError> {
        let runs = self.store().placed_runs().await?.into_iter().collect();
        lock(&self.archives().places).runs = runs;
        Ok(())
    }

    /// Reads which stores people have.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn load_results_stores(&self) -> Result<(), EngineError> {
        // Under the lock, so that the last caller has read the newest rows.
        let _turn = self.archives().loading.lock().await;
        let rows = self.store().results_stores().await?.into_iter();
        let own = rows.map(|row| (row.id.clone(), OwnStore { opened: self.open_results_store(&row), row })).collect();
        lock(&self.archives().places).own = own;
        Ok(())
    }

    /// Records that a run may be in that store from now on, and in no other.
    pub(super) async fn place_run(&self, run: &RunId, place: &Place) -> Result<(), EngineError> {
        match place {
            Place::Server => self.store().displace_run(run).await?,
            Place::Own(id) => self.store().place_run(run, id).await?,
        }
        self.archives().note_placed(run, place);
        Ok(())
    }

    /// Records that nothing of a run is in a person's store any more.
    pub(crate) async fn displace_run(&self, run: &RunId) -> Result<(), EngineError> {
        self.place_run(run, &Place::Server).await?;
        self.load_results_stores().await
    }
}
