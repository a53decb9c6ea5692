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

/// Tells whether a claim of identity names somebody: two without a name or an address cannot be told apart.
pub fn is_somebody(who: &str) -> bool {
    is_same(who, who)
}

/// Tells whether a claim of identity says nothing of a person but their own name, their own address, or both.
pub fn is_of(who: &str, person: &str) -> bool {
    let ((name, address), (own_name, own_address)) = (parts(who), parts(person));
    is_same(who, person)
        && (name.is_none() || name == own_name)
        && (address.is_none() || address == own_address)
}

/// Tells whether somebody is on a list of names and addresses; an empty list is everybody.
pub fn is_listed(list: &[String], who: &str) -> bool {
    list.is_empty() || list.iter().any(|listed| is_same(listed, who))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_of_a_person_where_it_says_nothing_else() {
        let ann = "Ann <ann@example.com>";
        for own in ["ann", "ANN@example.com", "<ann@example.com>", "ann <Ann@Example.com>"] {
            assert!(is_of(own, ann), "{own}");
        }
        for other in ["", "Mira", "Mira <ann@example.com>", "Ann <ann@elsewhere.com>"] {
            assert!(!is_of(other, ann), "{other}");
        }
    }
}
