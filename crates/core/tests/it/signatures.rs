//! Signatures that `ssh-keygen` of OpenSSH 9.2 made, whole and broken in every place.

use allclear_core::ledger::signature::{ARMOR_LIMIT, GIT, key_in, read_key, verify};
use allclear_core::ledger::statement::NAMESPACE;

const SAID: &[u8] = include_bytes!("../signatures/said.txt");
const GOOD: [(&str, &str); 3] = [
    ("ssh-ed25519 ", include_str!("../signatures/ed25519.sig")),
    ("ssh-rsa ", include_str!("../signatures/rsa.sig")),
    ("ecdsa-sha2-nistp256 ", include_str!("../signatures/ecdsa.sig")),
];

#[test]
fn each_kind_of_key_proves_what_it_said() {
    for (kind, armor) in GOOD {
        let line = key_in(armor).unwrap();
        assert!(line.starts_with(kind), "{line}");
        assert_eq!(verify(armor, NAMESPACE, SAID), Some(read_key(&line).unwrap().0), "{kind}");
        assert_eq!(verify(armor, GIT, SAID), None, "{kind} in another namespace");
        assert_eq!(verify(armor, NAMESPACE, b"said"), None, "{kind} over another text");
        assert_eq!(verify(&armor.replace('\n', "\r\n"), NAMESPACE, b"other"), None);
    }
}

#[test]
fn weak_keys_prove_nothing() {
    for armor in [include_str!("../signatures/rsa-1024.sig"), include_str!("../signatures/ecdsa-384.sig")] {
        assert_eq!((verify(armor, NAMESPACE, SAID), key_in(armor)), (None, None));
    }
}

#[test]
fn a_signature_broken_anywhere_is_none() {
    for (kind, armor) in GOOD {
        let body = 30..armor.len() - 32;
        for at in body.filter(|at| armor.as_bytes()[*at].is_ascii_alphanumeric()) {
            for with in ["A", "/", "\n", "\u{0}", "é"] {
                let broken = format!("{}{with}{}", &armor[..at], &armor[at + 1..]);
                // Bits behind the last byte of the encoding may be anything to some readers, never to us.
                assert!(
                    broken == armor || verify(&broken, NAMESPACE, SAID).is_none(),
                    "{kind} at {at} with {with:?}"
                );
            }
        }
        for end in 0..armor.len() - 1 {
            assert_eq!(
                verify(&armor[..end.min(armor.len() - 30)], NAMESPACE, SAID),
                None,
                "{kind} up to {end}"
            );
        }
        let long = format!("{armor}{}", "\n".repeat(ARMOR_LIMIT));
        assert_eq!(verify(&long, NAMESPACE, SAID), None);
    }
}
