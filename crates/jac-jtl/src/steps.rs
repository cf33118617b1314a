//! Response times in log-linear steps: a fixed number of binary digits is kept, whatever the size of a time.
//!
//! The layout is HdrHistogram's: up to 2^digits ms each millisecond is a step, and above it every doubling has
//! 2^(digits - 1) steps.

/// The steps of this many binary digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    digits: u32,
}

impl Steps {
    /// Steps of this many significant binary digits, 1 to 31: a step is less than 2^(1 - digits) of its times wide.
    pub const fn of_digits(digits: u32) -> Self {
        assert!(digits >= 1 && digits < u32::BITS);
        Self { digits }
    }

    /// The step that contains a time.
    #[inline]
    pub const fn step_of(self, ms: u32) -> u32 {
        let shift = (u32::BITS - ms.leading_zeros()).saturating_sub(self.digits);
        (shift << (self.digits - 1)) + (ms >> shift)
    }

    /// The lowest time of a step; `None` if it exceeds 32 bits.
    #[inline]
    pub const fn least_of(self, step: u32) -> Option<u32> {
        if step < 1 << self.digits {
            return Some(step);
        }
        let shift = (step >> (self.digits - 1)) - 1;
        if shift + self.digits > u32::BITS {
            return None;
        }
        Some((step - (shift << (self.digits - 1))) << shift)
    }

    /// The lowest time of the step that contains a time.
    #[inline]
    pub const fn cut(self, ms: u32) -> u32 {
        let shift = (u32::BITS - ms.leading_zeros()).saturating_sub(self.digits);
        ms >> shift << shift
    }
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn steps_follow_one_another_and_are_as_narrow_as_their_digits_say() {
        for digits in [1, 6, 8, 10] {
            let steps = Steps::of_digits(digits);
            let last = steps.step_of(u32::MAX);
            for step in (0..last.min(70_000)).chain([last]) {
                let least = steps.least_of(step).expect("a time");
                assert_eq!(steps.step_of(least), step);
                assert_eq!(steps.cut(least), least);
                assert!(step == 0 || steps.step_of(least - 1) == step - 1);
            }
            assert_eq!(steps.least_of(last + 1), None);
            for ms in (0..100_000).chain([86_400_000, u32::MAX - 1, u32::MAX]) {
                let below = ms - steps.cut(ms);
                assert!(below == 0 || f64::from(below) < f64::from(ms) / f64::from(1 << (digits - 1)), "{ms}");
                assert_eq!(steps.least_of(steps.step_of(ms)), Some(steps.cut(ms)));
            }
        }
        assert_eq!(Steps::of_digits(10).step_of(u32::MAX), 12_287);
    }
}
