//! A body without the objects in it, which are nearly all of it and are read by a reader of their own.

use manifest::pass_json;

/// A review whose objects are taken out.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Hollow<'b> {
    /// The review, with `null` for the objects.
    pub(crate) text: String,
    pub(crate) object: Option<&'b str>,
    pub(crate) old_object: Option<&'b str>,
}

impl<'b> Hollow<'b> {
    /// Takes the objects out of a body; `None`: it is not written as API servers write it. What is taken out is
    /// not checked.
    pub(crate) fn new(body: &'b str) -> Option<Self> {
        let mut hollow = Self::default();
        let mut scan = Scan { body, at: 0, kept: 0 };
        scan.map(|scan, key| {
            if key != "request" || scan.peek() != Some(b'{') {
                return scan.pass().map(|_| ());
            }
            scan.map(|scan, key| {
                let place = match key {
                    "object" => &mut hollow.object,
                    "oldObject" => &mut hollow.old_object,
                    _ => return scan.pass().map(|_| ()),
                };
                hollow.text.push_str(scan.take()?);
                let object = scan.pass()?;
                scan.kept = scan.at;
                hollow.text.push_str("null");
                *place = Some(object).filter(|object| *object != "null");
                Some(())
            })
        })?;
        scan.at = body.len();
        hollow.text.push_str(scan.take()?);
        Some(hollow)
    }
}

/// Goes through a text.
struct Scan<'b> {
    body: &'b str,
    at: usize,
    /// What is before this byte was kept, or left out.
    kept: usize,
}

impl<'b> Scan<'b> {
    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.body.as_bytes().get(self.at..)?;
        let blank = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        self.at += blank;
        rest.get(blank).copied()
    }

    fn skip(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// The value here, as it is written.
    fn pass(&mut self) -> Option<&'b str> {
        self.peek()?;
        let start = self.at;
        self.at = pass_json(self.body.as_bytes(), start)?;
        self.body.get(start..self.at).map(str::trim_ascii_end)
    }

    /// What was not kept so far.
    fn take(&mut self) -> Option<&'b str> {
        let text = self.body.get(self.kept..self.at);
        self.kept = self.at;
        text
    }

    /// Calls `value` at each value of the map here, with its key as written.
    fn map(&mut self, mut value: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        self.skip(b'{')?;
        if self.peek()? == b'}' {
            return self.skip(b'}');
        }
        loop {
            self.peek().filter(|byte| *byte == b'"')?;
            let start = self.at + 1;
            let end = start + self.body.as_bytes().get(start..)?.iter().position(|byte| *byte == b'"')?;
            let key = self.body.get(start..end)?;
            // One that is written with escapes may be any.
            if key.contains('\\') {
                return None;
            }
            self.at = end + 1;
            self.skip(b':')?;
            self.peek()?;
            value(self, key)?;
            match self.peek()? {
                b',' => self.at += 1,
                _ => return self.skip(b'}'),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Hollow;

    #[test]
    fn objects_are_taken_out() {
        let body =
            r#"{"kind":"R","request":{"uid":"u","object" : {"a":"}\"","b":[[]]},"oldObject":null,"x":[1]}} "#;
        let hollow = Hollow::new(body).unwrap();
        assert_eq!(
            hollow.text,
            r#"{"kind":"R","request":{"uid":"u","object" : null,"oldObject":null,"x":[1]}} "#
        );
        assert_eq!(hollow.object, Some(r#"{"a":"}\"","b":[[]]}"#));
        assert_eq!(hollow.old_object, None);
    }

    #[test]
    fn only_those_of_the_request() {
        let body = r#"{"object":{},"request":{"options":{"object":{}}},"oldObject":{}}"#;
        assert_eq!(Hollow::new(body), Some(Hollow { text: body.to_owned(), ..Hollow::default() }));
    }

    #[test]
    fn what_is_not_written_so_is_left_to_others() {
        for body in
            ["", "[]", "{", r#"{"a"}"#, r#"{"request":{"obj\u0065ct":{}}}"#, r#"{"request":{"object":{}}"#]
        {
            assert_eq!(Hollow::new(body), None, "{body}");
        }
    }
}
