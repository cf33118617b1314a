//! People's own results stores: saved, tested, changed, abandoned. `archive` decides what is stored where.

use crate::archive::Place;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::set_keys::SetKeys;
use crate::shipping::ShipmentTrouble;
use jac_artefacts::{ArtefactError, ArtefactStore, Location, Options};
use jac_model::reach::{Reach, Unreached, reach_of};
use jac_model::{Fault, Named, Person, plural};
use jac_store::{CredentialRow, ResultsStoreRow};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Time limit for testing a store.
const TRY_LIMIT: Duration = Duration::from_secs(45);

/// A results store to save.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewResultsStore {
    /// `s3://BUCKET/PREFIX`.
    pub address: String,
    /// The region of the bucket; absent: that of the credentials.
    #[serde(default)]
    pub region: Option<String>,
    /// The URL of a store that speaks S3's protocol; absent: AWS.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The ID or ARN of the KMS key that objects are encrypted with; absent: the bucket's own encryption.
    #[serde(default)]
    pub kms_key: Option<String>,
    /// The storage class of logs, such as `STANDARD_IA`; absent: the bucket's own.
    #[serde(default)]
    pub storage_class: Option<String>,
    /// The ID of one of your own sets of AWS credentials.
    pub credentials: String,
}

/// A person's results store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResultsStoreView {
    pub id: String,
    pub owner: Person,
    /// `s3://BUCKET/PREFIX`.
    pub address: String,
    pub region: Option<String>,
    pub endpoint: Option<String>,
    pub kms_key: Option<String>,
    pub storage_class: Option<String>,
    /// The set of credentials that requests are signed with.
    pub credentials: Named,
    /// Whether its owner's new runs are stored there; otherwise it contains earlier ones.
    pub is_current: bool,
    /// Runs stored in it or being uploaded.
    pub runs: u64,
    /// Those of them that are not stored yet.
    #[serde(default)]
    pub waiting: u64,
    /// Those of `waiting` whose last upload failed; it will be retried.
    #[serde(default)]
    pub failed: u64,
    /// The error of the newest upload that failed.
    #[serde(default)]
    pub trouble: Option<ShipmentTrouble>,
    pub saved_ms: i64,
}

impl NewResultsStore {
    /// The entered text without white space at its ends; `None` if it was left empty.
    fn tidy(self) -> Self {
        let tidy = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        Self {
            address: self.address.trim().trim_end_matches('/').to_owned(),
            region: tidy(self.region),
            endpoint: tidy(self.endpoint).map(|endpoint| endpoint.trim_end_matches('/').to_owned()),
            kms_key: tidy(self.kms_key),
            storage_class: tidy(self.storage_class),
            credentials: self.credentials.trim().to_owned(),
        }
    }

    /// Every fault that can be detected without a connection.
    fn faults(&self, allowed_endpoints: &[String]) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, code: &str, message: &str| faults.push(Fault::at(field, code, message));
        // Its name becomes part of a host's.
        let in_buckets = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || ".-".contains(letter);
        // An invalid location is reported below, as a fault of the address.
        let location = Location::parse(&self.address).ok();
        let bucket = location.as_ref().and_then(Location::s3_bucket);
        if self.address.is_empty() {
            fault("/address", Fault::MISSING, "The address is missing.");
        } else if !bucket.is_some_and(|bucket| (3..=63).contains(&bucket.len()) && bucket.chars().all(in_buckets)) {
            fault("/address", Fault::MALFORMED, "Invalid address. Expected s3://BUCKET/PREFIX.");
        }
        let in_regions = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if self.region.as_ref().is_some_and(|region| region.len() > 64 || !region.chars().all(in_regions)) {
            fault("/region", Fault::MALFORMED, "Invalid region. Expected e.g. eu-central-1.");
        }
        match self.endpoint.as_ref().map(|endpoint| reach_of(endpoint, allowed_endpoints)) {
            None | Some(Ok(_)) => (),
            Some(Err(Unreached::Malformed)) => {
                fault(
                    "/endpoint",
                    Fault::MALFORMED,
                    "Invalid endpoint. Expected https:// and a host, e.g. https://minio.example; http:// only where an administrator allows it.",
                );
            }
            Some(Err(Unreached::NotAllowed)) => fault(
                "/endpoint",
                "endpoint_not_allowed",
                "This server connects to HTTPS at public addresses only. An administrator can allow this endpoint (allowed_endpoints).",
            ),
        }
        let is_printable = |text: &String, longest: usize| {
            text.len() <= longest && text.chars().all(|letter| letter.is_ascii_graphic())
        };
        if self.kms_key.as_ref().is_some_and(|key| !is_printable(key, 2048)) {
            fault("/kms_key", Fault::MALFORMED, "Invalid KMS key. Expected its ID or ARN.");
        }
        let in_classes = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
        if self.storage_class.as_ref().is_some_and(|class| class.len() > 64 || !class.chars().all(in_classes)) {
            fault("/storage_class", Fault::MALFORMED, "Invalid storage class. Expected e.g. STANDARD_IA.");
        }
        if self.credentials.is_empty() {
            fault("/credentials", Fault::MISSING, "The credentials are missing.");
        }
        faults
    }
}

/// The field that a store's refusal is about.
fn field_of(error: &ArtefactError, new: &NewResultsStore) -> Option<&'static str> {
    Some(match error {
        ArtefactError::Url { .. } | ArtefactError::BucketMissing { .. } => "/address",
        ArtefactError::WrongRegion { .. } => "/region",
        ArtefactError::CredentialsMissing { .. }
        | ArtefactError::CredentialsRefused { .. }
        | ArtefactError::CredentialsExpired { .. } => "/credentials",
        ArtefactError::Denied { detail, .. } if new.kms_key.is_some() && detail.starts_with("KMS") => "/kms_key",
        ArtefactError::Denied { .. } => "/credentials",
        ArtefactError::EndpointNotAllowed { .. } | ArtefactError::Endpoint { .. } => "/endpoint",
        ArtefactError::Unreachable { .. } | ArtefactError::NotAStore { .. } => {
            if new.endpoint.is_some() {
                "/endpoint"
            } else {
                "/address"
            }
        }
        _ => return None,
    })
}

impl Engine {
    /// Opens a person's store. It does not connect yet.
    ///
    /// # Errors
    /// When its address is invalid, or this server may not connect to its endpoint.
    pub(crate) fn open_results_store(&self, row: &ResultsStoreRow) -> Result<ArtefactStore, ArtefactError> {
        let location = Location::parse(&row.address)?;
        let reach = match &row.endpoint {
            // Amazon's own names.
            None => Reach::Anywhere,
            Some(endpoint) => reach_of(endpoint, &self.settings().allowed_endpoints)
                .map_err(|_| ArtefactError::EndpointNotAllowed { store: row.address.clone() })?,
        };
        let options = Options {
            region: row.region.clone(),
            endpoint: row.endpoint.clone(),
            kms_key: row.kms_key.clone(),
            storage_class: row.storage_class.clone(),
            reach,
        };
        let keys = SetKeys::of(self, &row.owner.id, &row.credentials);
        ArtefactStore::new(&location, &options, Some(Arc::new(keys)))
    }

    /// The stores of a person, or of everybody, the current ones first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn results_stores(&self, owner: Option<&str>) -> Result<Vec<ResultsStoreView>, EngineError> {
        let rows = self.store().results_stores().await?.into_iter();
        let sets = self.store().credentials().await?;
        let mut runs: HashMap<String, u64> = HashMap::new();
        for (_, store) in self.store().placed_runs().await? {
            *runs.entry(store).or_default() += 1;
        }
        let matching = rows.filter(|row| owner.is_none_or(|owner| row.owner.id == owner));
        let view = |row: ResultsStoreRow| {
            let unstored = self.archives().unstored_at(&Place::Own(row.id.clone()));
            let name =
                sets.iter().find(|set| set.id == row.credentials).map(|set| set.name.clone()).unwrap_or_default();
            ResultsStoreView {
                runs: runs.get(&row.id).copied().unwrap_or_default(),
                waiting: unstored.waiting,
                failed: unstored.failed,
                trouble: unstored.trouble,
                credentials: Named { id: row.credentials, name },
                id: row.id,
                owner: row.owner,
                address: row.address,
                region: row.region,
                endpoint: row.endpoint,
                kms_key: row.kms_key,
                storage_class: row.storage_class,
                is_current: row.is_current,
                saved_ms: row.saved_ms,
            }
        };
        Ok(matching.map(view).collect())
    }

    /// One store.
    ///
    /// # Errors
    /// When it does not exist.
    pub async fn results_store(&self, id: &str) -> Result<ResultsStoreView, EngineError> {
        let found = self.results_stores(None).await?.into_iter().find(|store| store.id == id);
        found.ok_or_else(|| EngineError::NotFound { kind: "store", id: id.to_owned() })
    }

    /// Stores a person's runs there from now on, and earlier ones that are in no store. If they have a store at that
    /// address, it is changed; another store keeps the runs that it has. With `is_tried` the store is tested first by
    /// writing and removing an object.
    ///
    /// # Errors
    /// When it is not a valid store (all faults are reported, with their fields), or lacks an operation that a run needs.
    pub async fn use_results_store(
        &self,
        owner: &Person,
        new: NewResultsStore,
        is_tried: bool,
    ) -> Result<ResultsStoreView, EngineError> {
        let new = new.tidy();
        let known = self
            .store()
            .results_stores()
            .await?
            .into_iter()
            .find(|row| row.owner.id == owner.id && row.address == new.address && row.endpoint == new.endpoint);
        let id = known.map_or_else(|| format!("s-{}", hex::encode(rand::random::<[u8; 8]>())), |row| row.id);
        let row = self.checked_store(owner, id, new, true, is_tried).await?;
        self.put_results_store(row).await
    }

    /// Changes the settings for connecting to a store. Its address stays: its runs are there.
    ///
    /// # Errors
    /// As with [`Engine::use_results_store`], and when the store does not exist or the address differs.
    pub async fn change_results_store(
        &self,
        id: &str,
        new: NewResultsStore,
        is_tried: bool,
    ) -> Result<ResultsStoreView, EngineError> {
        let before = self.results_store(id).await?;
        let new = new.tidy();
        let mut faults = Vec::new();
        for (field, is_same) in
            [("/address", before.address == new.address), ("/endpoint", before.endpoint == new.endpoint)]
        {
            if !is_same {
                faults.push(Fault::at(
                    field,
                    "store_place_fixed",
                    "The address of a store that may contain runs cannot be changed. Add another store.",
                ));
            }
        }
        if !faults.is_empty() {
            return Err(EngineError::faulty("store_invalid", faults));
        }
        let row = self.checked_store(&before.owner, before.id, new, before.is_current, is_tried).await?;
        self.put_results_store(row).await
    }

    /// Tests a store: an object is written, read and removed.
    ///
    /// # Errors
    /// When the store does not exist, or lacks an operation that a run needs.
    pub async fn test_results_store(&self, id: &str) -> Result<(), EngineError> {
        self.results_store(id).await?;
        let store = self.archives().store_at(&Place::Own(id.to_owned()))?;
        Ok(within_limit(store.address(), store.try_out(&word())).await?)
    }

    /// Stores no further runs there. A store with runs is kept for them; one without runs is deleted.
    ///
    /// # Errors
    /// When the store does not exist, or it is a former one and has runs.
    pub async fn leave_results_store(&self, id: &str) -> Result<(), EngineError> {
        let view = self.results_store(id).await?;
        if view.runs > 0 && !view.is_current {
            return Err(EngineError::Conflict {
                message: format!("{} stored in {} would become unreadable.", plural(view.runs, "run"), view.address),
                hint: Some("The store is removed when the last of them is deleted.".to_owned()),
            });
        }
        let rows = self.store().results_stores().await?;
        let row = rows.into_iter().find(|row| row.id == id);
        if let Some(row) = row {
            // If it has no runs, this also deletes it.
            self.store().put_results_store(ResultsStoreRow { is_current: false, ..row }).await?;
        }
        self.places_changed(&view.owner.id).await
    }

    /// Hands over a removed person's stores to `next` if they have runs, as former stores.
    pub(crate) async fn leave_results_stores(&self, leaving: &Person, next: &Person) -> Result<(), EngineError> {
        self.store().hand_results_stores_over(&leaving.id, &next.id).await?;
        self.places_changed(&next.id).await
    }

    async fn checked_store(
        &self,
        owner: &Person,
        id: String,
        new: NewResultsStore,
        is_current: bool,
        is_tried: bool,
    ) -> Result<ResultsStoreRow, EngineError> {
        let mut faults = new.faults(&self.settings().allowed_endpoints);
        let sets = self.store().credentials().await?;
        let is_own = |set: &&CredentialRow| set.id == new.credentials && set.owner.id == owner.id && set.kind.is_aws();
        let set = sets.iter().find(is_own);
        if set.is_none() && !new.credentials.is_empty() {
            let message = format!("You have no AWS credentials with the ID {}.", new.credentials);
            faults.push(Fault::at("/credentials", "credentials_unknown", message));
        }
        let region = new.region.clone().or_else(|| set.and_then(|set| set.region.clone()));
        if region.is_none() && new.endpoint.is_none() {
            faults.push(Fault::at("/region", Fault::MISSING, "The region of the bucket is missing."));
        }
        if !faults.is_empty() {
            return Err(EngineError::faulty("store_invalid", faults));
        }
        let row = ResultsStoreRow {
            id,
            owner: owner.clone(),
            address: new.address.clone(),
            region,
            endpoint: new.endpoint.clone(),
            kms_key: new.kms_key.clone(),
            storage_class: new.storage_class.clone(),
            credentials: new.credentials.clone(),
            is_current,
            saved_ms: self.now_ms(),
        };
        let refused = |error: ArtefactError| {
            let sentence = error.to_string();
            let fault = match field_of(&error, &new) {
                Some(field) => Fault::at(field, error.code(), sentence),
                None => Fault::whole(error.code(), sentence),
            };
            let hint = error.hint().map(str::to_owned);
            let message = fault.message.clone();
            EngineError::Invalid { code: "store_refused", message, hint, faults: vec![fault] }
        };
        let store = self.open_results_store(&row).map_err(refused)?;
        if is_tried {
            within_limit(store.address(), store.try_out(&word())).await.map_err(refused)?;
        }
        Ok(row)
    }

    async fn put_results_store(&self, row: ResultsStoreRow) -> Result<ResultsStoreView, EngineError> {
        let (id, owner) = (row.id.clone(), row.owner.id.clone());
        self.store().put_results_store(row).await?;
        tracing::info!(store = %id, "the results store {id} was saved");
        self.places_changed(&owner).await?;
        self.results_store(&id).await
    }

    /// A person's stores or their credentials have changed: waiting uploads and removals are retried, and runs in no store are uploaded.
    pub(crate) async fn places_changed(&self, owner: &str) -> Result<(), EngineError> {
        self.load_results_stores().await?;
        self.archives().removals().notify_one();
        let (engine, owner) = (self.clone(), owner.to_owned());
        // It reads the folder of every run, and nothing waits for it.
        drop(self.spawn_blocking(move || {
            if let Err(error) = engine.queue_unstored_runs_of(&owner) {
                tracing::warn!(owner, %error, "runs of {owner} are stored after the next start only: {error}");
            }
        }));
        Ok(())
    }
}

/// The name of a test's object.
fn word() -> String {
    hex::encode(rand::random::<[u8; 8]>())
}

async fn within_limit(
    store: &str,
    trying: impl Future<Output = Result<(), ArtefactError>>,
) -> Result<(), ArtefactError> {
    let late =
        |_| ArtefactError::Unreachable { store: store.to_owned(), detail: "it did not answer in time".to_owned() };
    timeout(TRY_LIMIT, trying).await.map_err(late)?
}
