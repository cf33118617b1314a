//! The plan of a run: uploaded as the next revision of a plan, or an existing one.

use super::spec::{RunSpec, Source};
use crate::client::{Client, UploadFile};
use crate::history::plan_id;
use http::{Method, StatusCode};
use jac_engine::view::PlanView;
use jac_model::PlanId;

/// The plan, uploaded as its next revision, or the existing one.
pub async fn upload(client: &Client, spec: &RunSpec) -> anyhow::Result<PlanView> {
    let (bundle, plan, revises) = match &spec.source {
        Source::Files { bundle, plan, revises } => (bundle, plan, revises.as_deref()),
        Source::Kept(named) => {
            return client.get(&format!("/plans/{}", plan_id(client, named).await?)).await;
        }
    };
    let mut files = vec![UploadFile { name: bundle.main.clone(), path: plan.clone() }];
    files.extend(bundle.files.iter().map(|(name, path)| UploadFile { name: name.clone(), path: path.clone() }));
    let (path, how) = match revises {
        None => ("/plans".to_owned(), [("name", spec.plan_name.as_str()), ("ephemeral", "true")]),
        Some(named) => match id_of(client, named).await? {
            Some(id) => (format!("/plans/{id}/files"), [("name", named), ("replace", "true")]),
            None => ("/plans".to_owned(), [("name", named), ("revise", "true")]),
        },
    };
    let main_file = [("main_file", bundle.main.as_str())];
    client.upload(&path, &[&how[..], &main_file].concat(), &files).await
}

/// The plan, if the text is its ID rather than a name.
async fn id_of(client: &Client, named: &str) -> anyhow::Result<Option<PlanId>> {
    let Ok(id) = named.parse::<PlanId>() else { return Ok(None) };
    let (status, _) = client.ask(Method::GET, &format!("/plans/{id}"), None).await?;
    Ok((status != StatusCode::NOT_FOUND).then_some(id))
}
