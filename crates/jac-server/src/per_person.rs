//! Limits how much of something one person may have at once: scans of logs, uploads, live pages. It does not know what
//! it counts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The counts of all persons. Clones refer to the same ones.
#[derive(Debug)]
pub struct PerPerson<T = ()> {
    most: usize,
    people: Arc<Mutex<HashMap<String, OfPerson<T>>>>,
}

#[derive(Debug)]
struct OfPerson<T> {
    count: usize,
    /// Shared by all places of the person.
    shared: T,
}

/// One of a person's places, returned when it is dropped.
#[derive(Debug)]
pub struct Place<T = ()> {
    all: PerPerson<T>,
    person: String,
}

impl<T> Clone for PerPerson<T> {
    fn clone(&self) -> Self {
        Self { most: self.most, people: Arc::clone(&self.people) }
    }
}

impl<T: Clone + Default> PerPerson<T> {
    /// At most this many for each.
    pub fn new(most: usize) -> Self {
        Self { most, people: Arc::default() }
    }

    /// One more for a person, by their id, with what all their places share; `None`: they have the most already.
    pub fn enter(&self, person: &str) -> Option<(Place<T>, T)> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let of_person = people.entry(person.to_owned()).or_insert_with(|| OfPerson { count: 0, shared: T::default() });
        if of_person.count >= self.most {
            return None;
        }
        of_person.count += 1;
        Some((Place { all: self.clone(), person: person.to_owned() }, of_person.shared.clone()))
    }

    /// How many a person has.
    #[cfg(test)]
    pub fn count(&self, person: &str) -> usize {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).get(person).map_or(0, |of_person| of_person.count)
    }
}

impl<T> Drop for Place<T> {
    fn drop(&mut self) {
        let mut people = self.all.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_person) = people.get_mut(&self.person) {
            of_person.count -= 1;
            if of_person.count == 0 {
                people.remove(&self.person);
            }
        }
    }
}
