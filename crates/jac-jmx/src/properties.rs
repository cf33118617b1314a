//! The JMeter properties that a plan reads with `${__P(…)}` and `${__property(…)}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::assembly::Assembly;
use crate::expression::each_call;

/// A property that the plan reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanProperty {
    /// Its name.
    pub name: String,
    /// The default in the plan, as written; null if it has none.
    pub default: Option<String>,
    /// The value given for this run; null if none is given.
    pub value: Option<String>,
}

/// A property with the places that read it.
pub(crate) struct PropertyUse {
    pub(crate) property: PlanProperty,
    /// The first element that reads it without a default.
    pub(crate) without_default: Option<Bare>,
    /// The plan sets it itself, in a script or with `__setProperty`.
    pub(crate) set_by_plan: bool,
}

/// A use without a default.
pub(crate) struct Bare {
    pub(crate) element: String,
    pub(crate) function: &'static str,
}

/// Every property that elements read which run, by name.
pub(crate) fn properties(assembly: &Assembly<'_>) -> Vec<PropertyUse> {
    let (scope, given, cancel) = (&assembly.scope, assembly.properties, assembly.cancel);
    let mut found: BTreeMap<String, PropertyUse> = BTreeMap::new();
    for element in assembly.running() {
        for text in cancel.each(element.texts()) {
            each_call(text, cancel, &mut |function, arguments| {
                let (function, default) = match function {
                    "__P" => ("__P", arguments.get(1)),
                    "__property" => ("__property", arguments.get(2)),
                    _ => return,
                };
                let Some(name) = arguments.first().and_then(|name| scope.evaluate(name)) else {
                    return;
                };
                if name.is_empty() {
                    return;
                }
                let entry = found.entry(name.clone()).or_insert_with(|| PropertyUse {
                    set_by_plan: scope.is_set_by_plan(&name),
                    property: PlanProperty { value: given.get(&name).cloned(), name, default: None },
                    without_default: None,
                });
                match default {
                    Some(default) => {
                        entry.property.default.get_or_insert_with(|| default.clone());
                    }
                    None => {
                        entry.without_default.get_or_insert_with(|| Bare { element: element.name.clone(), function });
                    }
                }
            });
        }
    }
    found.into_values().collect()
}
