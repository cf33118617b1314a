//! Annotations: texts at moments of a run, stored with the run and in its report.

use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::runs::change_report;
use crate::titles::is_strange;
use jac_model::{Annotation, EpochMs, Person, Run, RunId};

/// Maximum number of annotations of a run.
pub const MOST_ANNOTATIONS: usize = 100;
/// Maximum length of the text, in characters.
pub const LONGEST_ANNOTATION: usize = 200;
/// How far a moment may be ahead of the server's clock: the nodes' clocks may be ahead.
const AHEAD_MS: EpochMs = 24 * 3_600_000;

impl Engine {
    /// Adds an annotation to an active or finished run; without a time, at the current time.
    ///
    /// # Errors
    /// When the text is missing, too long or has control characters, the time is invalid, or the run has the maximum
    /// number of annotations already.
    pub async fn annotate_run(
        &self,
        id: &RunId,
        at_ms: Option<EpochMs>,
        text: &str,
        by: &Person,
    ) -> Result<Annotation, EngineError> {
        let now_ms = self.now_ms();
        let new = Annotation {
            id: format!("{:08x}", rand::random::<u32>()),
            at_ms: self.checked_moment(at_ms.unwrap_or(now_ms))?,
            text: checked_text(text)?,
            by: by.clone(),
            written_ms: now_ms,
        };
        let added = new.clone();
        self.change_annotations(id, move |annotations| {
            if annotations.len() >= MOST_ANNOTATIONS {
                let message = format!("A run can have at most {MOST_ANNOTATIONS} annotations. Remove one first.");
                return Err(EngineError::invalid("too_many_annotations", message));
            }
            annotations.push(added);
            Ok(())
        })
        .await?;
        Ok(new)
    }

    /// Changes an annotation's text, and its time if one is given.
    ///
    /// # Errors
    /// As [`Engine::annotate_run`], and when the run has no such annotation.
    pub async fn change_annotation(
        &self,
        id: &RunId,
        annotation: &str,
        at_ms: Option<EpochMs>,
        text: &str,
        by: &Person,
    ) -> Result<(), EngineError> {
        let at_ms = at_ms.map(|at_ms| self.checked_moment(at_ms)).transpose()?;
        let text = checked_text(text)?;
        let (annotation, by, written_ms) = (annotation.to_owned(), by.clone(), self.now_ms());
        self.change_annotations(id, move |annotations| {
            let known = annotations.iter_mut().find(|known| known.id == annotation);
            let known = known.ok_or_else(|| missing(&annotation))?;
            *known = Annotation { id: annotation, at_ms: at_ms.unwrap_or(known.at_ms), text, by, written_ms };
            Ok(())
        })
        .await
    }

    /// Removes an annotation.
    ///
    /// # Errors
    /// When the run has no such annotation.
    pub async fn remove_annotation(&self, id: &RunId, annotation: &str) -> Result<(), EngineError> {
        let annotation = annotation.to_owned();
        self.change_annotations(id, move |annotations| {
            let before = annotations.len();
            annotations.retain(|known| known.id != annotation);
            if annotations.len() < before { Ok(()) } else { Err(missing(&annotation)) }
        })
        .await
    }

    async fn change_annotations(
        &self,
        id: &RunId,
        change: impl FnOnce(&mut Vec<Annotation>) -> Result<(), EngineError> + Send + 'static,
    ) -> Result<(), EngineError> {
        let change = move |run: &mut Run| {
            change(&mut run.annotations)?;
            run.annotations.sort_by_key(|annotation| annotation.at_ms);
            Ok(())
        };
        self.store().update_run::<_, EngineError>(id, change).await?;
        self.report_annotations(id).await?;
        self.notify(Event::Run(id.clone()));
        Ok(())
    }

    /// Writes the annotations of a finished run's row into its report.
    pub(crate) async fn report_annotations(&self, id: &RunId) -> Result<(), EngineError> {
        self.describe_run_and(id, |folder, run| {
            change_report(folder, |facts| facts.annotations.clone_from(&run.annotations))
        })
        .await
    }

    fn checked_moment(&self, at_ms: EpochMs) -> Result<EpochMs, EngineError> {
        if (0..=self.now_ms().saturating_add(AHEAD_MS)).contains(&at_ms) {
            return Ok(at_ms);
        }
        let message = "The time must be a moment of the run, in epoch milliseconds.";
        Err(EngineError::invalid_field("annotation_time_invalid", "/at_ms", message))
    }
}

fn checked_text(text: &str) -> Result<String, EngineError> {
    let text = text.trim();
    if (1..=LONGEST_ANNOTATION).contains(&text.chars().count()) && !text.chars().any(is_strange) {
        return Ok(text.to_owned());
    }
    let message = format!("An annotation has 1 to {LONGEST_ANNOTATION} characters and no control characters.");
    Err(EngineError::invalid_field("annotation_invalid", "/text", message))
}

fn missing(annotation: &str) -> EngineError {
    EngineError::NotFound { kind: "annotation", id: annotation.to_owned() }
}
