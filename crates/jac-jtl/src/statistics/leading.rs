//! The response codes that a chart shows separately while the log grows, in a stable order.
//!
//! The most frequent codes of a whole log are known only at its end. Before that, two codes with similar counts would
//! swap places continually, and each swap would invalidate everything that was shown of them. Therefore a shown code
//! stays until a hidden one has [`TIMES`] as many samples as the rarest shown one. As counts only rise, this happens
//! only a few times.

use super::keyed::Keyed;
use super::kind::Kind;

/// How many times as many samples a code needs to take the place of another one.
const TIMES: u64 = 2;

/// Numbers of keys, as many as have places.
#[derive(Debug, Clone, Default)]
pub(super) struct Leading {
    numbers: Vec<u32>,
}

impl Leading {
    pub(super) fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// Assigns places to keys by the counts of a kind. Returns true if a key has replaced another, so that the sums of
    /// all others have changed from the beginning; a key that got a free place had no samples before.
    pub(super) fn update(&mut self, keys: &Keyed, kind: Kind, places: usize) -> bool {
        let mut is_replaced = false;
        for number in keys.by_samples(kind) {
            if self.numbers.contains(&number) {
                continue;
            }
            if self.numbers.len() < places {
                self.numbers.push(number);
                continue;
            }
            let rarest = self.numbers.iter_mut().min_by_key(|shown| keys.samples(**shown, kind));
            let Some(rarest) =
                rarest.filter(|rarest| keys.samples(number, kind) / TIMES >= keys.samples(**rarest, kind))
            else {
                // The following ones are rarer still.
                break;
            };
            *rarest = number;
            is_replaced = true;
        }
        is_replaced
    }
}

#[cfg(test)]
mod tests {
    use super::Leading;
    use crate::statistics::keyed::Keyed;
    use crate::statistics::kind::Kind;

    fn add(keys: &mut Keyed, key: &str, samples: u32) {
        for _ in 0..samples {
            keys.add(key.as_bytes(), Kind::Request, true);
        }
    }

    #[test]
    fn a_code_gives_its_place_to_one_that_is_twice_as_frequent() {
        let (mut keys, mut leading) = (Keyed::new(10), Leading::default());
        let mut update = |keys: &Keyed| {
            let is_replaced = leading.update(keys, Kind::Request, 2);
            (is_replaced, leading.numbers().iter().map(|number| keys.text(*number)).collect::<Vec<_>>().join(" "))
        };
        add(&mut keys, "404", 3);
        assert_eq!(update(&keys), (false, "404".to_owned()));
        add(&mut keys, "200", 50);
        assert_eq!(update(&keys), (false, "404 200".to_owned()), "a free place, and the order stays");
        add(&mut keys, "500", 5);
        assert_eq!(update(&keys), (false, "404 200".to_owned()));
        add(&mut keys, "500", 1);
        assert_eq!(update(&keys), (true, "500 200".to_owned()));
        assert_eq!(update(&keys), (false, "500 200".to_owned()));
        add(&mut keys, "404", 8);
        assert_eq!(update(&keys), (false, "500 200".to_owned()), "more frequent, but not by enough");
    }

    #[test]
    fn the_most_frequent_come_first_where_many_come_at_once() {
        let (mut keys, mut leading) = (Keyed::new(3), Leading::default());
        for (key, samples) in [("400", 2), ("200", 9), ("503", 4), ("beyond the limit", 7)] {
            add(&mut keys, key, samples);
        }
        assert!(!leading.update(&keys, Kind::Request, 2));
        assert_eq!(leading.numbers(), [1, 2]);
        assert!(!Leading::default().update(&keys, Kind::Transaction, 2));
    }
}
