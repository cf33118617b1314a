//! Plans.

use crate::audit::AuditedChange;
use crate::documents::{self, Document, Kind, PLAN_UPGRADES, Put, search_text};
use crate::people::must_be_there;
use crate::{Store, StoreError, during};
use jac_model::{Plan, PlanId};
use rusqlite::Connection;
use rusqlite::types::Value as Sql;
use std::collections::BTreeMap;

impl Document for Plan {
    const KIND: Kind = Kind::Plan;
    const UPGRADES: &'static [fn(&mut serde_json::Map<String, serde_json::Value>)] = PLAN_UPGRADES;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn columns(&self) -> Result<Vec<(&'static str, Sql)>, StoreError> {
        let number = |number: u64| Sql::from(i64::try_from(number).unwrap_or(i64::MAX));
        Ok(vec![
            ("created_ms", self.created_ms.into()),
            ("name", self.name.clone().into()),
            ("owner", self.owner.id.clone().into()),
            ("owner_name", self.owner.name.clone().into()),
            ("team", self.team.as_ref().map(|team| team.id.clone()).into()),
            ("team_name", self.team.as_ref().map(|team| team.name.clone()).into()),
            ("revision", self.revision.into()),
            ("ephemeral", self.ephemeral.into()),
            ("main_file", self.main_file.clone().into()),
            ("files", number(self.files.len() as u64)),
            ("bytes", number(self.bytes())),
            ("search", search_text(&[self.id.as_str(), &self.name, &self.owner.name]).into()),
        ])
    }
}

/// Writes down when a plan was last run.
pub(crate) fn note_last_run(connection: &Connection, plan: &str) -> Result<(), StoreError> {
    let sql =
        "UPDATE plans SET last_run_ms = ifnull((SELECT max(created_ms) FROM runs WHERE plan = ?1), -1) WHERE id = ?1";
    let noted = connection.prepare_cached(sql).and_then(|mut statement| statement.execute([plan]));
    noted.map(drop).map_err(during("note a plan's last run"))
}

pub(crate) const RUNS_BY_REVISION: &str = "SELECT plan_revision, count(*) FROM runs INDEXED BY runs_by_plan_revision
    WHERE plan = ?1 AND plan_revision IS NOT NULL GROUP BY plan_revision";

impl Store {
    /// How many runs there are of each revision of a plan that runs have run.
    pub async fn runs_by_revision(&self, plan: &PlanId) -> Result<BTreeMap<u32, u32>, StoreError> {
        let plan = plan.clone();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(RUNS_BY_REVISION).map_err(during("count a plan's runs"))?;
            let rows = statement.query_map([plan.as_str()], |row| Ok((row.get(0)?, row.get(1)?)));
            rows.and_then(Iterator::collect).map_err(during("count a plan's runs"))
        })
        .await
    }

    /// Writes a new plan down.
    pub async fn insert_plan(&self, plan: &Plan) -> Result<(), StoreError> {
        let plan = plan.clone();
        self.write(move |connection| {
            must_be_there(connection, &plan.owner)?;
            AuditedChange::makes("plan", plan.id.as_str(), &plan.name);
            documents::put(connection, &plan, Put::New)?;
            note_last_run(connection, plan.id.as_str())
        })
        .await
    }

    /// Records a changed or restored plan.
    pub async fn put_plan(&self, plan: &Plan) -> Result<(), StoreError> {
        let plan = plan.clone();
        self.write(move |connection| {
            AuditedChange::makes("plan", plan.id.as_str(), &plan.name);
            documents::put(connection, &plan, Put::Over)?;
            note_last_run(connection, plan.id.as_str())
        })
        .await
    }

    /// The plan of that id.
    pub async fn plan(&self, id: &PlanId) -> Result<Plan, StoreError> {
        let id = id.clone();
        self.read(move |connection| documents::document(connection, id.as_str())).await
    }

    /// Deletes a plan. Its runs keep its name.
    pub async fn delete_plan(&self, id: &PlanId) -> Result<(), StoreError> {
        let id = id.clone();
        self.write(move |connection| documents::remove::<Plan>(connection, id.as_str())).await
    }
}
