//! The fair rule for QEMU command lines.

use std::collections::BTreeMap;

use serde_json::Value;

/// Options whose values are `key=value,…` lists.
const LISTS: &[&str] =
    &["-machine", "-cpu", "-smp", "-m", "-chardev", "-name", "-spice", "-vnc", "-accel", "-netdev"];

/// Splits words into options with their value, in order.
pub(crate) fn options(words: &[String]) -> Vec<(String, Option<String>)> {
    let mut options: Vec<(String, Option<String>)> = Vec::new();
    for word in words {
        match options.last_mut() {
            Some((_, value @ None)) if !word.starts_with('-') => *value = Some(word.clone()),
            _ => options.push((word.clone(), None)),
        }
    }
    options
}

/// First difference of two command lines: the order of options of one kind counts, that of kinds is
/// free; JSON counts by value, key lists as maps.
pub(crate) fn difference(made: &[String], golden: &[String]) -> Option<String> {
    let group = |words: &[String]| {
        let mut groups: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
        for (option, value) in options(words) {
            groups.entry(option).or_default().push(value);
        }
        groups
    };
    let made = group(made);
    let golden = group(golden);
    for (option, values) in &golden {
        let made = made.get(option).map_or(&[][..], Vec::as_slice);
        for (index, value) in values.iter().enumerate() {
            let Some(other) = made.get(index) else {
                return Some(format!("{option} {} is missing", show(value)));
            };
            if !same(option, other, value) {
                let reason = detail(option, other, value);
                return Some(format!(
                    "{option}{reason}\n expected {}\n made {}",
                    show(value),
                    show(other)
                ));
            }
        }
        if let Some(extra) = made.get(values.len()) {
            return Some(format!("{option} {} is too much", show(extra)));
        }
    }
    let extra = made.iter().find(|(option, _)| !golden.contains_key(*option))?;
    Some(format!("{} is too much", extra.0))
}

fn show(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

fn detail(option: &str, made: &Option<String>, golden: &Option<String>) -> String {
    let parse = |text: &Option<String>| serde_json::from_str::<Value>(show(text)).ok();
    match (parse(made), parse(golden)) {
        (Some(made), Some(golden)) => {
            let kind = |value: &Value| {
                ["driver", "qom-type", "type"]
                    .into_iter()
                    .find_map(|key| value.get(key).and_then(Value::as_str).map(str::to_owned))
            };
            let difference = super::json(&made, &golden, "").unwrap_or_default();
            format!(" {} {difference}", kind(&golden).unwrap_or_default())
        }
        _ if LISTS.contains(&option) => {
            let (made, golden) = (list(option, show(made)), list(option, show(golden)));
            let missing = golden.iter().find(|item| !made.contains(item));
            let extra = made.iter().find(|item| !golden.contains(item));
            format!(" expected {missing:?}, made {extra:?}")
        }
        _ => String::new(),
    }
}

fn same(option: &str, made: &Option<String>, golden: &Option<String>) -> bool {
    if made == golden {
        return true;
    }
    let (made, golden) = (show(made), show(golden));
    if let (Ok(made), Ok(golden)) =
        (serde_json::from_str::<Value>(made), serde_json::from_str::<Value>(golden))
    {
        return super::json(&made, &golden, "").is_none();
    }
    LISTS.contains(&option) && list(option, made) == list(option, golden)
}

/// Items of a `key=value,…` list: sorted, but for the features of a CPU.
fn list(option: &str, text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == ',' && characters.peek() == Some(&',') {
            characters.next();
        } else if character == ',' {
            items.push(String::new());
            continue;
        }
        if let Some(item) = items.last_mut() {
            item.push(character);
        }
    }
    if option != "-cpu" {
        let first = usize::from(items.first().is_some_and(|item| !item.contains('=')));
        items[first..].sort();
    }
    items
}
