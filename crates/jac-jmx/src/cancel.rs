//! [`Cancel`]: whether anybody still waits for what is read or checked.
//!
//! Loops over a plan ask at each step and then end early. What they have found by then is not whole: whoever began them asks once more
//! afterwards and throws it away.

use std::fmt;

/// Asks whether the work is to be given up. It is asked very often: it has to answer at once.
#[derive(Clone, Copy)]
pub struct Cancel<'a>(Option<&'a dyn Fn() -> bool>);

impl<'a> Cancel<'a> {
    /// The work is done to its end.
    pub const NEVER: Self = Self(None);

    /// Given up as soon as `is_cancelled` says so.
    pub fn when(is_cancelled: &'a dyn Fn() -> bool) -> Self {
        Self(Some(is_cancelled))
    }

    /// The work is to be given up.
    pub fn is_cancelled(self) -> bool {
        self.0.is_some_and(|is_cancelled| is_cancelled())
    }

    /// `None` when the work is to be given up.
    pub(crate) fn go_on(self) -> Option<()> {
        (!self.is_cancelled()).then_some(())
    }

    /// The items until the work is to be given up.
    pub(crate) fn each<I: IntoIterator>(self, items: I) -> impl Iterator<Item = I::Item> + use<'a, I> {
        items.into_iter().take_while(move |_| !self.is_cancelled())
    }
}

impl fmt::Debug for Cancel<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "Cancel::when(_)" } else { "Cancel::NEVER" })
    }
}
