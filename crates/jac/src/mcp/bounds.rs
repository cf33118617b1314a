//! How large an answer may be: an assistant's context is short, and a report may have thousands of labels.

use serde_json::{Value, json};

/// The longest answer, in bytes of JSON.
const MOST_BYTES: usize = 48 * 1024;
/// The longest text in it, in characters.
const LONGEST_TEXT: usize = 500;

/// The response, with the longest lists halved until it is short enough. `cut` names them, with their
/// number of entries.
pub fn bounded(mut answer: Value) -> Value {
    shorten(&mut answer);
    let mut truncated = serde_json::Map::new();
    while answer.to_string().len() > MOST_BYTES {
        let mut lists = Vec::new();
        measure(&answer, String::new(), &mut lists);
        let longest = lists.into_iter().filter(|(_, entries, _)| *entries > 1).max_by_key(|(_, _, bytes)| *bytes);
        let Some((place, entries, _)) = longest else { break };
        if let Some(Value::Array(list)) = answer.pointer_mut(&place) {
            list.truncate(entries / 2);
        }
        truncated.entry(place).or_insert_with(|| json!(entries));
    }
    if let Value::Object(fields) = &mut answer
        && !truncated.is_empty()
    {
        fields.insert("cut".to_owned(), Value::Object(truncated));
    }
    answer
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((at, _)) = text.char_indices().nth(LONGEST_TEXT) {
                text.truncate(at);
                text.push('…');
            }
        }
        Value::Array(list) => list.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}

/// The place, entries and bytes of every list.
fn measure(value: &Value, place: String, lists: &mut Vec<(String, usize, usize)>) {
    match value {
        Value::Array(list) => {
            lists.push((place.clone(), list.len(), value.to_string().len()));
            for (at, entry) in list.iter().enumerate() {
                measure(entry, format!("{place}/{at}"), lists);
            }
        }
        Value::Object(fields) => {
            for (name, entry) in fields {
                measure(entry, format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), lists);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_never_longer_than_allowed_and_names_what_is_missing() {
        let labels: Vec<Value> = (0..5_000).map(|n| json!({ "label": format!("Page {n}"), "samples": n })).collect();
        let whole = json!({ "labels": labels, "note": "x".repeat(10_000), "few": [1, 2] });
        let answer = bounded(whole);
        assert!(answer.to_string().len() <= MOST_BYTES + 200);
        assert_eq!(answer["cut"], json!({ "/labels": 5_000 }));
        assert_eq!((answer["labels"][0]["label"].as_str(), &answer["few"]), (Some("Page 0"), &json!([1, 2])));
        assert_eq!(answer["note"].as_str().map(|text| text.chars().count()), Some(LONGEST_TEXT + 1));
        let short = json!({ "labels": [1] });
        assert_eq!(bounded(short.clone()), short);
    }
}
