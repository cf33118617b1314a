//! Uploads that become the next revision of an existing plan: a file that is run repeatedly from a shell or a build is one plan of its
//! owner, with one history.

use super::staging::{choose_main, list_files, refuse_what_is_no_plan};
use super::{Kept, Staging, plan_name};
use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::{Order, Person, Plan, PlanId, PlanSort, folded, is_same_name};
use jac_store::{ListedPlan, PageRequest, PlanFilter, StoreError};
use sha2::{Digest, Sha256};

impl Engine {
    /// Makes an upload the next revision of the owner's plan of that name (empty or absent: the name of the `.jmx`), or a new plan if they have none.
    /// Unchanged files create no revision.
    ///
    /// An upload that is [kept with its runs](Kept::WithItsRuns) only matches such plans: an ordinary plan, which
    /// schedules and other people may use, is changed only on request.
    ///
    /// # Errors
    /// As [`Engine::create_plan`]; `plan_ambiguous` when several of their plans have that name.
    pub fn revise_plan(
        &self,
        owner: Person,
        name: Option<String>,
        main_file: Option<&str>,
        kept: Kept,
        staging: Staging,
    ) -> Result<Plan, EngineError> {
        let staging = self.unpacked(staging)?;
        let main_file = choose_main(&list_files(staging.path())?, main_file)?;
        let name = crate::titles::given(name)?.unwrap_or_else(|| plan_name(&main_file));
        // Two concurrent uploads create one plan.
        self.locked_plan(&id_of_name(&format!("{}/{name}", owner.id)), || {
            match self.plan_to_revise(&owner, &name, kept)? {
                Some(plan) => self.replace_plan_files(&plan.id, owner, Some(&main_file), staging),
                None => self.create_plan(owner, Some(name), Some(&main_file), kept, staging),
            }
        })
    }

    /// Replaces all files of a plan with those of an upload, as a new revision.
    ///
    /// # Errors
    /// When the plan does not exist, or the upload is not a plan.
    pub fn replace_plan_files(
        &self,
        id: &PlanId,
        by: Person,
        main_file: Option<&str>,
        staging: Staging,
    ) -> Result<Plan, EngineError> {
        let staging = self.unpacked(staging)?;
        let mut new = list_files(staging.path())?;
        let main_file = choose_main(&new, main_file)?;
        refuse_what_is_no_plan(staging.path(), &main_file)?;
        let stored = self.store_contents(staging.path(), &mut new);
        let replaced = stored.and_then(|()| {
            self.change_plan(id, by, |plan, _| {
                plan.main_file = main_file;
                plan.files.clone_from(&new);
                Ok(())
            })
        });
        // Rejected content has no user once the upload is removed.
        drop(staging);
        self.release_content(&new);
        replaced
    }

    fn plan_to_revise(&self, owner: &Person, name: &str, kept: Kept) -> Result<Option<Plan>, EngineError> {
        let (mut of_runs, mut uploaded) = (Vec::new(), Vec::new());
        for listed in self.plans_named(name, Some(owner))? {
            match wait(self.store().plan(&listed.id)) {
                Ok(plan) if plan.ephemeral => of_runs.push(plan),
                Ok(plan) => uploaded.push(plan),
                Err(StoreError::NotFound { .. } | StoreError::Unreadable { .. }) => (),
                Err(error) => return Err(error.into()),
            }
        }
        match (kept, uploaded.len()) {
            // Earlier versions created one for each run; the newest is continued.
            (Kept::WithItsRuns, _) | (Kept::UntilRemoved, 0) => Ok(of_runs.into_iter().next()),
            (Kept::UntilRemoved, 1) => Ok(uploaded.pop()),
            (Kept::UntilRemoved, _) => Err(ambiguous(name, uploaded.iter().map(|plan| &plan.id))),
        }
    }

    /// The plans with that name, of everybody or of one person, newest first.
    pub(crate) fn plans_named(&self, name: &str, owner: Option<&Person>) -> Result<Vec<ListedPlan>, EngineError> {
        let owners = owner.map(|owner| vec![owner.id.clone()]);
        let filter = PlanFilter { text: Some(name.to_owned()), owners, ..PlanFilter::default() };
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = PageRequest { sort: PlanSort::Created, order: Order::Descending, limit: 200, after };
            let page = wait(self.store().list_plans(&filter, &page))?;
            found.extend(page.items.into_iter().filter(|plan| is_same_name(&plan.name, name)));
            after = page.next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }
}

/// An ID derived from a name.
pub(crate) fn id_of_name(name: &str) -> PlanId {
    let digest: [u8; 32] = Sha256::digest(folded(name)).into();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    PlanId::from_random(bytes)
}

/// Several plans have the same name.
pub(crate) fn ambiguous<'a>(name: &str, ids: impl Iterator<Item = &'a PlanId>) -> EngineError {
    let ids: Vec<&str> = ids.map(PlanId::as_str).collect();
    let message = format!("{} plans have the name '{name}'. Give the ID of one: {}.", ids.len(), ids.join(", "));
    EngineError::invalid_field("plan_ambiguous", "/plan", message)
}
