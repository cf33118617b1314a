//! The releases of JMeter that JAC manages: what Apache published of each.

/// One release.
#[derive(Debug)]
pub struct Release {
    /// `5.6.3`.
    pub version: &'static str,
    /// The SHA-512 of `apache-jmeter-<version>.tgz`, if it is built in; that of the others is fetched from Apache.
    pub(crate) archive_sha512: Option<&'static str>,
    /// A line for each jar of the release on Maven Central: SHA-512, two blanks, file name.
    jars_sha512: &'static str,
}

/// Newest first. All run on Java 17 and support the RMI settings that JAC uses.
pub const RELEASES: [Release; 3] = [
    Release {
        version: "5.6.3",
        archive_sha512: Some(
            "5978a1a35edb5a7d428e270564ff49d2b1b257a65e17a759d259a9283fc17093e522fe46f474a043864aea6910683486340706d745fcdf3db1505fd71e689083",
        ),
        jars_sha512: include_str!("../assets/jmeter-5.6.3.sha512"),
    },
    Release { version: "5.6.2", archive_sha512: None, jars_sha512: include_str!("../assets/jmeter-5.6.2.sha512") },
    Release { version: "5.5", archive_sha512: None, jars_sha512: include_str!("../assets/jmeter-5.5.sha512") },
];

/// JAC does not manage this release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unsupported JMeter version {requested}; available: {}", versions())]
pub struct NoRelease {
    /// The requested version.
    pub requested: String,
}

impl Release {
    /// The default release.
    pub const fn newest() -> &'static Self {
        &RELEASES[0]
    }

    /// By its version.
    ///
    /// # Errors
    /// When JAC manages no such release.
    pub fn of(version: &str) -> Result<&'static Self, NoRelease> {
        RELEASES
            .iter()
            .find(|release| release.version == version)
            .ok_or_else(|| NoRelease { requested: version.to_owned() })
    }

    /// Its jars, by file name, with their SHA-512.
    pub(crate) fn jars(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.jars_sha512.lines().filter_map(|line| line.split_once("  ")).map(|(digest, name)| (name, digest))
    }
}

/// All versions, in a sentence.
fn versions() -> String {
    RELEASES.map(|release| release.version).join(", ")
}

#[cfg(test)]
mod tests {
    use super::{RELEASES, Release};

    #[test]
    fn every_release_lists_its_jars_each_with_a_digest() {
        for release in &RELEASES {
            for module in ["ApacheJMeter", "ApacheJMeter_core", "ApacheJMeter_config", "ApacheJMeter_http"] {
                let jar = format!("{module}-{}.jar", release.version);
                assert!(release.jars().any(|(name, _)| name == jar), "{jar}");
            }
            assert!(release.jars().count() > 100, "{}", release.version);
            assert!(release.jars().all(|(_, digest)| digest.len() == 128), "{}", release.version);
        }
    }

    #[test]
    fn a_version_that_is_not_managed_is_refused_with_those_that_are() {
        assert_eq!(Release::of("5.5").map(|release| release.version), Ok("5.5"));
        let error = Release::of("4.0").expect_err("there is none").to_string();
        assert_eq!(error, "unsupported JMeter version 4.0; available: 5.6.3, 5.6.2, 5.5");
    }
}
