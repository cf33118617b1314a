//! XML events to a [`Plan`].
//!
//! A plan is XStream's notation of JMeter's tree: inside a `hashTree`, each element is followed by the `hashTree` of its
//! children. Inside an element stand its properties. Document types are skipped and entities never expanded, as in
//! JMeter's own parser (tried: an entity from an internal subset is "could not resolve entity").

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::decode::{MAX_DEPTH, PlanError, Text};
use crate::plan::{Element, Plan, Property};

/// What an open XML element is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Open {
    Root,
    /// A `hashTree` with the element whose children it holds.
    Tree(Option<usize>),
    Element(usize),
    Property(usize),
    /// `<name>` or `<value>` of an `objProp`.
    Part(Part),
    Ignored,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Name(usize),
    Value(usize),
}

struct Builder {
    elements: Vec<Element>,
    open: Vec<Open>,
    /// The element whose properties are being read; properties are addressed within it.
    current: usize,
    /// The last element of each open tree, whose children the next `hashTree` holds.
    last: Vec<Option<usize>>,
    root_seen: bool,
}

/// Builds the plan.
pub(crate) fn parse(Text { text, lossy }: Text) -> Result<Plan, PlanError> {
    let mut reader = Reader::from_str(&text);
    let mut builder =
        Builder { elements: Vec::new(), open: Vec::new(), current: 0, last: Vec::new(), root_seen: false };
    let mut declared_encoding = None;
    loop {
        let position = reader.buffer_position();
        let line =
            || 1 + text.as_bytes()[..(position as usize).min(text.len())].iter().filter(|b| **b == b'\n').count();
        match reader.read_event() {
            // `<` alone does not make a file XML.
            Err(_) if !builder.root_seen => return Err(PlanError::NotXml),
            Err(error) => {
                return Err(PlanError::Malformed { line: line(), reason: error.to_string() });
            }
            Ok(Event::Eof) if !builder.root_seen => return Err(PlanError::NotXml),
            Ok(Event::Eof) if !builder.open.is_empty() => {
                return Err(PlanError::Malformed { line: line(), reason: "the file ends in the middle".to_owned() });
            }
            Ok(Event::Eof) => break,
            Ok(Event::Decl(declaration)) => {
                declared_encoding = declaration.encoding().and_then(Result::ok).map(|name| name.into_owned());
            }
            Ok(Event::Start(start)) => {
                if builder.open.len() >= MAX_DEPTH {
                    return Err(PlanError::TooDeep { limit: MAX_DEPTH, line: line() });
                }
                builder.start(&start, &line)?;
            }
            Ok(Event::Empty(start)) => {
                builder.start(&start, &line)?;
                builder.end();
            }
            Ok(Event::End(_)) => builder.end(),
            Ok(Event::Text(part)) => builder.text(&part.xml10_content()),
            Ok(Event::CData(part)) => builder.text(&part.xml10_content()),
            Ok(Event::GeneralRef(reference)) => {
                let name = reference.xml10_content();
                let character = match name.as_ref() {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => reference.resolve_char_ref().ok().flatten(),
                };
                let Some(character) = character else {
                    return Err(PlanError::Entity { name: name.into_owned(), line: line() });
                };
                builder.text(character.encode_utf8(&mut [0; 4]));
            }
            Ok(Event::Comment(_) | Event::PI(_) | Event::DocType(_)) => {}
        }
    }
    if !builder.elements.iter().any(|element| element.tag == "TestPlan") {
        // A test fragment that was saved alone has no TestPlan either; JMeter runs nothing of it.
        return Err(PlanError::NoTestPlan);
    }
    Ok(Plan { elements: builder.elements, declared_encoding, lossy })
}

impl Builder {
    fn start(&mut self, start: &BytesStart<'_>, line: &dyn Fn() -> usize) -> Result<(), PlanError> {
        let tag = class_of_tag(start.name().as_ref());
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let malformed = |reason: String| PlanError::Malformed { line: line(), reason };
            let attribute = attribute.map_err(|error| malformed(error.to_string()))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| malformed(format!("attribute `{}`: {error}", attribute.key.as_ref())))?;
            attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
        }
        let attribute = |name: &str| {
            attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let open = match self.open.last().copied() {
            None if self.root_seen => Open::Ignored,
            None => {
                if tag != "jmeterTestPlan" {
                    return Err(PlanError::NotAPlan { root: tag });
                }
                self.root_seen = true;
                Open::Root
            }
            Some(Open::Root) if tag == "hashTree" => {
                self.last.push(None);
                Open::Tree(None)
            }
            Some(Open::Tree(_)) if tag == "hashTree" => {
                let parent = self.last.last().copied().flatten();
                self.last.push(None);
                Open::Tree(parent)
            }
            Some(Open::Tree(parent)) => {
                let enabled = attributes
                    .iter()
                    .find(|(key, _)| key == "enabled")
                    .is_none_or(|(_, value)| value.eq_ignore_ascii_case("true"));
                let active = enabled && parent.is_none_or(|parent| self.elements[parent].active);
                self.current = self.elements.len();
                self.elements.push(Element {
                    tag,
                    gui_class: attribute("guiclass"),
                    test_class: attribute("testclass"),
                    name: attribute("testname"),
                    enabled,
                    active,
                    parent,
                    properties: Vec::new(),
                });
                if let Some(last) = self.last.last_mut() {
                    *last = Some(self.current);
                }
                Open::Element(self.current)
            }
            Some(Open::Property(index)) if tag == "name" => Open::Part(Part::Name(index)),
            Some(Open::Property(index)) if tag == "value" => {
                let property = &mut self.elements[self.current].properties[index];
                if property.class.is_empty() {
                    property.class = attribute("class");
                }
                Open::Part(Part::Value(index))
            }
            Some(Open::Element(_) | Open::Property(_)) => {
                let level = self.open.iter().filter(|open| matches!(open, Open::Property(_))).count();
                let properties = &mut self.elements[self.current].properties;
                properties.push(Property {
                    name: attribute("name"),
                    class: attribute("elementType"),
                    tag,
                    level,
                    text: String::new(),
                });
                Open::Property(properties.len() - 1)
            }
            Some(Open::Root | Open::Part(_) | Open::Ignored) => Open::Ignored,
        };
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) {
        if let Some(Open::Tree(_)) = self.open.pop() {
            self.last.pop();
        }
    }

    fn text(&mut self, text: &str) {
        let current = self.current;
        match self.open.last().copied() {
            Some(Open::Property(index)) => {
                let property = &mut self.elements[current].properties[index];
                // Between the items of a container stands only the indentation.
                if !matches!(property.tag.as_str(), "elementProp" | "collectionProp" | "mapProp" | "objProp") {
                    property.text.push_str(text);
                }
            }
            Some(Open::Part(Part::Value(index))) => {
                self.elements[current].properties[index].text.push_str(text);
            }
            Some(Open::Part(Part::Name(index))) => {
                self.elements[current].properties[index].name.push_str(text);
            }
            _ => {}
        }
    }
}

/// Undoes XStream's escaping of class names in tags, from left to right: `_-` is `$`, `__` is `_`.
fn class_of_tag(tag: &str) -> String {
    let mut class = String::with_capacity(tag.len());
    let mut rest = tag;
    while let Some(at) = rest.find('_') {
        class.push_str(&rest[..at]);
        let (character, length) = match rest.as_bytes().get(at + 1) {
            Some(b'-') => ('$', 2),
            Some(b'_') => ('_', 2),
            _ => ('_', 1),
        };
        class.push(character);
        rest = &rest[at + length..];
    }
    class + rest
}
