//! The system calls that foreign code cannot make, as a program for the kernel's filter: classic BPF over
//! `struct seccomp_data` (seccomp(2)).
//!
//! Namespaces do not separate everything. Keyrings are inherited like descriptors and found by number, the
//! terminal takes input from every program on it, and some kinds of socket lead past the network namespace: one
//! of `AF_VSOCK` reaches the machine that this one is a guest of.

/// The numbers of system calls on one architecture. A program for another one runs on the same kernel.
struct Calls {
    /// `AUDIT_ARCH_*` of `linux/audit.h`.
    architecture: u32,
    /// `add_key`, `request_key` and `keyctl`.
    keys: [u32; 3],
    ioctl: u32,
    socket: u32,
    /// Makes a socket as well; of which family is not in its registers.
    socketcall: Option<u32>,
}

const fn calls(architecture: u32, keys: [u32; 3], ioctl: u32, socket: u32, socketcall: Option<u32>) -> Calls {
    Calls { architecture, keys, ioctl, socket, socketcall }
}

const ARCHITECTURES: [Calls; 8] = [
    calls(X86_64, [248, 249, 250], 16, 41, None),
    calls(0x4000_0003, [286, 287, 288], 54, 359, Some(102)), // i386
    calls(0xc000_00b7, [217, 218, 219], 29, 198, None),      // aarch64
    calls(0x4000_0028, [309, 310, 311], 54, 281, None),      // arm
    calls(0xc000_00f3, [217, 218, 219], 29, 198, None),      // riscv64
    calls(0xc000_0102, [217, 218, 219], 29, 198, None),      // loongarch64
    calls(0xc000_0015, [269, 270, 271], 54, 326, Some(102)), // powerpc64le
    calls(0x8000_0016, [278, 279, 280], 54, 359, Some(102)), // s390x
];
const X86_64: u32 = 0xc000_003e;
/// The numbers of x32, which nobody uses, begin here on x86-64.
const X32: u32 = 0x4000_0000;
/// `io_uring_setup`, everywhere. It makes sockets without the system call.
const IO_URING: u32 = 425;
/// What `socketcall` is asked for a new socket.
const SYS_SOCKET: u32 = 1;
/// `AF_UNIX`, `AF_INET`, `AF_INET6` and `AF_NETLINK`: the families that a network namespace separates.
const FAMILIES: [u32; 4] = [1, 2, 10, 16];
/// `TIOCSTI` and `TIOCLINUX`, which type on a terminal.
const TYPING: [u32; 2] = [0x5412, 0x541c];

const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ALLOW: u32 = 0x7fff_0000;
const KILL: u32 = 0x8000_0000;
const ERROR: u32 = 0x0005_0000;
const EPERM: u32 = ERROR + 1;
/// As from a kernel that does not have the call, which programs are prepared for.
const ENOSYS: u32 = ERROR + 38;
const EAFNOSUPPORT: u32 = ERROR + 97;

/// The lower half of an argument. The kernel looks at no more of a request or a family.
const fn argument(n: u32) -> u32 {
    16 + 8 * n + if cfg!(target_endian = "little") { 0 } else { 4 }
}

/// `struct sock_filter`: code, jump if true, jump if false, operand.
type Instruction = (u16, u8, u8, u32);

const fn load(at: u32) -> Instruction {
    (0x20, 0, 0, at)
}

const fn answer(with: u32) -> Instruction {
    (0x06, 0, 0, with)
}

/// Goes on where the loaded value is this one, and skips so many instructions where not.
const fn unless_equal(value: u32, skip: u8) -> Instruction {
    (0x15, 0, skip, value)
}

/// Skips so many instructions where the loaded value is this one.
const fn if_equal(value: u32, skip: u8) -> Instruction {
    (0x15, skip, 0, value)
}

/// Gives the whole filter, as bytes for `bwrap --seccomp`. A program of an architecture that it does not know is
/// killed.
pub(super) fn program() -> Vec<u8> {
    let mut program = vec![load(ARCHITECTURE)];
    for calls in &ARCHITECTURES {
        let rules = rules(calls);
        program.push(unless_equal(calls.architecture, rules.len() as u8));
        program.extend(rules);
    }
    program.push(answer(KILL));
    program.into_iter().flat_map(bytes).collect()
}

fn rules(calls: &Calls) -> Vec<Instruction> {
    let mut rules = vec![load(NUMBER)];
    if calls.architecture == X86_64 {
        let if_less = (0x35, 0, 1, X32);
        rules.extend([if_less, answer(ENOSYS)]);
    }
    for call in calls.keys.into_iter().chain([IO_URING]) {
        rules.extend([unless_equal(call, 1), answer(ENOSYS)]);
    }
    if let Some(socketcall) = calls.socketcall {
        let denied = [load(argument(0)), unless_equal(SYS_SOCKET, 1), answer(ENOSYS), answer(ALLOW)];
        rules.push(unless_equal(socketcall, denied.len() as u8));
        rules.extend(denied);
    }
    let [one, two] = TYPING;
    let typing = [load(argument(1)), if_equal(one, 1), unless_equal(two, 1), answer(EPERM), answer(ALLOW)];
    rules.push(unless_equal(calls.ioctl, typing.len() as u8));
    rules.extend(typing);
    let mut family = vec![load(argument(0))];
    family.extend(
        FAMILIES.iter().rev().enumerate().rev().map(|(left, family)| if_equal(*family, left as u8 + 1)),
    );
    family.push(answer(EAFNOSUPPORT));
    rules.push(unless_equal(calls.socket, family.len() as u8));
    rules.extend(family);
    rules.push(answer(ALLOW));
    rules
}

fn bytes((code, yes, no, operand): Instruction) -> Vec<u8> {
    [&code.to_ne_bytes()[..], &[yes, no], &operand.to_ne_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the filter as the kernel does.
    fn answered(architecture: u32, number: u32, arguments: [u32; 2]) -> u32 {
        let program = program();
        let (mut at, mut loaded) = (0, 0);
        loop {
            let instruction = &program[8 * at..8 * at + 8];
            let code = u16::from_ne_bytes(instruction[..2].try_into().unwrap());
            let (yes, no) = (instruction[2], instruction[3]);
            let operand = u32::from_ne_bytes(instruction[4..].try_into().unwrap());
            at += 1;
            let skip = |jumps: bool| usize::from(if jumps { yes } else { no });
            match code {
                0x20 if operand == NUMBER => loaded = number,
                0x20 if operand == ARCHITECTURE => loaded = architecture,
                0x20 if operand == argument(0) => loaded = arguments[0],
                0x20 if operand == argument(1) => loaded = arguments[1],
                0x15 => at += skip(loaded == operand),
                0x35 => at += skip(loaded >= operand),
                0x06 => return operand,
                _ => panic!("{code:#x} {operand:#x}"),
            }
        }
    }

    #[test]
    fn the_same_is_denied_on_every_architecture() {
        for calls in &ARCHITECTURES {
            let asked = |number, arguments| answered(calls.architecture, number, arguments);
            for key in calls.keys {
                assert_eq!(asked(key, [0, 0]), ENOSYS);
            }
            assert_eq!(asked(IO_URING, [0, 0]), ENOSYS);
            assert_eq!((asked(calls.ioctl, [0, 0x5412]), asked(calls.ioctl, [0, 0x541c])), (EPERM, EPERM));
            assert_eq!(asked(calls.ioctl, [0, 0x5413]), ALLOW);
            for family in 0..64 {
                let expected = if FAMILIES.contains(&family) { ALLOW } else { EAFNOSUPPORT };
                assert_eq!(asked(calls.socket, [family, 0]), expected, "{family}");
            }
            if let Some(call) = calls.socketcall {
                assert_eq!((asked(call, [1, 0]), asked(call, [2, 0])), (ENOSYS, ALLOW));
            }
            let all =
                calls.keys.into_iter().chain([IO_URING, calls.ioctl, calls.socket]).chain(calls.socketcall);
            let denied: Vec<u32> = all.collect();
            assert!(
                (0..600).filter(|call| !denied.contains(call)).all(|call| asked(call, [40, 0x5412]) == ALLOW)
            );
        }
        // The same calls by the numbers of x32, and from an architecture that is not known.
        assert_eq!(answered(X86_64, X32 + 250, [0, 0]), ENOSYS);
        assert_eq!(answered(0xdead_beef, 0, [0, 0]), KILL);
    }
}
