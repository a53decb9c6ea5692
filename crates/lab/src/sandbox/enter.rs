//! Starts programs in control groups, without inherited descriptors.

use allclear_host::process::Program;
use std::ffi::OsString;
use std::path::Path;

/// Enters the control groups, volunteers for the kernel's out-of-memory killer, closes every inherited
/// descriptor, and becomes the program. So the program is in the group from its first instruction, and nothing
/// has to be trusted to close what it inherited.
const ENTER: &str = r#"
while [ "$1" != -- ]; do echo $$ > "$1" || exit 97; shift; done; shift
echo 500 > /proc/self/oom_score_adj
for fd in /proc/self/fd/*; do
  fd=${fd##*/}
  if [ "$fd" -gt 9 ] && [ -z "$BASH_VERSION" ]; then continue; fi
  if [ "$fd" -gt 2 ]; then eval "exec $fd>&-"; fi
done
exec "$@" 3<<'PASSWD' 4<<'GROUP' 5<<'HOSTS' 6<<'NSSWITCH' 7<"$0" 8</dev/null 9</dev/null
root:x:0:0:root:/:/usr/sbin/nologin
lab:x:1000:1000:lab:/home/lab:/bin/sh
nobody:x:65534:65534:nobody:/:/usr/sbin/nologin
PASSWD
root:x:0:
lab:x:1000:
nogroup:x:65534:
GROUP
127.0.0.1 localhost
::1 localhost
HOSTS
passwd: files
group: files
hosts: files dns
NSSWITCH
"#;

/// The files that programs started by [`entering`] find open: the descriptor, and which file it is.
pub(super) const FILES: [(&str, &str); 4] =
    [("3", "/etc/passwd"), ("4", "/etc/group"), ("5", "/etc/hosts"), ("6", "/etc/nsswitch.conf")];

/// The same for files of /proc that are shown empty: which keys the caller has, and how many.
pub(super) const EMPTY: [(&str, &str); 2] = [("8", "/proc/keys"), ("9", "/proc/key-users")];

/// The descriptor with the filter of system calls.
pub(super) const FILTER: u8 = 7;

/// A program that enters control groups by their `cgroup.procs`, and becomes another, which finds the filter open.
pub(super) fn entering<'a>(
    entries: impl IntoIterator<Item = &'a Path>,
    filter: &Path,
    argv: &[OsString],
) -> Program {
    // Only bash can close descriptors above 9.
    let bash = Path::new("/bin/bash");
    Program::new(if bash.exists() { bash } else { Path::new("/bin/sh") })
        .args(["-c", ENTER])
        .args([filter])
        .args(entries)
        .args(["--"])
        .args(argv)
}
