//! XML events to a [`Plan`].
//!
//! A plan is XStream's notation of JMeter's tree: inside a `hashTree`, each element is followed by the `hashTree` of
//! its children. An element contains its properties. Document types are skipped and entities never expanded, as in
//! JMeter's own parser (verified: an entity from an internal subset is "could not resolve entity").
//!
//! Plans that JMeter 5.6.3 rejects are rejected here, with the line (each verified): XML 1.1, `--` in a comment, `<` in
//! an attribute, `]]>` in a text, an element without `guiclass` or without its `hashTree`, two `hashTree` in a row, a
//! property of an unknown kind, an `intProp` that is not a number. What JMeter ignores is ignored: it stops reading at
//! the end of the root's first `hashTree`, so the last end tag may be missing or wrong, and anything may follow.

use std::ops::Range;

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::cancel::Cancel;
use crate::decode::{MAX_DEPTH, PlanError, Text};
use crate::plan::{Element, Plan, Property};

/// The kind of an open XML element.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Open {
    Root,
    /// A `hashTree` with the element that it contains the children of.
    Tree(Option<usize>),
    Element(usize),
    Property(usize),
    /// `<name>` or `<value>` of an `objProp` or `doubleProp`.
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
    /// The last element of each open tree; the next `hashTree` contains its children.
    last: Vec<Option<usize>>,
    root_seen: bool,
    /// The root's tree has ended, and JMeter reads nothing after it.
    finished: bool,
    /// The element whose `hashTree` is still missing, for each open tree.
    waiting: Vec<Option<usize>>,
    /// The bytes of the current tag.
    tag_place: Range<usize>,
}

/// Builds the plan.
pub(crate) fn parse(Text { text, lossy }: Text, cancel: Cancel<'_>) -> Result<Plan, PlanError> {
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_comments = true;
    let mut builder = Builder {
        elements: Vec::new(),
        open: Vec::new(),
        current: 0,
        last: Vec::new(),
        root_seen: false,
        finished: false,
        waiting: Vec::new(),
        tag_place: 0..0,
    };
    let mut declared_encoding = None;
    while !builder.finished {
        if cancel.is_cancelled() {
            return Err(PlanError::Cancelled);
        }
        let position = reader.buffer_position();
        let line =
            || 1 + text.as_bytes()[..(position as usize).min(text.len())].iter().filter(|b| **b == b'\n').count();
        let event = reader.read_event();
        builder.tag_place = position as usize..reader.buffer_position() as usize;
        match event {
            // A `<` does not make a file XML.
            Err(_) if !builder.root_seen => return Err(PlanError::NotXml),
            Err(error) => {
                return Err(PlanError::Malformed { line: line(), reason: error.to_string() });
            }
            Ok(Event::Eof) if !builder.root_seen => return Err(PlanError::NotXml),
            Ok(Event::Eof) if !builder.open.is_empty() => {
                return Err(PlanError::Malformed { line: line(), reason: "the file ends in the middle".to_owned() });
            }
            Ok(Event::Eof) => break,
            Ok(Event::Decl(_)) if position > 1 => {
                return Err(PlanError::Malformed { line: line(), reason: "a second XML declaration".to_owned() });
            }
            Ok(Event::Decl(declaration)) => {
                if let Ok(version) = declaration.version()
                    && version.as_ref() != "1.0"
                {
                    return Err(PlanError::XmlVersion { version: version.into_owned() });
                }
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
                builder.leave_empty();
                builder.end(&line)?;
            }
            Ok(Event::End(_)) => builder.end(&line)?,
            Ok(Event::Text(part)) => {
                let content = part.xml10_content();
                if content.contains("]]>") {
                    return Err(PlanError::Malformed { line: line(), reason: "`]]>` in a text".to_owned() });
                }
                builder.text(&content);
            }
            Ok(Event::CData(part)) => builder.text(&part.xml10_content()),
            Ok(Event::GeneralRef(reference)) => {
                let name = reference.xml10_content();
                let character = match name.as_ref() {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    number => character_reference(number),
                };
                let Some(character) = character else {
                    return Err(PlanError::Entity { name: name.into_owned(), line: line() });
                };
                builder.text(character.encode_utf8(&mut [0; 4]));
            }
            Ok(Event::Comment(_) | Event::PI(_) | Event::DocType(_)) => {}
        }
    }
    let mut plan = Plan { elements: builder.elements, declared_encoding, lossy };
    plan.settle(cancel);
    cancel.go_on().ok_or(PlanError::Cancelled)?;
    Ok(plan)
}

/// `#10` or `#x0A`. JMeter's parser accepts every character below U+110000, including those that XML forbids: it writes
/// a recorded body's zero bytes as `&#x0;` and reads them back.
fn character_reference(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let code = match digits.strip_prefix('x') {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => digits.parse().ok()?,
    };
    // Half of a surrogate pair is a character for Java.
    (code <= 0x10_ffff).then(|| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// The attribute's value without its escapes.
fn attribute_value(raw: &str) -> Result<String, String> {
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '<', '\t', '\n', '\r']) {
        value.push_str(&rest[..at]);
        let found = &rest[at..];
        if let Some(after) = found.strip_prefix('&') {
            let (name, after) = after.split_once(';').ok_or("a `&` that begins no entity")?;
            value.push(match name {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "quot" => '"',
                "apos" => '\'',
                other => character_reference(other).ok_or_else(|| format!("the entity `&{other};`"))?,
            });
            rest = after;
        } else if found.starts_with('<') {
            return Err("`<` in an attribute".to_owned());
        } else {
            value.push(' ');
            rest = &found[1..];
        }
    }
    value.push_str(rest);
    Ok(value)
}

/// Properties of JMeter by their names in `saveservice.properties`; a name with a dot is a class.
const PROPERTY_TAGS: [&str; 10] = [
    "stringProp",
    "boolProp",
    "intProp",
    "longProp",
    "doubleProp",
    "FloatProperty",
    "elementProp",
    "collectionProp",
    "mapProp",
    "objProp",
];

impl Builder {
    fn start(&mut self, start: &BytesStart<'_>, line: &dyn Fn() -> usize) -> Result<(), PlanError> {
        let tag = class_of_tag(start.name().as_ref());
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let malformed = |reason: String| PlanError::Malformed { line: line(), reason };
            let attribute = attribute.map_err(|error| malformed(error.to_string()))?;
            let value = attribute_value(attribute.value.as_ref())
                .map_err(|reason| malformed(format!("attribute `{}`: {reason}", attribute.key.as_ref())))?;
            attributes.push((attribute.key.as_ref().to_owned(), value));
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
                self.waiting.push(None);
                Open::Tree(None)
            }
            Some(Open::Tree(_)) if tag == "hashTree" => {
                if self.waiting.last_mut().is_none_or(|waiting| waiting.take().is_none()) {
                    return Err(PlanError::StrayTree { line: line() });
                }
                let parent = self.last.last().copied().flatten();
                if let Some(parent) = parent {
                    self.elements[parent].children_at = Some(self.tag_place.end);
                }
                self.last.push(None);
                self.waiting.push(None);
                Open::Tree(parent)
            }
            Some(Open::Tree(parent)) => {
                if let Some(Some(before)) = self.waiting.last() {
                    let element = self.elements[*before].name.clone();
                    return Err(PlanError::MissingTree { element, line: line() });
                }
                if !attributes.iter().any(|(key, _)| key == "guiclass") {
                    return Err(PlanError::MissingGuiClass { element: attribute("testname"), tag, line: line() });
                }
                let enabled = attributes
                    .iter()
                    .find(|(key, _)| key == "enabled")
                    .is_none_or(|(_, value)| value.eq_ignore_ascii_case("true"));
                self.current = self.elements.len();
                self.elements.push(Element {
                    tag,
                    gui_class: attribute("guiclass"),
                    test_class: attribute("testclass"),
                    name: attribute("testname"),
                    enabled,
                    active: enabled,
                    parent,
                    end: self.current + 1,
                    place: self.tag_place.clone(),
                    children_at: None,
                    properties: Vec::new(),
                });
                for place in [&mut self.last, &mut self.waiting] {
                    if let Some(last) = place.last_mut() {
                        *last = Some(self.current);
                    }
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
            // Parts of a value, such as `savedValue` of a `doubleProp`.
            Some(Open::Property(index)) if !self.elements[self.current].properties[index].is_container() => {
                Open::Ignored
            }
            Some(Open::Element(_) | Open::Property(_)) => {
                if !PROPERTY_TAGS.contains(&tag.as_str()) && !tag.contains('.') {
                    let element = self.elements[self.current].name.clone();
                    return Err(PlanError::UnknownProperty { tag, element, line: line() });
                }
                if tag == "elementProp" && !attributes.iter().any(|(key, _)| key == "elementType") {
                    let reason = format!("the property `{}` has no elementType", attribute("name"));
                    return Err(PlanError::Malformed { line: line(), reason });
                }
                if tag == "stringProp" && !attributes.iter().any(|(key, _)| key == "name") {
                    return Err(PlanError::Malformed { line: line(), reason: "a stringProp has no name".to_owned() });
                }
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

    /// The started tag is empty, so nothing can be inserted.
    fn leave_empty(&mut self) {
        if let Some(Open::Tree(Some(of))) = self.open.last() {
            self.elements[*of].children_at = None;
        }
    }

    fn end(&mut self, line: &dyn Fn() -> usize) -> Result<(), PlanError> {
        match self.open.pop() {
            Some(Open::Element(index)) => self.elements[index].place.end = self.tag_place.end,
            Some(Open::Tree(_)) => {
                self.last.pop();
                self.waiting.pop();
                self.finished = matches!(self.open.last(), Some(Open::Root));
            }
            Some(Open::Property(index)) => {
                let element = &self.elements[self.current];
                let property = &element.properties[index];
                let text = property.text.as_str();
                let fits = match property.tag.as_str() {
                    "intProp" => text.parse::<i32>().is_ok(),
                    "longProp" => text.parse::<i64>().is_ok(),
                    "doubleProp" | "FloatProperty" => {
                        text.trim().trim_end_matches(['d', 'D', 'f', 'F']).parse::<f64>().is_ok()
                    }
                    _ => true,
                };
                if !fits {
                    return Err(PlanError::NotANumber {
                        property: property.name.clone(),
                        tag: property.tag.clone(),
                        text: text.to_owned(),
                        element: element.name.clone(),
                        line: line(),
                    });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        let current = self.current;
        match self.open.last().copied() {
            Some(Open::Property(index)) => {
                let property = &mut self.elements[current].properties[index];
                // Between the items of a container there is only indentation.
                if !property.is_container()
                    && !matches!(property.tag.as_str(), "objProp" | "doubleProp" | "FloatProperty")
                {
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

/// Reverses XStream's escaping of class names in tags, from left to right: `_-` is `$`, `__` is `_`.
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
