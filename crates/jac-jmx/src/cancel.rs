//! [`Cancel`]: whether the result of reading or checking is still needed.
//!
//! Loops over a plan check it at each step and then end early. Their result is incomplete then: the caller that began
//! them checks once more afterwards and discards it.

use std::fmt;

/// Returns whether to cancel the work. It is called very often and must return immediately.
#[derive(Clone, Copy)]
pub struct Cancel<'a>(Option<&'a dyn Fn() -> bool>);

impl<'a> Cancel<'a> {
    /// The work is done to its end.
    pub const NEVER: Self = Self(None);

    /// Cancelled as soon as `is_cancelled` returns true.
    pub fn when(is_cancelled: &'a dyn Fn() -> bool) -> Self {
        Self(Some(is_cancelled))
    }

    /// Whether the work is cancelled.
    pub fn is_cancelled(self) -> bool {
        self.0.is_some_and(|is_cancelled| is_cancelled())
    }

    /// `None` when the work is cancelled.
    pub(crate) fn go_on(self) -> Option<()> {
        (!self.is_cancelled()).then_some(())
    }

    /// The items until the work is cancelled.
    pub(crate) fn each<I: IntoIterator>(self, items: I) -> impl Iterator<Item = I::Item> + use<'a, I> {
        items.into_iter().take_while(move |_| !self.is_cancelled())
    }
}

impl fmt::Debug for Cancel<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "Cancel::when(_)" } else { "Cancel::NEVER" })
    }
}
