//! Identifiers. Each kind has its own type, so that a run's ID cannot be used as a cluster's.

use serde::{Deserialize, Serialize};

/// Letters and digits that are hard to confuse when read aloud or typed (no `0 o 1 l i`).
const ALPHABET: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";
const LENGTH: usize = 8;

impl ClusterId {
    /// The cluster ID of a run without a cluster: an imported run.
    pub fn none() -> Self {
        Self::from_random([0; LENGTH])
    }
}

/// The text is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a {kind} ID")]
pub struct InvalidId {
    /// The rejected text.
    pub text: String,
    /// Which kind was expected: `cluster`, `plan`, `run` or `schedule`.
    pub kind: &'static str,
}

fn spell(prefix: char, random: [u8; LENGTH]) -> String {
    let mut text = String::with_capacity(LENGTH + 2);
    text.push(prefix);
    text.push('-');
    text.extend(random.iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])));
    text
}

fn read(prefix: char, kind: &'static str, text: &str) -> Result<String, InvalidId> {
    let body = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    match body {
        Some(body) if body.len() == LENGTH && body.bytes().all(|byte| ALPHABET.contains(&byte)) => Ok(text.to_owned()),
        _ => Err(InvalidId { text: text.to_owned(), kind }),
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        pub struct $name(String);

        impl $name {
            /// An id spelled from random bytes that the caller brings.
            pub fn from_random(random: [u8; LENGTH]) -> Self {
                Self(spell($prefix, random))
            }

            /// The ID as used in URLs, folder names and logs. It never contains a path separator.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                read($prefix, $kind, text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

id!(
    /// A cluster's id, `c-` and eight characters.
    ClusterId, 'c', "cluster"
);
id!(
    /// A plan's id, `p-` and eight characters.
    PlanId, 'p', "plan"
);
id!(
    /// A run's id, `r-` and eight characters.
    RunId, 'r', "run"
);
id!(
    /// A schedule's id, `t-` and eight characters (timetable: `s-` is a share link's).
    ScheduleId, 't', "schedule"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_another_kinds_id_is_refused() {
        let id = RunId::from_random([0, 1, 2, 3, 4, 5, 6, 255]);
        assert_eq!(id.as_str().parse::<RunId>(), Ok(id.clone()));
        assert!(id.as_str().parse::<ClusterId>().is_err());
    }

    #[test]
    fn a_path_is_never_an_id() {
        for text in ["", "r-", "r-../../x", "r-ABCDEFGH", "r-2345678", "r-23456789a", "r-2345678/"] {
            assert!(text.parse::<RunId>().is_err(), "{text}");
        }
    }
}
