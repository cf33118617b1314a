//! Secret values of a schedule's properties: masked in its document, and stored encrypted next to it until they are
//! needed.

use super::RunChanges;
use crate::engine::Engine;
use crate::error::EngineError;
pub(super) use crate::runs::secrets::Sealed;
use crate::runs::secrets::{faults_of_masks, take_out, unmask};
use jac_model::ports::CredentialSource;
use jac_model::{RunId, Schedule, ScheduleId, ScheduledRun};

fn purpose(id: &ScheduleId) -> String {
    format!("properties of the schedule {id}")
}

fn purpose_of_changes(run: &RunId) -> String {
    format!("changes of {run}")
}

impl Engine {
    /// Masks the secrets of a schedule's runs and seals them. `known`: the previous ones, for values that are sent back
    /// masked.
    pub(super) fn seal_scheduled(
        &self,
        id: &ScheduleId,
        run: &mut ScheduledRun,
        known: Option<&Sealed>,
    ) -> Result<Option<String>, EngineError> {
        let none = Sealed::default();
        let known = known.unwrap_or(&none);
        unmask(&mut run.properties, &known.properties);
        unmask(&mut run.system_properties, &known.system_properties);
        let faults: Vec<_> = faults_of_masks(&run.properties, &run.system_properties)
            .into_iter()
            .map(|fault| fault.under("/run"))
            .collect();
        if !faults.is_empty() {
            return Err(EngineError::faulty("schedule_invalid", faults));
        }
        let sealed = Sealed {
            properties: take_out(&mut run.properties, &run.secret),
            system_properties: take_out(&mut run.system_properties, &run.secret),
        };
        if sealed.properties.is_empty() && sealed.system_properties.is_empty() {
            return Ok(None);
        }
        self.seal(&purpose(id), &sealed).map(Some)
    }

    /// The true values of the masked properties.
    pub(super) fn open_scheduled(&self, schedule: &Schedule) -> Result<Sealed, EngineError> {
        let sealed = schedule.sealed_properties.as_deref();
        sealed.map_or_else(|| Ok(Sealed::default()), |sealed| self.unseal(&purpose(&schedule.id), sealed))
    }

    /// Settings of a manual run that differ from its schedule, encrypted; never shown, so no property has to be marked as secret.
    pub(super) fn seal_changes(&self, run: &RunId, changes: &RunChanges) -> Result<Option<String>, EngineError> {
        if *changes == RunChanges::default() {
            return Ok(None);
        }
        self.seal(&purpose_of_changes(run), changes).map(Some)
    }

    pub(super) fn open_changes(&self, run: &RunId, sealed: Option<&str>) -> Result<RunChanges, EngineError> {
        sealed.map_or_else(|| Ok(RunChanges::default()), |sealed| self.unseal(&purpose_of_changes(run), sealed))
    }

    fn seal(&self, purpose: &str, what: &impl serde::Serialize) -> Result<String, EngineError> {
        let bytes = serde_json::to_vec(what).map_err(|error| EngineError::JMeter(error.to_string()))?;
        Ok(hex::encode(self.vault().seal(purpose, &bytes)?))
    }

    fn unseal<T: serde::de::DeserializeOwned>(&self, purpose: &str, sealed: &str) -> Result<T, EngineError> {
        let unreadable = |error: &dyn std::fmt::Display| {
            EngineError::JMeter(format!("The schedule's secret properties cannot be read: {error}."))
        };
        let sealed = hex::decode(sealed).map_err(|error| unreadable(&error))?;
        let bytes = self.vault().open(purpose, &sealed)?;
        serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))
    }
}
