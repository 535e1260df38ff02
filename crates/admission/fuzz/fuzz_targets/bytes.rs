//! Any bytes are answered: by a reply that an API server takes, or by 400.

#![no_main]

use admission::Cache;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    admission_fuzz::check(body, &Cache::new());
});
