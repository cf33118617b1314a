//! The JMeter properties that a plan reads with `${__P(…)}` and `${__property(…)}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evaluate::{Properties, Scope};
use crate::expression::each_call;
use crate::plan::Plan;

/// A property that the plan reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanProperty {
    /// Its name.
    pub name: String,
    /// The default in the plan, as written; null where there is none.
    pub default: Option<String>,
    /// The value given for this run; null where none is.
    pub value: Option<String>,
}

/// A property with where it is read.
pub(crate) struct PropertyUse {
    pub(crate) property: PlanProperty,
    /// Elements that read it without a default, in JMeter's two ways.
    pub(crate) without_default: Vec<Bare>,
    /// The plan gives it a value itself, in a script or with `__setProperty`.
    pub(crate) set_by_plan: bool,
}

/// A use without a default.
pub(crate) struct Bare {
    pub(crate) element: String,
    pub(crate) function: &'static str,
}

/// Every property that active elements read, by name.
pub(crate) fn properties(plans: &[&Plan], scope: &Scope<'_>, given: &Properties) -> Vec<PropertyUse> {
    let mut found: BTreeMap<String, PropertyUse> = BTreeMap::new();
    let mut set = Vec::new();
    let elements = || plans.iter().flat_map(|plan| plan.active_elements()).map(|(_, element)| element);
    for element in elements() {
        let names = std::iter::once(element.name.as_str());
        for text in names.chain(element.properties.iter().map(|property| property.text.as_str())) {
            each_call(text, &mut |function, arguments| {
                let (function, default) = match function {
                    "__P" => ("__P", arguments.get(1)),
                    "__property" => ("__property", arguments.get(2)),
                    "__setProperty" => {
                        set.extend(arguments.first().cloned());
                        return;
                    }
                    _ => return,
                };
                let Some(name) = arguments.first().and_then(|name| scope.evaluate(name)) else {
                    return;
                };
                if name.is_empty() {
                    return;
                }
                let entry = found.entry(name.clone()).or_insert_with(|| PropertyUse {
                    property: PlanProperty { value: given.get(&name).cloned(), name, default: None },
                    without_default: Vec::new(),
                    set_by_plan: false,
                });
                match default {
                    Some(default) => {
                        entry.property.default.get_or_insert_with(|| default.clone());
                    }
                    None => entry.without_default.push(Bare { element: element.name.clone(), function }),
                }
            });
        }
    }
    for entry in found.values_mut() {
        let name = &entry.property.name;
        let quoted = [format!("\"{name}\""), format!("'{name}'")];
        entry.set_by_plan = set.contains(name)
            || elements().flat_map(|element| &element.properties).any(|property| {
                (property.text.contains("props.put(") || property.text.contains("setProperty("))
                    && quoted.iter().any(|name| property.text.contains(name))
            });
    }
    found.into_values().collect()
}
