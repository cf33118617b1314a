//! Distinguishes a fault of this server from one of the remote machine: this process or this machine has run out of
//! file descriptors. Such a fault says nothing about the remote machine, and passes when descriptors are closed.

use std::error::Error;
use std::io;

/// `EMFILE` and `ENFILE`, which have the same numbers on Linux, macOS and the BSDs.
const USED_UP: [i32; 2] = [24, 23];

/// Whether the error, or one in its chain of causes, is that no file descriptor was available.
pub fn are_used_up(error: &(dyn Error + 'static)) -> bool {
    let says_so = |error: &io::Error| {
        let inner = error.get_ref().is_some_and(|inner| are_used_up(inner));
        inner || error.raw_os_error().is_some_and(|code| USED_UP.contains(&code))
    };
    chain(error).any(|error| error.downcast_ref::<io::Error>().is_some_and(says_so))
}

/// An error and what caused it, the innermost last.
pub fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (**error).source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no connection")]
    struct Wrapped(#[source] io::Error);

    #[test]
    fn both_limits_are_known_wherever_they_stand_in_the_chain_and_nothing_else_is_taken_for_them() {
        for code in USED_UP {
            let error = || io::Error::from_raw_os_error(code);
            assert!(are_used_up(&error()));
            assert!(are_used_up(&Wrapped(error())));
            assert!(are_used_up(&io::Error::other(Wrapped(error()))), "an error of a library in one of the system's");
        }
        for code in [2, 3, 28, 110, 111] {
            assert!(!are_used_up(&Wrapped(io::Error::from_raw_os_error(code))), "{code}");
        }
        assert!(!are_used_up(&io::Error::other("Too many open files (os error 24)")), "words are not read");
    }
}
