//! The Java classes that JMeter will load with a plan.
//!
//! A missing class fails the *whole* plan, even if the element is disabled (verified: "CannotResolveClassException",
//! exit code 1), and so does a missing class of a nested property. A missing `guiclass` or `testclass` attribute has no
//! effect in non-GUI mode.

use std::collections::BTreeMap;

use crate::cancel::Cancel;
use crate::plan::Plan;

/// A class that the plan names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassUse {
    /// The name in the plan: JMeter's alias (`HTTPSamplerProxy`) or a full class name.
    pub name: String,
    /// Names of the elements that use it, without repetition, at most ten.
    pub elements: Vec<String>,
    /// An active element uses it.
    pub active: bool,
}

/// JMeter's own names for classes: `bin/saveservice.properties`, and the renamed classes of `bin/upgrade.properties`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassNames {
    aliases: BTreeMap<String, String>,
    renamed: BTreeMap<String, String>,
}

impl ClassNames {
    /// Reads `saveservice.properties` (`alias=class`, several aliases separated by commas; names that start with `_` are
    /// settings).
    pub fn parse(saveservice: &str) -> Self {
        let mut aliases = BTreeMap::new();
        for (names, class) in entries(saveservice).filter(|(names, _)| !names.starts_with('_')) {
            for alias in names.split(',').map(str::trim) {
                aliases.insert(alias.to_owned(), class.to_owned());
            }
        }
        ClassNames { aliases, renamed: BTreeMap::new() }
    }

    /// Adds `upgrade.properties` (`old.Class=new.Class`; entries with `/` or `|` are about properties).
    #[must_use]
    pub fn with_upgrades(mut self, upgrade: &str) -> Self {
        let classes = entries(upgrade).filter(|(old, new)| !old.contains(['/', '|']) && !new.is_empty());
        self.renamed.extend(classes.map(|(old, new)| (old.to_owned(), new.to_owned())));
        self
    }

    /// The class of a name in a plan.
    pub fn class_of<'a>(&'a self, name: &'a str) -> &'a str {
        let class = self.aliases.get(name).map_or(name, String::as_str);
        self.renamed.get(class).map_or(class, String::as_str)
    }

    /// The name is one of JMeter's aliases.
    pub fn is_alias(&self, name: &str) -> bool {
        self.aliases.contains_key(name)
    }
}

fn entries(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['#', '!']))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
}

/// Looks up whether a class is in the JMeter home's jars or among the plan's plugins.
#[derive(Clone, Copy)]
pub struct ClassLookup<'a> {
    /// JMeter's aliases.
    pub names: &'a ClassNames,
    /// Whether a jar contains the class with this full name (`org.apache.jmeter.threads.ThreadGroup`).
    pub has_class: &'a dyn Fn(&str) -> bool,
}

impl ClassLookup<'_> {
    /// The class can be loaded.
    pub(crate) fn finds(&self, name: &str) -> bool {
        // Without a dot and no alias of JMeter's: one of XStream's own names (`string`, `int`, `list`).
        const XSTREAM: [&str; 14] = [
            "string",
            "int",
            "long",
            "short",
            "byte",
            "float",
            "double",
            "boolean",
            "char",
            "list",
            "map",
            "set",
            "null",
            "properties",
        ];
        let class = self.names.class_of(name);
        class.starts_with("java.") || XSTREAM.contains(&class) || (self.has_class)(class)
    }
}

impl Plan {
    /// Every class that JMeter loads with this plan, of disabled elements too, by name.
    pub fn required_classes(&self, cancel: Cancel<'_>) -> Vec<ClassUse> {
        let mut uses: BTreeMap<&str, ClassUse> = BTreeMap::new();
        for element in cancel.each(&self.elements) {
            let of_properties = element.properties.iter().map(|property| property.class.as_str());
            let names = std::iter::once(element.tag.as_str()).chain(of_properties);
            for name in cancel.each(names).filter(|name| !name.is_empty()) {
                let entry = uses.entry(name).or_insert_with(|| ClassUse {
                    name: name.to_owned(),
                    elements: Vec::new(),
                    active: false,
                });
                entry.active |= element.active;
                if entry.elements.len() < 10 && !entry.elements.contains(&element.name) {
                    entry.elements.push(element.name.clone());
                }
            }
        }
        uses.into_values().collect()
    }
}
