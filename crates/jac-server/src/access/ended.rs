//! Why sessions ended, for the disconnected pages: they show the reason before they ask for a sign-in.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Maximum number of reasons kept: a page learns of its session's end within seconds.
const MOST: usize = 10_000;

/// Why a session was ended by its person. Pages receive the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    SignedOut,
    /// It was ended from another session of the same person.
    Revoked,
    PasswordChanged,
    /// It expired: also assumed for a session of which nothing else is known.
    Expired,
}

impl Ended {
    /// The code for pages.
    pub fn code(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "session_revoked",
            Self::PasswordChanged => "password_changed",
            Self::Expired => "session_expired",
        }
    }
}

/// The last sessions that ended here, by their IDs.
#[derive(Debug, Default)]
pub struct EndedSessions(Mutex<VecDeque<(String, Ended)>>);

impl EndedSessions {
    /// Remembers why a session is about to end.
    pub fn note(&self, session: &str, why: Ended) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.pop_front();
        }
        known.push_back((session.to_owned(), why));
    }

    /// Why a session ended, if known here.
    pub fn why(&self, session: &str) -> Option<Ended> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().rev().find(|(id, _)| id == session).map(|(_, why)| *why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ends_are_known_and_the_oldest_are_forgotten() {
        let ended = EndedSessions::default();
        ended.note("first", Ended::SignedOut);
        for number in 0..MOST - 1 {
            ended.note(&number.to_string(), Ended::Revoked);
        }
        assert_eq!((ended.why("first"), ended.why("7")), (Some(Ended::SignedOut), Some(Ended::Revoked)));
        ended.note("last", Ended::PasswordChanged);
        assert_eq!((ended.why("first"), ended.why("last")), (None, Some(Ended::PasswordChanged)));
    }
}
