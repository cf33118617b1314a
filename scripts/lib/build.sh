# shellcheck shell=bash disable=SC2154
# Builds the web app and the executable, and gets JMeter. What is up to date is not built again.

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$cache_folder/target}

# Installs a folder's npm packages if its lock file has changed since the last time.
npm_packages() {
  local folder=$1 stamp=$1/node_modules/.jac-lock expected
  expected=$(sha256sum <"$folder/package-lock.json")-$(node --version)
  [ "$(cat "$stamp" 2>/dev/null)" = "$expected" ] && return
  say "Installing the npm packages of ${folder#"$root"/}/."
  (cd "$folder" && quietly npm ci --no-audit --no-fund) || return
  printf '%s' "$expected" >"$stamp"
}

# A digest of all sources of the web app.
web_sources() {
  (cd "$root/web" && find . \( -name node_modules -o -name dist -o -name dist-report \) -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
}

# The web app is embedded in the executable, so it is built first.
build_web() {
  npm_packages "$root/web"
  local stamp=$root/web/node_modules/.jac-built expected
  expected=$(web_sources)
  if [ -f "$root/web/dist/index.html" ] && [ -f "$root/web/dist-report/report.html" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$expected" ]; then
    say "The web app is up to date."
    return
  fi
  say "Building the web app."
  (cd "$root/web" && quietly npm run build)
  printf '%s' "$expected" >"$stamp"
}

# The search engines that the tests ship samples to, in the publishers' minimal distributions; prints the folder that contains them.
SEARCH_ENGINES=(
  org.opensearch.distribution.integ-test-zip:opensearch:2.19.4
  org.opensearch.distribution.integ-test-zip:opensearch:3.6.0
  org.elasticsearch.distribution.integ-test-zip:elasticsearch:8.19.5
)
install_search_engines() {
  local folder=$cache_folder/test/search engine name
  for engine in "${SEARCH_ENGINES[@]}"; do
    name=${engine#*:}
    name=${name/:/-}
    [ ! -d "$folder/$name" ] || continue
    require maven >&2
    say "Fetching $name through Maven."
    rm -rf "$folder/.new"
    # Where there is no project, the plugin leaves its markers in a folder named ${project.basedir}, wherever it is started.
    mkdir -p "$folder/.new"
    (cd "$folder/.new" && quietly mvn -B "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack" "-Dartifact=$engine:zip" \
      "-DoutputDirectory=$folder/.new") >&2
    mv "$folder/.new/$name" "$folder/$name"
  done
  rm -rf "$folder/.new"
  printf '%s\n' "$folder"
}

# JAC's own copy of JMeter in a data folder; prints its path. It tries Apache's archive first, with visible progress; if
# that cannot be reached, it uses Maven, and installs it for that.
install_jmeter() {
  local jac=$1 options=("${@:2}") words outcome=0
  words=$(mktemp)
  # Without Maven a failure is not final, so its message goes to a file.
  {
    "$jac" jmeter install "${options[@]}" 2>&1 >&3 | sed -u "/^error: /{w $words
d}" >&2 || outcome=${PIPESTATUS[0]}
  } 3>&1
  if [ "$outcome" -ne 0 ] && has_maven; then
    cat "$words" >&2
  elif [ "$outcome" -ne 0 ]; then
    say "Apache's archive is not available; fetching JMeter through Maven."
    outcome=0
    require maven >&2
    "$jac" jmeter install "${options[@]}" || outcome=$?
  fi
  rm -f "$words"
  return "$outcome"
}
