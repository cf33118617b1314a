//! Checks that the offline page, into which every report is written, has been built and has the place for it.

use std::path::Path;

const PLACE: &str = r#"<script type="application/json" id="jac-report">null</script>"#;

fn main() {
    // Relative to this package, where Cargo starts this: clones that share a target folder share the compiled script too.
    let shell = Path::new("../../web/dist-report/report.html");
    println!("cargo::rerun-if-changed={}", shell.display());
    println!("cargo::rerun-if-changed=build.rs");
    match std::fs::read_to_string(shell) {
        Err(_) => println!(
            "cargo::error=web/dist-report/report.html, the page that reports are made of, has not been built: run `npm ci && npm run build` in web/ first"
        ),
        Ok(page) if page.matches(PLACE).count() != 1 => println!(
            "cargo::error=web/dist-report/report.html must hold `{PLACE}` exactly once, as that is where a report is put"
        ),
        Ok(_) => {}
    }
}
