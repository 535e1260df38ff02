//! Addresses and ranges: which of them are private.

use std::net::{IpAddr, Ipv6Addr};

/// Whether every address of a text is private: one or more addresses, `a/bits` and `a-b`
/// ranges, separated by commas or white space. `None` where it holds none, or something else.
pub(crate) fn all_private(text: &str) -> Option<bool> {
    let mut items = text.split([',', ' ', '\n', '\t']).filter(|item| !item.is_empty()).peekable();
    items.peek()?;
    items.map(is_private).try_fold(true, |all, private| Some(all & private?))
}

/// Whether an address, both ends of a range or the start of a block are private.
fn is_private(item: &str) -> Option<bool> {
    if let Some((address, bits)) = item.split_once('/') {
        // `0.0.0.0/0` and the like hold public addresses too.
        let bits: u8 = bits.parse().ok()?;
        let address: IpAddr = address.parse().ok()?;
        return Some(bits >= shortest_private(address) && private(address));
    }
    if let Some((from, to)) = item.split_once('-') {
        return Some(private(from.parse().ok()?) && private(to.parse().ok()?));
    }
    item.parse().ok().map(private)
}

/// The widest block that the private range around an address holds: `10.0.0.0/8`, `fc00::/7`.
fn shortest_private(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(four) => match four.octets() {
            [10 | 127, ..] => 8,
            [172, ..] => 12,
            [100, ..] => 10,
            _ => 16,
        },
        IpAddr::V6(_) => 7,
    }
}

/// Not routed on the internet: RFC 1918, 6598 (carrier and overlay networks), 4193, link-local, loopback.
fn private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let shared = matches!(four.octets(), [100, second, ..] if second & 0xC0 == 64);
            four.is_private() || four.is_loopback() || four.is_link_local() || shared
        }
        IpAddr::V6(six) => six.is_loopback() || is_local(six),
    }
}

fn is_local(address: Ipv6Addr) -> bool {
    address.is_unique_local() || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::all_private;

    #[test]
    fn private_ranges() {
        for text in
            ["10.0.0.1", "192.168.1.220-192.168.1.230", "10.0.0.0/8, 172.16.0.0/12", "fd00::/8", "100.64.1.1"]
        {
            assert_eq!(all_private(text), Some(true), "{text}");
        }
    }

    #[test]
    fn public_ranges() {
        for text in ["203.0.113.7", "0.0.0.0/0", "10.0.0.1,1.1.1.1", "172.0.0.0/8", "::/0", "192.168.0.0/15"]
        {
            assert_eq!(all_private(text), Some(false), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_says_nothing() {
        for text in ["", " ", "pool", "10.0.0", "10.0.0.1,pool"] {
            assert_eq!(all_private(text), None, "{text}");
        }
    }
}
