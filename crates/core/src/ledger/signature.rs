//! SSH signatures as `ssh-keygen -Y sign` makes them (OpenSSH, `PROTOCOL.sshsig`): those that git puts on
//! commits, and those under statements. Verified in process, without a list of keys: whom a key belongs
//! to is for the ledger to say.

use serde::{Deserialize, Serialize};
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, LineEnding, PublicKey, SshSig, public::KeyData};
use std::fmt;

/// The namespace in which git signs commits and tags.
pub const GIT: &str = "git";

/// The longest armored signature or public key that is looked at, in bytes.
pub const ARMOR_LIMIT: usize = 16 * 1024;

/// The least bits of an RSA key whose signature counts.
const RSA_BITS: usize = 2048;

/// A key's name: `SHA256:` and the digest of the public key in base 64, as `ssh-keygen -l` prints it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Parses what `ssh-keygen -l` prints.
    pub fn parse(text: &str) -> Option<Self> {
        let digest = text.trim().strip_prefix("SHA256:")?;
        let base64 = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/');
        (digest.len() == 43 && digest.bytes().all(base64)).then(|| Self(format!("SHA256:{digest}")))
    }

    /// Gives the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(key: &KeyData) -> Self {
        Self(key.fingerprint(HashAlg::Sha256).to_string())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::types::text::plain(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A commit's signature, and the bytes it was made over: the commit without its signature headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The signature as it stands in the commit.
    pub armor: String,
    /// What was signed.
    pub payload: Vec<u8>,
}

impl Signed {
    /// Splits a commit into signature and payload as git does; `None` where it carries no signature.
    pub fn of_commit(commit: &[u8]) -> Option<Self> {
        // A SHA-256 repository has its own header; the header of the other format is not signed.
        let long = commit.get(..70).is_some_and(|head| head.starts_with(b"tree ") && head[69] == b'\n');
        let mine: &[u8] = if long { b"gpgsig-sha256 " } else { b"gpgsig " };
        let (mut armor, mut payload) = (Vec::new(), Vec::with_capacity(commit.len()));
        let (mut rest, mut ours, mut theirs) = (commit, false, false);
        while !rest.is_empty() {
            let end = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |at| at + 1);
            let (line, after) = rest.split_at(end);
            if line == b"\n" {
                payload.extend_from_slice(rest);
                break;
            }
            let goes_on = line.strip_prefix(b" ");
            if let Some(more) = goes_on.filter(|_| ours).or_else(|| line.strip_prefix(mine)) {
                armor.extend_from_slice(more);
                (ours, theirs) = (true, false);
            } else {
                theirs = line.starts_with(b"gpgsig") || (theirs && goes_on.is_some());
                ours = false;
                if !theirs {
                    payload.extend_from_slice(line);
                }
            }
            rest = after;
        }
        if armor.is_empty() || armor.len() > ARMOR_LIMIT {
            return None;
        }
        Some(Self { armor: String::from_utf8(armor).ok()?, payload })
    }

    /// Gives the key that the signature names, unverified: a cheap filter.
    pub fn named(&self) -> Option<Fingerprint> {
        open(&self.armor).map(|signature| Fingerprint::of(signature.public_key()))
    }

    /// Gives the key that made this signature; `None` where it is not good.
    pub fn signer(&self) -> Option<Fingerprint> {
        verify(&self.armor, GIT, &self.payload)
    }
}

/// Gives the key that made a good signature over exactly this payload in this namespace.
pub fn verify(armor: &str, namespace: &str, payload: &[u8]) -> Option<Fingerprint> {
    let signature = open(armor)?;
    let key = PublicKey::from(signature.public_key().clone());
    key.verify(namespace, payload, &signature).ok()?;
    Some(Fingerprint::of(key.key_data()))
}

/// Gives the public key in an armored signature as one line, `ssh-ed25519 AAAA…`.
pub fn key_in(armor: &str) -> Option<String> {
    PublicKey::from(open(armor)?.public_key().clone()).to_openssh().ok()
}

/// Reads a public key as it stands in a `.pub` file, and gives its name and its line without the comment.
pub fn read_key(line: &str) -> Option<(Fingerprint, String)> {
    if line.len() > ARMOR_LIMIT {
        return None;
    }
    let key = PublicKey::from_openssh(line.trim()).ok()?;
    let data = key.key_data().clone();
    is_strong(&data).then(|| Some((Fingerprint::of(&data), PublicKey::from(data).to_openssh().ok()?)))?
}

fn open(armor: &str) -> Option<SshSig> {
    if armor.len() > ARMOR_LIMIT {
        return None;
    }
    let signature = SshSig::from_pem(armor.trim_end()).ok()?;
    // The armor around the signature is not signed, so only its canonical form is accepted.
    let written = signature.to_pem(LineEnding::LF).ok()?;
    let dense = |text: &str| -> Vec<u8> { text.bytes().filter(|b| !b.is_ascii_whitespace()).collect() };
    let exact = signature.version() == SshSig::VERSION && dense(&written) == dense(armor);
    (exact && is_strong(signature.public_key())).then_some(signature)
}

fn is_strong(key: &KeyData) -> bool {
    match key.algorithm() {
        Algorithm::Ed25519 | Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256 => true,
        Algorithm::Ecdsa { curve } => curve == EcdsaCurve::NistP256,
        Algorithm::Rsa { .. } => {
            key.rsa().and_then(|rsa| rsa.n.as_positive_bytes()).is_some_and(|n| n.len() * 8 >= RSA_BITS)
        }
        Algorithm::Dsa | Algorithm::Other(_) | _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_taken_apart_as_git_does() {
        let tree = |digits: usize| format!("tree {}\n", "1".repeat(digits));
        let who = "author A <a> 1 +0000\ncommitter A <a> 1 +0000\n";
        let cases = [
            ("none", format!("{}{who}\ntext\ngpgsig no\n", tree(40)), None),
            (
                "one",
                format!("{}{who}gpgsig -----A\n b\n \n -----Z\n\ntext\n", tree(40)),
                Some(("-----A\nb\n\n-----Z\n", format!("{}{who}\ntext\n", tree(40)))),
            ),
            (
                "another header behind it",
                format!("{}{who}gpgsig A\n Z\nencoding x\n y\n\ntext", tree(40)),
                Some(("A\nZ\n", format!("{}{who}encoding x\n y\n\ntext", tree(40)))),
            ),
            (
                "that of the other format is not under it",
                format!("{}{who}gpgsig-sha256 X\n Y\ngpgsig A\n Z\n\n", tree(40)),
                Some(("A\nZ\n", format!("{}{who}\n", tree(40)))),
            ),
            (
                "SHA-256",
                format!("{}{who}gpgsig-sha256 A\n Z\n\n", tree(64)),
                Some(("A\nZ\n", format!("{}{who}\n", tree(64)))),
            ),
            ("only that of the other format", format!("{}{who}gpgsig A\n Z\n\n", tree(64)), None),
            ("too long", format!("{}gpgsig {}\n\n", tree(40), "A".repeat(ARMOR_LIMIT)), None),
            ("nothing", String::new(), None),
        ];
        for (name, commit, expected) in cases {
            let found = Signed::of_commit(commit.as_bytes());
            let expected = expected.map(|(armor, payload): (&str, String)| Signed {
                armor: armor.into(),
                payload: payload.into_bytes(),
            });
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn nothing_that_can_be_pushed_panics() {
        for bytes in [&b"gpgsig "[..], b"\xff\xfe", b"gpgsig \xff\n\n", b" \n \n", b"tree \n"] {
            assert_eq!(Signed::of_commit(bytes).and_then(|signed| signed.signer()), None);
        }
        let begin = "-----BEGIN SSH SIGNATURE-----\n";
        let end = "\n-----END SSH SIGNATURE-----";
        for armor in
            ["", begin, "U1NIU0lH", &format!("{begin}U1NIU0lHAAAAAQ=={end}"), &format!("{begin}////{end}")]
        {
            assert_eq!((verify(armor, GIT, b""), key_in(armor)), (None, None));
            assert_eq!(read_key(armor), None);
        }
        assert_eq!(Fingerprint::parse("SHA256:short"), None);
    }
}
