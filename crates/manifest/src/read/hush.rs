//! Keeps the YAML parser's panics from ending or soiling the program.
//!
//! `libyaml-safer` 0.3 panics at a `,` right behind a tag in brackets or braces (`[!a,b]`).
//! Panics are caught; where that one is in sight, its message is not printed either.

use memchr::memchr_iter;
use std::cell::Cell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// A panic of this thread is about to be caught and says nothing to anybody.
    static HUSHED: Cell<bool> = const { Cell::new(false) };
}

/// Every panic still goes to the hook that was there before, but for hushed ones.
static HOOK: Once = Once::new();

/// Whether the text has a `,` right behind what could be a tag.
pub(super) fn may_panic(text: &[u8]) -> bool {
    tag_before_comma(text, 0..text.len()).is_some()
}

/// The first `!` of `range` that could start a tag with a `,` right behind it.
pub(super) fn tag_before_comma(text: &[u8], range: Range<usize>) -> Option<usize> {
    let bytes = text.get(range.clone())?;
    // `!` is part of a tag too, so the run of a later `!` is the end of an earlier one's.
    let mut checked = 0;
    for at in memchr_iter(b'!', bytes) {
        if at < checked {
            continue;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let length = rest.iter().position(|byte| !is_tag_byte(*byte)).unwrap_or(rest.len());
        if rest.get(..length).is_some_and(|tag| tag.contains(&b',')) {
            return Some(range.start + at);
        }
        checked = at + length;
    }
    None
}

/// The characters of a tag, the `<`, `>`, `[`, `]` of a verbatim one, and `,`.
fn is_tag_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-;/?:@&=+$,.!~*'()%<>[]".contains(&byte)
}

/// Runs something; `None` if it panicked, which nobody hears of.
pub(super) fn catch<T>(run: AssertUnwindSafe<impl FnOnce() -> T>) -> Option<T> {
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !HUSHED.get() {
                before(panic);
            }
        }));
    });
    let outer = HUSHED.replace(true);
    let outcome = catch_unwind(run).ok();
    HUSHED.set(outer);
    outcome
}
