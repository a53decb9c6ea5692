//! Reads the signatures of the ledger's commits, and signs statements with the person's own `ssh-keygen` and
//! key.

use super::Store;
use super::error::broken;
use super::objects::{read_content, read_header};
use allclear_core::CommitId;
use allclear_core::ledger::signature::Signed;
use allclear_core::port::Signing;
use allclear_core::types::text::plain;
use std::io::BufRead;
use std::time::Duration;

/// Larger commits of a ledger are not searched for a signature, in bytes.
const COMMIT_LIMIT: u64 = 64 * 1024;
/// How long a person may take to touch their key.
const SIGN_LIMIT: Duration = Duration::from_mins(1);

/// Reads one commit from `cat-file --batch`, and the signature in it.
pub(super) fn read_signed(out: &mut dyn BufRead) -> std::io::Result<Option<Signed>> {
    let Some((_, size)) = read_header(out)? else { return Ok(None) };
    Ok(read_content(out, size, COMMIT_LIMIT)?.and_then(|bytes| Signed::of_commit(&bytes)))
}

impl Signing for Store {
    fn signer(&self, commit: &CommitId) -> Option<String> {
        // With no allowed signers, a good signature is one by an unknown person: only the key counts.
        let git = self
            .git()
            .clone()
            .with_config("gpg.format", "ssh")
            .with_config("gpg.ssh.allowedSignersFile", "/dev/null");
        let args = ["log", "-1", "--no-mailmap", "--format=%G? %GK", commit.as_str()];
        let line = self.healing(&|| git.line(&args, b"").map_err(broken)).ok()?;
        let (state, key) = line.split_once(' ')?;
        (matches!(state, "U" | "G") && !key.is_empty()).then(|| plain(key))
    }

    fn sign(&self, text: &[u8], namespace: &str) -> Option<String> {
        self.sign_text(text, namespace)
    }
}

impl Store {
    /// Signs a text as `ssh-keygen -Y sign` does; `None` if there is no key, or signing fails.
    fn sign_text(&self, text: &[u8], namespace: &str) -> Option<String> {
        let key = self.statement_key.as_deref()?;
        // git also takes a public key in place of a file; the private key is in the agent then.
        let literal = key.strip_prefix("key::").or_else(|| key.starts_with("ssh-").then_some(key));
        let temp = self.temp_dir().ok()?;
        let dir = temp.path();
        let file = match literal {
            Some(line) => {
                let file = dir.join("key.pub");
                std::fs::write(&file, format!("{line}\n")).ok()?;
                file.to_str()?.to_owned()
            }
            None => key.to_owned(),
        };
        let mut args = vec!["-Y", "sign", "-q", "-n", namespace, "-f", &file];
        args.extend(literal.map(|_| "-U"));
        let ssh_keygen = self.unsettled_git.clone_at(dir).with_program("ssh-keygen");
        let output = ssh_keygen.run(&args, text, SIGN_LIMIT).ok()?;
        (output.code == Some(0)).then(|| String::from_utf8(output.stdout).ok())?
    }
}
