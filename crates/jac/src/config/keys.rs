//! Every setting of the server, declared once: its key in the file, its environment variable, its flag, its default and
//! unit, and its meaning. Flags, the file's reader, `jac config check` and the table of `docs/configuration.md` are
//! generated from this.

/// The form of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Any text that is not empty.
    Text,
    /// A file or folder; one in a configuration file is relative to that file's folder.
    Path,
    /// A whole number within bounds.
    Number { least: u64, most: u64 },
    /// `true` or `false`; a flag without a value.
    Switch,
    /// Several texts: an array in the file, commas in the environment, a flag for each.
    List,
    /// Names with values: a table in the file, `NAME=VALUE` with commas in the environment, a flag for each.
    Map,
    /// Tables of one kind; in the file only.
    Tables,
}

/// A setting.
#[derive(Debug)]
pub struct Key {
    /// In the file, and the name of the setting.
    pub name: &'static str,
    /// Empty if it has none.
    pub environment: &'static str,
    /// Variables of other programs, read if neither the file nor the environment nor a flag has the setting. The first
    /// one that is set counts.
    pub fallbacks: &'static [&'static str],
    /// Without the dashes.
    pub flag: &'static str,
    pub shape: Shape,
    /// How the value is called in `--help`; it names the unit.
    pub value: &'static str,
    /// As written in the file; empty if the setting is off, or chosen at the start.
    pub default: &'static str,
    /// The effect of leaving it out, if that is more than its default.
    pub otherwise: &'static str,
    /// Its meaning.
    pub meaning: &'static str,
    /// Its value may contain a password, which is not printed.
    pub is_secret: bool,
    /// A knob of the tests.
    pub is_hidden: bool,
}

const PLAIN: Key = Key {
    name: "",
    environment: "",
    fallbacks: &[],
    flag: "",
    shape: Shape::Text,
    value: "",
    default: "",
    otherwise: "",
    meaning: "",
    is_secret: false,
    is_hidden: false,
};

const fn number(least: u64, most: u64) -> Shape {
    Shape::Number { least, most }
}

/// The greatest useful number of days, hours or minutes: ten years of each.
const YEARS: u64 = 10;

/// All settings, in the order of the documentation.
pub static KEYS: &[Key] = &[
    Key {
        name: "listen",
        environment: "JAC_LISTEN",
        flag: "listen",
        value: "ADDRESS:PORT",
        default: "127.0.0.1:8080",
        meaning: "Address to listen on; port 0 = any free port",
        ..PLAIN
    },
    Key {
        name: "data_dir",
        environment: "JAC_DATA_DIR",
        flag: "data-dir",
        shape: Shape::Path,
        value: "DIR",
        otherwise: "`$XDG_DATA_HOME/jac`, else `~/.local/share/jac`",
        meaning: "JAC's data folder; cannot be set in the file in that folder",
        ..PLAIN
    },
    Key {
        name: "jmeter_home",
        environment: "JMETER_HOME",
        flag: "jmeter-home",
        shape: Shape::Path,
        value: "DIR",
        otherwise: "JAC's own, in the data folder",
        meaning: "JMeter home to use instead of JAC's own",
        ..PLAIN
    },
    Key {
        name: "allow_local_nodes",
        environment: "JAC_ALLOW_LOCAL_NODES",
        flag: "allow-local-nodes",
        shape: Shape::Switch,
        default: "false",
        meaning: "Allow local nodes although others reach the server, on its own address or through a proxy. A plan is code: anybody who can start a run can then run any program here",
        ..PLAIN
    },
    Key {
        name: "allowed_hosts",
        environment: "JAC_ALLOWED_HOSTS",
        flag: "allowed-host",
        shape: Shape::List,
        value: "NAME",
        otherwise: "its addresses, `localhost` and the host of `public_url` only",
        meaning: "Another host name of the server",
        ..PLAIN
    },
    Key {
        name: "public_url",
        environment: "JAC_PUBLIC_URL",
        flag: "public-url",
        value: "URL",
        otherwise: "the address that it listens on",
        meaning: "The address that people open, e.g. https://jac.example: used in links, and its host is allowed",
        ..PLAIN
    },
    Key {
        name: "trusted_proxies",
        environment: "JAC_TRUSTED_PROXIES",
        flag: "trusted-proxy",
        shape: Shape::List,
        value: "ADDRESS",
        otherwise: "forwarded headers are ignored",
        meaning: "A proxy whose Forwarded and X-Forwarded-* headers are trusted: an address, or a network such as 10.0.0.0/8",
        ..PLAIN
    },
    Key {
        name: "tls_cert",
        environment: "JAC_TLS_CERT",
        flag: "tls-cert",
        shape: Shape::Path,
        value: "FILE",
        otherwise: "plain HTTP",
        meaning: "Serve TLS with this certificate chain (PEM); read again when it changes",
        ..PLAIN
    },
    Key {
        name: "tls_key",
        environment: "JAC_TLS_KEY",
        flag: "tls-key",
        shape: Shape::Path,
        value: "FILE",
        otherwise: "plain HTTP",
        meaning: "The private key of that certificate (PEM)",
        ..PLAIN
    },
    Key {
        name: "max_upload_mb",
        environment: "JAC_MAX_UPLOAD_MB",
        flag: "max-upload-mb",
        shape: number(1, 1 << 20),
        value: "MB",
        default: "2048",
        meaning: "The largest upload, in MB",
        ..PLAIN
    },
    Key {
        name: "max_import_mb",
        environment: "JAC_MAX_IMPORT_MB",
        flag: "max-import-mb",
        shape: number(1, 1 << 24),
        value: "MB",
        default: "20480",
        meaning: "The largest import of result logs, in MB, also when decompressed",
        ..PLAIN
    },
    Key {
        name: "keep_max_mb",
        environment: "JAC_KEEP_MAX_MB",
        flag: "keep-max-mb",
        shape: number(1, 1 << 20),
        value: "MB",
        default: "1024",
        meaning: "The maximum size of collected files that plans wrote, in MB per run",
        ..PLAIN
    },
    Key {
        name: "keep_max_files",
        environment: "JAC_KEEP_MAX_FILES",
        flag: "keep-max-files",
        shape: number(1, 100_000),
        value: "N",
        default: "1000",
        meaning: "The maximum number of these files per run",
        ..PLAIN
    },
    Key {
        name: "session_idle_minutes",
        environment: "JAC_SESSION_IDLE_MINUTES",
        flag: "session-idle-minutes",
        shape: number(1, YEARS * 366 * 24 * 60),
        value: "MINUTES",
        default: "10080",
        meaning: "A session expires after this many minutes without a request",
        ..PLAIN
    },
    Key {
        name: "session_hours",
        environment: "JAC_SESSION_HOURS",
        flag: "session-hours",
        shape: number(1, YEARS * 366 * 24),
        value: "HOURS",
        default: "720",
        meaning: "A session expires after this many hours in any case",
        ..PLAIN
    },
    Key {
        name: "redis_url",
        environment: "JAC_REDIS_URL",
        flag: "redis",
        value: "URL",
        otherwise: "sessions are stored in the database",
        meaning: "Store sessions in this Redis (redis:// or rediss://), which several servers can share. Put a password in the environment or the file, not in a flag",
        is_secret: true,
        ..PLAIN
    },
    Key {
        name: "oidc_issuer",
        environment: "JAC_OIDC_ISSUER",
        flag: "oidc-issuer",
        value: "URL",
        otherwise: "no company sign-on",
        meaning: "Sign in with this OpenID Connect provider",
        ..PLAIN
    },
    Key {
        name: "oidc_client_id",
        environment: "JAC_OIDC_CLIENT_ID",
        flag: "oidc-client-id",
        value: "ID",
        otherwise: "none; required with `oidc_issuer`",
        meaning: "JAC's client ID at that provider",
        ..PLAIN
    },
    Key {
        name: "oidc_client_secret_file",
        environment: "JAC_OIDC_CLIENT_SECRET_FILE",
        flag: "oidc-client-secret-file",
        shape: Shape::Path,
        value: "FILE",
        otherwise: "a public client (PKCE alone)",
        meaning: "The file with the client's secret",
        ..PLAIN
    },
    Key {
        name: "oidc_name",
        environment: "JAC_OIDC_NAME",
        flag: "oidc-name",
        value: "TEXT",
        default: "Company account",
        meaning: "The name of the company sign-on on the sign-in page",
        ..PLAIN
    },
    Key {
        name: "oidc_groups_claim",
        environment: "JAC_OIDC_GROUPS_CLAIM",
        flag: "oidc-groups-claim",
        value: "CLAIM",
        default: "groups",
        meaning: "The claim of the ID token, or of the userinfo endpoint, that lists a person's groups",
        ..PLAIN
    },
    Key {
        name: "oidc_role_groups",
        environment: "JAC_OIDC_ROLE_GROUPS",
        flag: "oidc-role-group",
        shape: Shape::Map,
        value: "GROUP=ROLE",
        otherwise: "everybody is a member, unless an administrator changes it",
        meaning: "The role of a group's members: administrator, member or viewer; the highest role counts. People in none of the groups cannot sign in",
        ..PLAIN
    },
    Key {
        name: "oidc_team_groups",
        environment: "JAC_OIDC_TEAM_GROUPS",
        flag: "oidc-team-group",
        shape: Shape::Map,
        value: "GROUP=TEAM",
        otherwise: "teams are created manually",
        meaning: "The team of a group's members",
        ..PLAIN
    },
    Key {
        name: "metrics_listen",
        environment: "JAC_METRICS_LISTEN",
        flag: "metrics-listen",
        value: "ADDRESS:PORT",
        otherwise: "no separate address",
        meaning: "Serve /metrics, and nothing else, on this separate address",
        ..PLAIN
    },
    Key {
        name: "metrics_token_file",
        environment: "JAC_METRICS_TOKEN_FILE",
        flag: "metrics-token-file",
        shape: Shape::Path,
        value: "FILE",
        otherwise: "the data folder's token only",
        meaning: "The file with the token for /metrics (Authorization: Bearer)",
        ..PLAIN
    },
    Key {
        name: "retention_runs_days",
        environment: "JAC_RETENTION_RUNS_DAYS",
        flag: "retention-runs-days",
        shape: number(1, YEARS * 366),
        value: "DAYS",
        otherwise: "kept until deleted",
        meaning: "Delete finished runs older than this many days, except pinned ones and baselines",
        ..PLAIN
    },
    Key {
        name: "retention_runs_count",
        environment: "JAC_RETENTION_RUNS_COUNT",
        flag: "retention-runs-count",
        shape: number(1, 100_000_000),
        value: "N",
        otherwise: "kept until deleted",
        meaning: "Keep this many of the newest finished runs, pinned ones and baselines",
        ..PLAIN
    },
    Key {
        name: "retention_max_gb",
        environment: "JAC_RETENTION_MAX_GB",
        flag: "retention-max-gb",
        shape: number(1, 1_000_000),
        value: "GB",
        otherwise: "kept until deleted",
        meaning: "Keep the newest finished runs up to this total size in GB, including logs that are only in the store. Pinned runs, baselines and the newest run count towards it and are always kept",
        ..PLAIN
    },
    Key {
        name: "retention_plan_revisions",
        environment: "JAC_RETENTION_PLAN_REVISIONS",
        flag: "retention-plan-revisions",
        shape: number(1, 1_000_000),
        value: "N",
        otherwise: "kept as long as the plan",
        meaning: "Keep this many of the newest revisions of each plan, and those used by a kept run or a schedule",
        ..PLAIN
    },
    Key {
        name: "schedule_grace_minutes",
        environment: "JAC_SCHEDULE_GRACE_MINUTES",
        flag: "schedule-grace-minutes",
        shape: number(0, 7 * 24 * 60),
        value: "MINUTES",
        default: "15",
        meaning: "How late a scheduled run may start if no server was running at its time; later ones are recorded as missed",
        ..PLAIN
    },
    Key {
        name: "artifacts_url",
        environment: "JAC_ARTIFACTS_URL",
        flag: "artifacts-url",
        value: "URL",
        otherwise: "results are kept only in the data folder",
        meaning: "Store the results of every finished run at s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX or file:///FOLDER. Credentials come from the store's usual sources, for S3 the AWS SDK's variables, profile or role",
        is_secret: true,
        ..PLAIN
    },
    Key {
        name: "artifacts_region",
        environment: "JAC_ARTIFACTS_REGION",
        flag: "artifacts-region",
        value: "REGION",
        otherwise: "`AWS_REGION`, or the profile's",
        meaning: "The region of that S3 bucket",
        ..PLAIN
    },
    Key {
        name: "artifacts_endpoint",
        environment: "JAC_ARTIFACTS_ENDPOINT",
        fallbacks: &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"],
        flag: "artifacts-endpoint",
        value: "URL",
        otherwise: "`AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`, else AWS",
        meaning: "The endpoint of an S3-compatible store",
        is_secret: true,
        ..PLAIN
    },
    Key {
        name: "artifacts_kms_key",
        environment: "JAC_ARTIFACTS_KMS_KEY",
        flag: "artifacts-kms-key",
        value: "KEY",
        otherwise: "the bucket's own encryption",
        meaning: "The ID or ARN of the KMS key to encrypt objects with",
        ..PLAIN
    },
    Key {
        name: "artifacts_storage_class",
        environment: "JAC_ARTIFACTS_STORAGE_CLASS",
        flag: "artifacts-storage-class",
        value: "CLASS",
        otherwise: "the bucket's own",
        meaning: "The storage class of logs in S3, e.g. STANDARD_IA; small objects are STANDARD",
        ..PLAIN
    },
    Key {
        name: "artifacts_local_days",
        environment: "JAC_ARTIFACTS_LOCAL_DAYS",
        flag: "artifacts-local-days",
        shape: number(1, YEARS * 366),
        value: "DAYS",
        otherwise: "logs stay in the data folder too",
        meaning: "Remove the logs of stored runs from the data folder after this many days; they are then read from the store",
        ..PLAIN
    },
    Key {
        name: "search_url",
        environment: "JAC_SEARCH_URL",
        flag: "search-url",
        value: "URL",
        otherwise: "samples are not shipped",
        meaning: "Ship every sample to this Elasticsearch or OpenSearch. In the file and the environment it may contain a user and a password",
        is_secret: true,
        ..PLAIN
    },
    Key {
        name: "search_username",
        environment: "JAC_SEARCH_USERNAME",
        flag: "search-username",
        value: "NAME",
        otherwise: "not signed in",
        meaning: "The user name",
        ..PLAIN
    },
    Key {
        name: "search_password_file",
        environment: "JAC_SEARCH_PASSWORD_FILE",
        flag: "search-password-file",
        shape: Shape::Path,
        value: "FILE",
        otherwise: "not signed in",
        meaning: "The file with the password",
        ..PLAIN
    },
    Key {
        name: "search_api_key_file",
        environment: "JAC_SEARCH_API_KEY_FILE",
        flag: "search-api-key-file",
        shape: Shape::Path,
        value: "FILE",
        otherwise: "not signed in",
        meaning: "The file with an API key of Elasticsearch, encoded or as id:api_key",
        ..PLAIN
    },
    Key {
        name: "search_ca_file",
        environment: "JAC_SEARCH_CA_FILE",
        flag: "search-ca-file",
        shape: Shape::Path,
        value: "FILE",
        otherwise: "the public authorities only",
        meaning: "Additional certificate authorities to trust (PEM)",
        ..PLAIN
    },
    Key {
        name: "search_layout",
        environment: "JAC_SEARCH_LAYOUT",
        flag: "search-layout",
        value: "LAYOUT",
        otherwise: "`data_stream`",
        meaning: "One data stream for all runs (data_stream), or an index for each run (index_per_run)",
        ..PLAIN
    },
    Key {
        name: "search_dashboards_url",
        environment: "JAC_SEARCH_DASHBOARDS_URL",
        flag: "search-dashboards-url",
        value: "URL",
        otherwise: "no links to dashboards",
        meaning: "The address of Kibana or OpenSearch Dashboards: each run links to its dashboard",
        ..PLAIN
    },
    Key {
        name: "search",
        shape: Shape::Tables,
        value: "[[search]] tables",
        otherwise: "none",
        meaning: "Several targets, each a `[[search]]` table ([search.md](search.md))",
        is_secret: true,
        ..PLAIN
    },
    Key {
        name: "notify",
        shape: Shape::Tables,
        value: "[[notify]] tables",
        otherwise: "no notifications",
        meaning: "Notification targets, each a `[[notify]]` table: webhook, Slack, Teams, mail ([notifications.md](notifications.md))",
        is_secret: true,
        ..PLAIN
    },
    Key {
        name: "metrics_export",
        shape: Shape::Tables,
        value: "[[metrics_export]] tables",
        otherwise: "nothing is pushed",
        meaning: "Metrics targets for running tests, each a `[[metrics_export]]` table: OTLP, InfluxDB ([metrics.md](metrics.md))",
        is_secret: true,
        ..PLAIN
    },
    Key {
        name: "environment_credentials_for",
        environment: "JAC_ENVIRONMENT_CREDENTIALS_FOR",
        flag: "environment-credentials-for",
        shape: Shape::List,
        value: "NAME",
        otherwise: "administrators only",
        meaning: "A person, besides administrators, who may use the server's own AWS credentials (its variables, profile or role): the name of an account created by an administrator, or an account ID, which is required for people of the company sign-on",
        ..PLAIN
    },
    Key {
        name: "allowed_endpoints",
        environment: "JAC_ALLOWED_ENDPOINTS",
        flag: "allowed-endpoint",
        shape: Shape::List,
        value: "URL",
        otherwise: "public addresses with HTTPS only",
        meaning: "An additional address allowed for people's own stores and search targets: scheme, host and port, e.g. http://minio.example:9000",
        ..PLAIN
    },
    Key {
        name: "lease_seconds",
        flag: "lease-seconds",
        shape: number(1, 7 * 24 * 3600),
        value: "SECONDS",
        meaning: "Lease: how long nodes keep running without contact to JAC",
        is_hidden: true,
        ..PLAIN
    },
    Key {
        name: "boot_limit_seconds",
        flag: "boot-limit-seconds",
        shape: number(1, 24 * 3600),
        value: "SECONDS",
        meaning: "How long an EC2 instance may take until it answers",
        is_hidden: true,
        ..PLAIN
    },
];

/// The setting of that name in the file.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The name that was probably intended, if one is similar.
pub fn nearest(name: &str) -> Option<&'static str> {
    let typed = name.to_ascii_lowercase().replace('-', "_");
    KEYS.iter()
        .filter(|key| !key.is_hidden)
        .map(|key| (strsim::normalized_damerau_levenshtein(&typed, key.name), key.name))
        .filter(|(likeness, _)| *likeness > 0.6)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jac_server::config::SessionConfig;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_settings_share_a_name_a_variable_or_a_flag() {
        for part in [|key: &Key| key.name, |key: &Key| key.environment, |key: &Key| key.flag] {
            let all: Vec<&str> = KEYS.iter().map(part).filter(|text| !text.is_empty()).collect();
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
        }
    }

    #[test]
    fn declared_defaults_are_the_ones_that_the_server_has() {
        let number = |name| find(name).expect("a key").default.parse::<u64>().expect("a number");
        assert_eq!(number("session_idle_minutes") * 60, SessionConfig::USUAL.idle.as_secs());
        assert_eq!(number("session_hours") * 3600, SessionConfig::USUAL.absolute.as_secs());
    }

    #[test]
    fn the_nearest_key_is_suggested_for_a_misspelt_one() {
        for (written, meant) in [
            ("max_uplod_mb", Some("max_upload_mb")),
            ("tls-cert", Some("tls_cert")),
            ("allowed_host", Some("allowed_hosts")),
            ("colour", None),
        ] {
            assert_eq!(nearest(written), meant, "{written}");
        }
    }
}
