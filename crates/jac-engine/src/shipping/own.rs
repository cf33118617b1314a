//! People's own search targets: saved, tested, deleted. Their runs are shipped there as to the server's.

use super::Shipping;
use super::view::{ShipmentTrouble, trouble_of};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::set_keys::SetKeys;
use jac_model::ports::CredentialSource;
use jac_model::reach::{Reach, Unreached, reach_of};
use jac_model::search::{
    OwnTarget, OwnTargetAuth, OwnTargetFault, OwnTargetSettings, SampleTarget, TargetError, TargetMaker,
};
use jac_model::{Fault, Named, Person, RunId};
use jac_store::SearchTargetRow;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Targets of one person.
const MOST: usize = 5;
const LONGEST_NAME: usize = 40;
const LONGEST_TEXT: usize = 1_024;
const LONGEST_CA: usize = 64 * 1024;
const MOST_LABELS: usize = 20;
/// How long a target may take to identify itself.
const TRY_LIMIT: Duration = Duration::from_secs(30);

/// A search target to save. At most one method of authentication.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSearchTarget {
    /// Its owner's name for it: lower-case letters, digits and hyphens.
    pub name: String,
    pub settings: OwnTargetSettings,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub password: Option<String>,
    /// Elasticsearch's, encoded or as `id:api_key`.
    #[serde(default)]
    pub api_key: Option<String>,
    /// Of Amazon's service, with `credentials`.
    #[serde(default)]
    pub aws_region: Option<String>,
    /// The ID of one of your own sets of AWS credentials.
    #[serde(default)]
    pub credentials: Option<String>,
}

impl std::fmt::Debug for NewSearchTarget {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "NewSearchTarget({}, …)", self.name)
    }
}

/// A person's target as its owner sees it: without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnTargetView {
    /// Its name on this server, which shipments are of.
    pub id: String,
    pub name: String,
    pub owner: Person,
    pub settings: OwnTargetSettings,
    pub username: Option<String>,
    /// Whether a password or an API key is saved.
    pub has_secret: bool,
    pub aws_region: Option<String>,
    /// The set of credentials that requests are signed with.
    pub credentials: Option<Named>,
    /// Number of runs being shipped to it or waiting.
    #[serde(default)]
    pub unfinished: u64,
    /// Why one of them is delayed.
    #[serde(default)]
    pub trouble: Option<ShipmentTrouble>,
    pub saved_ms: i64,
}

/// The stored data of a target, except its secret.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    settings: OwnTargetSettings,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    aws_region: Option<String>,
}

/// The sealed part. It has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sealed {
    Password(String),
    ApiKey(String),
}

impl NewSearchTarget {
    fn tidy(self) -> Self {
        let tidy = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let own = self.settings;
        let settings = OwnTargetSettings {
            url: own.url.trim().to_owned(),
            ca_pem: tidy(own.ca_pem),
            namespace: tidy(own.namespace),
            index: tidy(own.index),
            service: tidy(own.service),
            dashboards_url: tidy(own.dashboards_url),
            ..own
        };
        Self {
            name: self.name.trim().to_owned(),
            settings,
            username: tidy(self.username),
            // A password may begin or end with a blank.
            password: self.password.filter(|password| !password.is_empty()),
            api_key: tidy(self.api_key),
            aws_region: tidy(self.aws_region),
            credentials: tidy(self.credentials),
        }
    }

    fn faults(&self, allowed_endpoints: &[String]) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, code: &str, message: &str| faults.push(Fault::at(field, code, message));
        let in_names = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.name.is_empty() || self.name.len() > LONGEST_NAME || !self.name.bytes().all(in_names) {
            fault("/name", Fault::MALFORMED, "A name must have 1 to 40 lower-case letters, digits or hyphens.");
        }
        match reach_of(&self.settings.url, allowed_endpoints) {
            Ok(_) => (),
            Err(Unreached::Malformed) => {
                fault(
                    "/settings/url",
                    Fault::MALFORMED,
                    "Invalid address. Expected https:// and a host, e.g. https://search.example:9200; http:// only where an administrator allows it.",
                );
            }
            Err(Unreached::NotAllowed) => fault(
                "/settings/url",
                "endpoint_not_allowed",
                "This server connects to HTTPS at public addresses only. An administrator can allow this address (allowed_endpoints).",
            ),
        }
        let texts = [
            ("/username", &self.username),
            ("/password", &self.password),
            ("/api_key", &self.api_key),
            ("/settings/service", &self.settings.service),
            ("/settings/dashboards_url", &self.settings.dashboards_url),
        ];
        for (field, _) in
            texts.into_iter().filter(|(_, text)| text.as_ref().is_some_and(|text| text.len() > LONGEST_TEXT))
        {
            fault(field, Fault::OUT_OF_RANGE, "It is longer than 1,024 characters.");
        }
        if self.settings.ca_pem.as_ref().is_some_and(|pem| pem.len() > LONGEST_CA) {
            fault("/settings/ca_pem", Fault::OUT_OF_RANGE, "The certificates are longer than 64 KiB.");
        }
        let labels = &self.settings.labels;
        let is_long =
            |(name, value): (&String, &String)| name.is_empty() || name.len() > 100 || value.len() > LONGEST_TEXT;
        if labels.len() > MOST_LABELS || labels.iter().any(is_long) {
            fault(
                "/settings/labels",
                Fault::OUT_OF_RANGE,
                "At most 20 labels are allowed: names up to 100 characters, values up to 1,024.",
            );
        }
        match (&self.username, &self.password) {
            (Some(_), None) => fault("/password", Fault::MISSING, "The password is missing."),
            (None, Some(_)) => fault("/username", Fault::MISSING, "The user name is missing."),
            _ => (),
        }
        match (&self.aws_region, &self.credentials) {
            (Some(_), None) => fault("/credentials", Fault::MISSING, "The credentials are missing."),
            (None, Some(_)) => fault("/aws_region", Fault::MISSING, "The region is missing."),
            _ => (),
        }
        let ways = [self.username.is_some(), self.api_key.is_some(), self.aws_region.is_some()];
        if ways.into_iter().filter(|is_used| *is_used).count() > 1 {
            fault(
                "/api_key",
                Fault::CONFLICTING,
                "Give one way to sign in: a password, an API key or AWS credentials.",
            );
        }
        faults
    }

    /// The field that a refusal of the target is about.
    fn field_of(&self, error: &TargetError) -> &'static str {
        match error.code {
            "search_certificate" => "/settings/ca_pem",
            "search_denied" | "search_credentials" | "search_privileges_missing" => {
                let given = [
                    (self.password.is_some(), "/password"),
                    (self.api_key.is_some(), "/api_key"),
                    (self.credentials.is_some(), "/credentials"),
                ];
                given.into_iter().find(|(is_given, _)| *is_given).map_or("/settings/url", |(_, field)| field)
            }
            _ => "/settings/url",
        }
    }
}

fn unmade(fault: OwnTargetFault) -> EngineError {
    EngineError::faulty("search_target_invalid", vec![in_field(fault)])
}

fn in_field(OwnTargetFault { key, message }: OwnTargetFault) -> Fault {
    let field = match key {
        "username" => "/username".to_owned(),
        "api_key_file" => "/api_key".to_owned(),
        key => format!("/settings/{key}"),
    };
    Fault::at(&field, Fault::MALFORMED, message)
}

/// Every fault of a target's settings: after each one, the target is made without the setting.
fn faults_of_settings(maker: &dyn TargetMaker, new: &NewSearchTarget, has_valid_url: bool) -> Vec<Fault> {
    const VALID_URL: &str = "https://replaced.invalid";
    let mut settings = new.settings.clone();
    if !has_valid_url {
        VALID_URL.clone_into(&mut settings.url);
    }
    let mut faults: Vec<OwnTargetFault> = Vec::new();
    loop {
        let (name, settings_now) = (new.name.clone(), settings.clone());
        let target = OwnTarget { name, settings: settings_now, auth: OwnTargetAuth::None, reach: Reach::Anywhere };
        let Err(fault) = maker.make(target) else { break };
        match fault.key {
            // It cannot be replaced, or it was.
            key if faults.iter().any(|known| known.key == key) => break,
            "url" => VALID_URL.clone_into(&mut settings.url),
            "ca_pem" => settings.ca_pem = None,
            "namespace" => settings.namespace = None,
            "index" => settings.index = None,
            "dashboards_url" => settings.dashboards_url = None,
            _ => (),
        }
        faults.push(fault);
    }
    faults.into_iter().map(in_field).collect()
}

impl Shipping {
    pub(super) fn maker(&self) -> Option<Arc<dyn TargetMaker>> {
        self.maker.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Engine {
    /// Sets the factory of people's own search targets. Without it, people cannot have any.
    pub fn make_search_targets_with(&self, maker: Arc<dyn TargetMaker>) {
        *self.shipping().maker.lock().unwrap_or_else(PoisonError::into_inner) = Some(maker);
    }

    /// The search targets of a person, or of everybody.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn own_search_targets(&self, owner: Option<&str>) -> Result<Vec<OwnTargetView>, EngineError> {
        let sets = self.store().credentials().await?;
        let rows = self.store().search_targets().await?.into_iter();
        let unfinished = self.store().unfinished_shipments().await?;
        let view = |row: SearchTargetRow| {
            let own = || unfinished.iter().filter(|shipment| shipment.target == row.id);
            let (waiting, trouble) = (own().count() as u64, own().find_map(trouble_of));
            // One that a newer JAC has written is skipped.
            let kept: Kept = serde_json::from_str(&row.settings).ok()?;
            let name_of =
                |id: &str| sets.iter().find(|set| set.id == id).map(|set| set.name.clone()).unwrap_or_default();
            Some(OwnTargetView {
                credentials: row.credentials.map(|id| Named { name: name_of(&id), id }),
                id: row.id,
                name: row.name,
                owner: row.owner,
                settings: kept.settings,
                username: kept.username,
                has_secret: row.sealed.is_some(),
                aws_region: kept.aws_region,
                unfinished: waiting,
                trouble,
                saved_ms: row.saved_ms,
            })
        };
        Ok(rows.filter(|row| owner.is_none_or(|owner| row.owner.id == owner)).filter_map(view).collect())
    }

    /// One target.
    ///
    /// # Errors
    /// When it does not exist.
    pub async fn own_search_target(&self, id: &str) -> Result<OwnTargetView, EngineError> {
        let found = self.own_search_targets(None).await?.into_iter().find(|target| target.id == id);
        found.ok_or_else(|| super::targets::not_found(id))
    }

    /// Saves a target, new or as a replacement of `before`. Its owner's active runs are shipped to it from now on.
    ///
    /// # Errors
    /// When it is not a valid target (all faults are reported, with their fields), does not respond like one, or its owner has too many.
    pub async fn save_search_target(
        &self,
        owner: &Person,
        before: Option<&OwnTargetView>,
        new: NewSearchTarget,
        is_tried: bool,
    ) -> Result<OwnTargetView, EngineError> {
        let new = new.tidy();
        let mut faults = new.faults(&self.settings().allowed_endpoints);
        if let Some(id) = &new.credentials {
            let sets = self.store().credentials().await?;
            if !sets.iter().any(|set| set.id == *id && set.owner.id == owner.id && set.kind.is_aws()) {
                let message = format!("You have no AWS credentials with the ID {id}.");
                faults.push(Fault::at("/credentials", "credentials_unknown", message));
            }
        }
        if let Some(maker) = self.shipping().maker() {
            let has_valid_url = faults.iter().all(|fault| fault.field.as_deref() != Some("/settings/url"));
            faults.extend(faults_of_settings(maker.as_ref(), &new, has_valid_url));
        }
        if !faults.is_empty() {
            return Err(EngineError::faulty("search_target_invalid", faults));
        }
        if before.is_none() && self.own_search_targets(Some(&owner.id)).await?.len() >= MOST {
            let message = format!("You have {MOST} search targets, the limit per person.");
            return Err(EngineError::invalid("too_many_search_targets", message));
        }
        let id = match before {
            Some(before) => before.id.clone(),
            None => self.new_target_id(&new.name).await?,
        };
        let secret = match (&new.password, &new.api_key) {
            (Some(password), _) => Some(Sealed::Password(password.clone())),
            (None, Some(key)) => Some(Sealed::ApiKey(key.clone())),
            (None, None) => None,
        };
        let kept =
            Kept { settings: new.settings.clone(), username: new.username.clone(), aws_region: new.aws_region.clone() };
        let unwritable = |error: serde_json::Error| EngineError::JMeter(error.to_string());
        let sealed = match &secret {
            Some(secret) => Some(self.vault().seal(
                &SearchTargetRow::purpose_of(&id, &owner.id),
                &serde_json::to_vec(secret).map_err(unwritable)?,
            )?),
            None => None,
        };
        let row = SearchTargetRow {
            id: id.clone(),
            owner: owner.clone(),
            name: new.name.clone(),
            settings: serde_json::to_string(&kept).map_err(unwritable)?,
            credentials: new.credentials.clone(),
            sealed,
            saved_ms: self.now_ms(),
        };
        let target = self.make_own_target(&row)?;
        if is_tried {
            let late = |_| TargetError::new("search_timeout", "The search target did not answer in time.");
            let tried = timeout(TRY_LIMIT, target.test()).await.map_err(late).and_then(|tested| tested);
            tried.map_err(|error| {
                let fault = Fault::at(new.field_of(&error), error.code, error.message);
                EngineError::faulty("search_target_refused", vec![fault])
            })?;
        }
        self.store().put_search_target(row).await?;
        tracing::info!(target = id, "the search target {id} was saved");
        self.load_own_targets().await?;
        self.shipping().poke_target(&id);
        for run in self.store().unfinished_runs().await? {
            if run.owner.id == owner.id {
                self.begin_shipping(&run.id).await?;
            }
        }
        self.own_search_target(&id).await
    }

    /// A name on this server that no target has: the server's have no dot.
    async fn new_target_id(&self, name: &str) -> Result<String, EngineError> {
        let taken = self.store().search_targets().await?;
        loop {
            let id = format!("{name}.{}", hex::encode(rand::random::<[u8; 2]>()));
            if !taken.iter().any(|row| row.id == id) {
                return Ok(id);
            }
        }
    }

    /// Deletes a target. Shipped documents are kept there, and nothing more is shipped.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn delete_own_search_target(&self, id: &str) -> Result<(), EngineError> {
        self.store().delete_search_target(id).await?;
        self.load_own_targets().await?;
        // Active shipments find that the target no longer exists.
        self.shipping().poke_target(id);
        Ok(())
    }

    /// Deletes a removed person's targets.
    pub(crate) async fn leave_search_targets(&self, leaving: &Person) -> Result<(), EngineError> {
        for target in self.store().search_targets().await?.into_iter().filter(|row| row.owner.id == leaving.id) {
            self.delete_own_search_target(&target.id).await?;
        }
        Ok(())
    }

    /// Reads which targets people have.
    pub(super) async fn load_own_targets(&self) -> Result<(), EngineError> {
        // Under the lock, so that the last caller has read the newest rows.
        let _turn = self.shipping().loading.lock().await;
        let made =
            self.store().search_targets().await?.into_iter().filter_map(|row| match self.make_own_target(&row) {
                Ok(target) => Some((row.owner.id, target)),
                Err(error) => {
                    tracing::warn!(target = row.id, "the search target {} cannot be used: {error}", row.id);
                    None
                }
            });
        *self.shipping().own.lock().unwrap_or_else(PoisonError::into_inner) = made.collect();
        Ok(())
    }

    fn make_own_target(&self, row: &SearchTargetRow) -> Result<Arc<dyn SampleTarget>, EngineError> {
        let unusable =
            || EngineError::invalid("search_not_configured", "This server does not support search targets of people.");
        let maker = self.shipping().maker().ok_or_else(unusable)?;
        let kept: Kept = serde_json::from_str(&row.settings).map_err(|error| EngineError::JMeter(error.to_string()))?;
        let reach = reach_of(&kept.settings.url, &self.settings().allowed_endpoints).map_err(|_| {
            EngineError::invalid_field(
                "search_target_invalid",
                "/settings/url",
                "This server may not connect to the address of the search target.",
            )
        })?;
        let secret = match &row.sealed {
            Some(sealed) => {
                let opened = self.vault().open(&row.purpose(), sealed)?;
                let read = serde_json::from_slice(&opened);
                Some(read.map_err(|error: serde_json::Error| EngineError::JMeter(error.to_string()))?)
            }
            None => None,
        };
        let auth = match (secret, &row.credentials) {
            (Some(Sealed::Password(password)), _) => {
                OwnTargetAuth::Basic { user: kept.username.unwrap_or_default(), password }
            }
            (Some(Sealed::ApiKey(key)), _) => OwnTargetAuth::ApiKey(key),
            (None, Some(set)) => OwnTargetAuth::Aws {
                region: kept.aws_region.unwrap_or_default(),
                keys: Arc::new(SetKeys::of(self, &row.owner.id, set)),
            },
            (None, None) => OwnTargetAuth::None,
        };
        maker.make(OwnTarget { name: row.id.clone(), settings: kept.settings, auth, reach }).map_err(unmade)
    }

    /// The owner of the targets that a run is shipped to in addition to the server's.
    pub(super) async fn owner_of_run(&self, run: &RunId) -> Result<String, EngineError> {
        Ok(self.store().run(run).await?.run.owner.id)
    }
}
