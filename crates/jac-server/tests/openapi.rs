//! The web app's types are generated from `web/openapi.json`, so that file must match the handlers.

#[test]
fn the_committed_document_is_what_the_handlers_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/openapi.json");
    let said = jac_server::openapi::split().1.to_pretty_json().expect("a document") + "\n";
    if std::env::var_os("JAC_UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &said).expect("the file");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == said,
        "web/openapi.json is stale: run `scripts/openapi`, which makes it again and generates the web app's types from it"
    );
}
