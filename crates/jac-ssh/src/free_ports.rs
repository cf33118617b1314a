//! Finds free ports of a node in its kernel's tables: no program on a node could be asked to reserve some.

use rand::seq::SliceRandom;
use std::collections::HashSet;
use std::ops::Range;

/// Prints all that [`choose`] reads.
pub const SCRIPT: &str = "cat /proc/sys/net/ipv4/ip_local_port_range; \
     cat /proc/sys/net/ipv4/ip_local_reserved_ports 2>/dev/null || echo; \
     cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 2>/dev/null; true";

/// Lower ports are often used by services that happen to be stopped.
const LOWEST: u16 = 10_240;

/// `count` different unused ports, outside of the range that the kernel gives to outgoing connections, which could take
/// a port before JMeter does.
///
/// The text's first line is the range of outgoing connections, its second the reserved ports, the others are the
/// kernel's tables of sockets (`local_address` is the second field, the port its hexadecimal end).
pub fn choose(text: &str, count: usize) -> Option<Vec<u16>> {
    let mut lines = text.lines();
    let outgoing: Vec<u16> = lines.next()?.split_whitespace().filter_map(|port| port.parse().ok()).collect();
    let [first, last] = outgoing[..] else { return None };
    let reserved = ranges(lines.next()?);
    let taken: HashSet<u16> = lines
        .filter_map(|line| line.split_whitespace().nth(1)?.rsplit_once(':'))
        .filter_map(|(_, port)| u16::from_str_radix(port, 16).ok())
        .collect();
    let is_free = |port: &u16| !taken.contains(port) && !reserved.iter().any(|range| range.contains(&u32::from(*port)));
    let outside = (LOWEST..first.max(LOWEST)).chain(last.saturating_add(1).max(LOWEST)..u16::MAX);
    let mut free: Vec<u16> = outside.filter(is_free).collect();
    if free.len() < count {
        free.extend((first.max(LOWEST)..=last).filter(is_free));
    }
    let (chosen, _) = free.partial_shuffle(&mut rand::rng(), count);
    (chosen.len() == count).then(|| chosen.to_vec())
}

/// `8080,9000-9010`.
fn ranges(text: &str) -> Vec<Range<u32>> {
    text.trim()
        .split(',')
        .filter_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some(first.parse().ok()?..last.parse::<u32>().ok()? + 1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: &str = "  sl  local_address rem_address   st
   0: 0100007F:2800 00000000:0000 0A
   0: 00000000000000000000000000000000:2801 00000000000000000000000000000000:0000 0A
";

    #[test]
    fn ports_differ_and_are_neither_taken_nor_reserved_nor_for_outgoing_connections() {
        // 0x2800 is 10240.
        let text = format!("10250\t65535\n10242,10244-10246\n{TABLES}");
        let mut ports = choose(&text, 4).expect("four are left");
        ports.sort_unstable();
        assert_eq!(ports, [10_243, 10_247, 10_248, 10_249]);
    }

    #[test]
    fn where_all_others_are_taken_those_of_outgoing_connections_do() {
        let ports = choose(&format!("1024\t65535\n\n{TABLES}"), 6).expect("there are many");
        assert_eq!(ports.iter().collect::<HashSet<_>>().len(), 6);
        assert!(ports.iter().all(|port| *port > 10_241));
    }

    #[test]
    fn a_machine_that_says_nothing_has_none() {
        assert_eq!(choose("", 1), None);
        assert_eq!(choose("what\n\n", 1), None);
    }
}
