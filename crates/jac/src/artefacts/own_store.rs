//! `jac artifacts store`: a bucket of your own for the results of your runs.

use crate::cli::StoreArguments;
use crate::client::Client;
use crate::connected::{briefly, print};
use crate::credentials::own_set;
use crate::exit::{Exit, with_hint};
use jac_engine::ResultsStoreView;
use serde_json::{Value, json};

pub async fn store(arguments: StoreArguments) -> anyhow::Result<Exit> {
    let StoreArguments { save, credentials, region, endpoint, kms_key, storage_class, no_test, stop, whose } =
        arguments;
    briefly(&whose, async |client| {
        if let Some(address) = save {
            let Some(set) = own_set(client, &credentials).await? else {
                return Err(with_hint(
                    format!("you have no saved AWS credentials '{credentials}'"),
                    Some("Save some with `jac credentials aws --save`, or give a set with --credentials.".to_owned()),
                ));
            };
            let new = json!({
                "address": address, "region": region, "endpoint": endpoint, "kms_key": kms_key, "storage_class": storage_class,
                "credentials": set["id"],
            });
            let query = if no_test { "?test=false" } else { "" };
            let _: ResultsStoreView = client.post(&format!("/stores{query}"), &new).await?;
        }
        if stop && let Some(current) = own_stores(client).await?.into_iter().find(|store| store.is_current) {
            client.delete(&format!("/stores/{}", current.id)).await?;
        }
        let stores = own_stores(client).await?;
        print(&whose, &stores, || lines(&stores));
        Ok(Exit::Done)
    })
    .await
}

async fn own_stores(client: &Client) -> anyhow::Result<Vec<ResultsStoreView>> {
    let session: Value = client.get("/session").await?;
    let stores: Vec<ResultsStoreView> = client.get("/stores").await?;
    Ok(stores.into_iter().filter(|store| session["user"]["id"] == store.owner.id.as_str()).collect())
}

fn lines(stores: &[ResultsStoreView]) -> String {
    let line = |store: &ResultsStoreView| {
        let ResultsStoreView { address, credentials, runs, failed, trouble, is_current, .. } = store;
        let word = if *is_current { "Your runs are stored in" } else { "Earlier runs are in" };
        let stuck = match trouble {
            Some(trouble) => format!(" {failed} could not be stored and will be retried: {}", trouble.message),
            None => String::new(),
        };
        format!("{word} {address} with the credentials {}: {runs} so far.{stuck}", credentials.name)
    };
    let mut lines: Vec<String> = stores.iter().map(line).collect();
    if !stores.iter().any(|store| store.is_current) {
        lines.insert(
            0,
            "You have no store of your own: your runs are stored in the server's, if it has one.".to_owned(),
        );
    }
    lines.join("\n")
}
