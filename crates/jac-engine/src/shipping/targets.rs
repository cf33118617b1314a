//! The search targets for each person: the server's, for everybody, and people's own.
//!
//! `shipping/own.rs` saves and creates people's own.

use super::Shipping;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::search::{SampleTarget, TargetTest};
use std::sync::{Arc, PoisonError};

impl Shipping {
    /// All targets, the server's first.
    pub(super) fn targets(&self) -> Vec<Arc<dyn SampleTarget>> {
        self.targets_of(None)
    }

    /// The targets for that person's runs: the server's and their own. `None`: everybody's.
    pub(super) fn targets_of(&self, owner: Option<&str>) -> Vec<Arc<dyn SampleTarget>> {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = own.iter().filter(|(of, _)| owner.is_none_or(|owner| of == owner));
        targets.extend(theirs.map(|(_, target)| Arc::clone(target)));
        targets
    }

    /// The ID of the person whom a target belongs to; `None`: the target is the server's, or does not exist.
    fn owner_of(&self, target: &str) -> Option<String> {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.iter().find(|(_, own)| own.info().name == target).map(|(owner, _)| owner.clone())
    }

    /// A target was changed or removed: its shipments check that.
    pub(super) fn poke_target(&self, target: &str) {
        self.working().iter().filter(|((_, of), _)| of == target).for_each(|(_, work)| work.poked.notify_one());
    }
}

/// A target as part of a list that can be searched by name.
pub(super) fn named<'a>(targets: &'a [Arc<dyn SampleTarget>], name: &str) -> Option<&'a Arc<dyn SampleTarget>> {
    targets.iter().find(|target| target.info().name == name)
}

impl Engine {
    /// Queries a target's identity.
    ///
    /// # Errors
    /// When the target does not exist, or is not usable.
    pub async fn test_search_target(&self, name: &str) -> Result<TargetTest, EngineError> {
        let targets = self.shipping().targets();
        let target = named(&targets, name).ok_or_else(|| not_found(name))?;
        Ok(target.test().await?)
    }

    /// The ID of the person whose own target this is; `None`: the target is the server's, or does not exist.
    pub fn search_target_owner(&self, name: &str) -> Option<String> {
        self.shipping().owner_of(name)
    }

    pub(super) fn named_targets(&self, owner: &str, target: Option<&str>) -> Result<Vec<String>, EngineError> {
        let targets = self.shipping().targets_of(Some(owner));
        let all: Vec<String> = targets.iter().map(|target| target.info().name).collect();
        match target {
            None if all.is_empty() => Err(EngineError::invalid(
                "search_not_configured",
                "No search target is configured. Add one of your own under Settings, Search, or to the server: `search_url`, or a [[search]] table in jac.toml.",
            )),
            None => Ok(all),
            Some(name) if all.iter().any(|known| known == name) => Ok(vec![name.to_owned()]),
            Some(name) => Err(not_found(name)),
        }
    }
}

pub(super) fn not_found(name: &str) -> EngineError {
    EngineError::NotFound { kind: "search target", id: name.to_owned() }
}
