//! `.mailmap`: one person under several names and addresses, as gitmailmap(5) has it.

use std::collections::{BTreeMap, BTreeSet};

/// More lines than this are not read.
const LIMIT: usize = 50_000;

/// Who is who, by a project's `.mailmap`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mailmap {
    /// The address that stands for an address, both in lower case.
    proper: BTreeMap<String, String>,
    /// The addresses that one stands for.
    aliases: BTreeMap<String, BTreeSet<String>>,
}

impl Mailmap {
    /// Reads the file; a line that makes no sense is passed over, as git does.
    pub fn read(text: &str) -> Self {
        let mut map = Self::default();
        for line in text.lines().take(LIMIT) {
            let line = line.split('#').next().unwrap_or_default();
            let addresses: Vec<String> = line
                .split('<')
                .skip(1)
                .filter_map(|rest| rest.split_once('>').map(|(address, _)| address.trim().to_lowercase()))
                .filter(|address| !address.is_empty())
                .take(2)
                .collect();
            if let [proper, alias] = addresses.as_slice() {
                map.proper.insert(alias.clone(), proper.clone());
                map.aliases.entry(proper.clone()).or_default().insert(alias.clone());
            }
        }
        map
    }

    /// Lists the other addresses of the person behind an address.
    pub fn others(&self, address: &str) -> BTreeSet<String> {
        let address = address.to_lowercase();
        let proper = self.proper.get(&address).unwrap_or(&address);
        let mut all = self.aliases.get(proper).cloned().unwrap_or_default();
        all.insert(proper.clone());
        all.remove(&address);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_under_many_addresses() {
        let map = Mailmap::read(
            "# people\nMira <mira@example.org> <mira@old.example.com>\n<mira@example.org> M <m@laptop> # spare\n\
             Ben <ben@example.org>\n<broken\n<a@b> <> <c@d>\n",
        );
        let others = |address| map.others(address).into_iter().collect::<Vec<_>>();
        assert_eq!(others("M@Laptop"), ["mira@example.org", "mira@old.example.com"]);
        assert_eq!(others("mira@example.org"), ["m@laptop", "mira@old.example.com"]);
        assert!(others("ben@example.org").is_empty() && others("").is_empty());
    }
}
