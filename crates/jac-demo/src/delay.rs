//! How long a page takes.

use std::time::Duration;

use rand::Rng;

/// Maximum delay that can be requested.
const MAX_MS: u64 = 60_000;

/// The requested delay, otherwise one around `median_ms`: log-normal, like response times, limited to between 5 and 80
/// ms, except for one in a hundred that takes six times as long.
pub(crate) async fn delay(asked_ms: Option<u64>, median_ms: f64) {
    let delay = match asked_ms {
        Some(asked_ms) => Duration::from_millis(asked_ms.min(MAX_MS)),
        None => drawn(&mut rand::rng(), median_ms),
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}

fn drawn(random: &mut impl Rng, median_ms: f64) -> Duration {
    /// Spread of the logarithm.
    const SIGMA: f64 = 0.5;
    // The Box-Muller transform; 1 - x keeps the logarithm's argument above 0.
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    let normal = radius * (std::f64::consts::TAU * random.random::<f64>()).cos();
    let usual_ms = (median_ms * (SIGMA * normal).exp()).clamp(5.0, 80.0);
    let slow = random.random_ratio(1, 100);
    Duration::from_secs_f64(usual_ms * if slow { 6.0 } else { 1.0 } / 1_000.0)
}

/// True for about `percent` in a hundred calls.
pub(crate) fn happens(percent: u32) -> bool {
    rand::rng().random_ratio(percent, 100)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn delays_lie_around_their_median_with_a_tail() {
        let mut random = StdRng::seed_from_u64(1);
        let mut all: Vec<_> = (0..10_000).map(|_| drawn(&mut random, 20.0)).collect();
        all.sort_unstable();
        let at = |percent: usize| all[percent * all.len() / 100];
        assert!((18..22).contains(&at(50).as_millis()), "{:?}", at(50));
        assert!(all[0] >= Duration::from_millis(5));
        assert!(at(98) <= Duration::from_millis(80) && all[9_999] > Duration::from_millis(80));
        assert!(all[9_999] <= Duration::from_millis(480));
    }
}
