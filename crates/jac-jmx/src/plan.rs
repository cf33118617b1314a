//! [`Plan`]: the tree of a test plan's elements with their properties, in the order of the file.
//!
//! Elements and properties are flat lists with levels instead of nested structures: nothing here is recursive, so no
//! plan can overflow a stack, neither when it is read nor when it is dropped.

use std::ops::Range;

use crate::cancel::Cancel;
use crate::decode::PlanError;

/// A property of an element, as written. Nested ones (`elementProp`, `collectionProp`) follow their parent with a higher
/// [`Property::level`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Property {
    /// The XML tag: `stringProp`, `boolProp`, `elementProp`, …
    pub tag: String,
    /// The property's name, such as `ThreadGroup.num_threads`; empty for items of a collection.
    pub name: String,
    /// Class or alias of the value, of `elementProp` and `objProp` only.
    pub class: String,
    /// Its nesting level; 0: a property of the element itself.
    pub level: usize,
    /// The text between its tags.
    pub text: String,
}

impl Property {
    /// Whether it contains further properties.
    pub(crate) fn is_container(&self) -> bool {
        // A plugin's class may contain others too.
        matches!(self.tag.as_str(), "elementProp" | "collectionProp" | "mapProp") || self.tag.contains('.')
    }
}

/// A test element: a thread group, a sampler, a listener…
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// The XML tag: JMeter's alias or the full name of the class that will be loaded.
    pub tag: String,
    /// The `guiclass` attribute. The command line loads no such class; it distinguishes listeners.
    pub gui_class: String,
    /// The `testclass` attribute.
    pub test_class: String,
    /// The `testname` attribute.
    pub name: String,
    /// Whether the element itself is enabled.
    pub enabled: bool,
    /// Enabled, and so are all its parents: JMeter removes a disabled element with everything below it.
    pub active: bool,
    /// Position of the parent in [`Plan::elements`].
    pub parent: Option<usize>,
    /// The position after its last descendant in [`Plan::elements`].
    pub end: usize,
    /// Its byte range in the file, from its start tag to the end of its end tag, without its children.
    pub(crate) place: Range<usize>,
    /// The position after the start tag of its children's `hashTree`; `None`: that is an empty tag.
    pub(crate) children_at: Option<usize>,
    /// Its properties, nested ones after their parent.
    pub properties: Vec<Property>,
}

impl Element {
    /// The last part of the class name: `HTTPSamplerProxy`, `ConcurrencyThreadGroup`.
    pub fn kind(&self) -> &str {
        self.tag.rsplit(['.', '$']).next().unwrap_or(&self.tag)
    }

    /// Every text of it that JMeter may evaluate: its name, and its properties.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.properties.iter().map(|property| property.text.as_str()))
    }

    /// A property's text, if it is set. Of two with the same name JMeter uses the last (verified).
    pub fn text(&self, name: &str) -> Option<&str> {
        self.properties.iter().rfind(|p| p.level == 0 && p.name == name).map(|p| p.text.as_str())
    }

    /// A property's text, or nothing.
    pub fn text_or_empty(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    /// The text of a property at any level, such as one of a nested controller.
    pub fn nested_text(&self, name: &str) -> Option<&str> {
        self.properties.iter().rfind(|p| p.name == name).map(|p| p.text.as_str())
    }

    /// Everything nested in the property at `index`.
    pub fn below(&self, index: usize) -> &[Property] {
        let level = self.properties[index].level;
        let rest = &self.properties[index + 1..];
        let length = rest.iter().position(|p| p.level <= level).unwrap_or(rest.len());
        &rest[..length]
    }

    /// Name and value of every `Argument`: user-defined variables, a backend listener's parameters.
    pub fn arguments(&self) -> impl Iterator<Item = (&str, &str)> {
        self.properties.iter().enumerate().filter(|(_, p)| p.class == "Argument").map(|(index, argument)| {
            let below = self.below(index);
            let find = |name: &str| below.iter().find(|p| p.name == name).map(|p| p.text.as_str());
            (find("Argument.name").unwrap_or(&argument.name), find("Argument.value").unwrap_or_default())
        })
    }

    /// A thread group of any kind, JMeter's or a plugin's.
    pub fn is_thread_group(&self) -> bool {
        self.kind().ends_with("ThreadGroup")
    }

    /// Whether it is a controller that runs elements from elsewhere: from another plan or another part of this one.
    pub fn borrows_elements(&self) -> bool {
        matches!(self.kind(), "ModuleController" | "IncludeController")
            || self.kind().ends_with("ParameterizedController")
    }

    /// A sampler by JMeter's naming. `None` if a plugin's name does not show it.
    pub fn is_sampler(&self) -> Option<bool> {
        let kind = self.kind();
        let named = kind.contains("Sampler") || matches!(kind, "TestAction" | "HTTPSampler2" | "AjpSampler");
        if named {
            // "Flow Control Action" is a sampler that takes no sample.
            return Some(kind != "TestAction");
        }
        let foreign = self.tag.contains('.') && !self.tag.starts_with("org.apache.jmeter.");
        if foreign && !self.is_thread_group() { None } else { Some(false) }
    }
}

/// A parsed test plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(crate) elements: Vec<Element>,
    /// Encoding in the XML declaration, if declared.
    pub(crate) declared_encoding: Option<String>,
    /// JMeter will replace bytes of this file because they are not UTF-8.
    pub(crate) lossy: bool,
}

impl Plan {
    /// Reads a `.jmx` file's bytes, at most 64 MiB.
    ///
    /// # Errors
    /// A [`PlanError`] that says why the bytes are not a plan that JMeter could load and run.
    pub fn parse(bytes: &[u8]) -> Result<Plan, PlanError> {
        Plan::parse_until(bytes, Cancel::NEVER)
    }

    /// The same, unless it is cancelled.
    ///
    /// # Errors
    /// Also [`PlanError::Cancelled`].
    pub fn parse_until(bytes: &[u8], cancel: Cancel<'_>) -> Result<Plan, PlanError> {
        let plan = Plan::parse_fragment_until(bytes, cancel)?;
        // A separately saved test fragment has no `TestPlan`; JMeter runs nothing of it.
        if plan.test_plan().is_none() { Err(PlanError::NoTestPlan) } else { Ok(plan) }
    }

    /// Reads the bytes of a file that an Include Controller names: it need not contain a `TestPlan`.
    ///
    /// # Errors
    /// A [`PlanError`] that says why JMeter could not load it.
    pub fn parse_fragment(bytes: &[u8]) -> Result<Plan, PlanError> {
        Plan::parse_fragment_until(bytes, Cancel::NEVER)
    }

    /// The same, unless it is cancelled.
    ///
    /// # Errors
    /// Also [`PlanError::Cancelled`].
    pub fn parse_fragment_until(bytes: &[u8], cancel: Cancel<'_>) -> Result<Plan, PlanError> {
        crate::parse::parse(crate::decode::decode(bytes)?, cancel)
    }

    /// Every test element in the order of the file, including disabled ones. The first is usually the `TestPlan`.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// The test plan's own name.
    pub fn test_name(&self) -> Option<&str> {
        self.test_plan().map(|plan| plan.name.as_str()).filter(|name| !name.is_empty())
    }

    /// The `TestPlan` element.
    pub fn test_plan(&self) -> Option<&Element> {
        self.elements.iter().find(|element| element.tag == "TestPlan")
    }

    /// The direct children of an element; `None` returns the roots.
    pub(crate) fn children(&self, of: Option<usize>) -> impl Iterator<Item = usize> {
        let (from, to) = of.map_or((0, self.elements.len()), |index| (index + 1, self.elements[index].end));
        let first = (from < to).then_some(from);
        std::iter::successors(first, move |index| Some(self.elements[*index].end).filter(|next| *next < to))
    }

    /// Determines where each element ends and whether it is active, once all are read.
    pub(crate) fn settle(&mut self, cancel: Cancel<'_>) {
        for index in cancel.each(0..self.elements.len()) {
            // A property takes precedence over the attribute, because it is read after it (verified).
            let own = self.elements[index].text("TestElement.enabled").map(|text| text.eq_ignore_ascii_case("true"));
            let name = self.elements[index].text("TestElement.name").map(str::to_owned);
            let element = &mut self.elements[index];
            element.enabled = own.unwrap_or(element.enabled);
            if let Some(name) = name {
                element.name = name;
            }
            let (enabled, parent) = (element.enabled, element.parent);
            self.elements[index].active = enabled && parent.is_none_or(|parent| self.elements[parent].active);
        }
        for index in (0..self.elements.len()).rev() {
            if let Some(parent) = self.elements[index].parent {
                self.elements[parent].end = self.elements[parent].end.max(self.elements[index].end);
            }
        }
    }
}
