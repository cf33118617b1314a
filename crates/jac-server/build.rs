//! The web app is part of the executable, so it has to be built before it.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
    if !std::path::Path::new("../../web/dist/index.html").is_file() {
        println!("cargo::error=web/dist is missing: run `npm ci && npm run build` in web/ first");
    }
}
