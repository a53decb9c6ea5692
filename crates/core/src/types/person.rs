//! People as git knows them: a name and an address, as claimed.

/// Gives the address out of `Mira <mira@example.org>`, in lower case.
pub fn address_of(who: &str) -> Option<String> {
    parts(who).1
}

/// Splits `Mira <mira@example.org>` into what can be compared: name and address, in lower case.
pub(crate) fn parts(who: &str) -> (Option<String>, Option<String>) {
    let kept = |text: &str| Some(text.trim().to_lowercase()).filter(|text| !text.is_empty());
    match who.split_once('<') {
        Some((name, rest)) => (kept(name), kept(rest.split('>').next().unwrap_or_default())),
        None if who.contains('@') => (None, kept(who)),
        None => (kept(who), None),
    }
}

/// Tells whether two claims of identity may be one person: the same name or the same address. Where it
/// matters that they are two, sameness of either makes them one.
pub fn is_same(one: &str, other: &str) -> bool {
    let ((name, address), (other_name, other_address)) = (parts(one), parts(other));
    (name.is_some() && name == other_name) || (address.is_some() && address == other_address)
}

/// Tells whether somebody is on a list of names and addresses; an empty list is everybody.
pub fn is_listed(list: &[String], who: &str) -> bool {
    list.is_empty() || list.iter().any(|listed| is_same(listed, who))
}
