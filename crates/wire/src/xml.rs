//! Writing XML: elements and text, nothing more.

/// An XML document in the making.
#[derive(Debug, Default)]
pub struct XmlWriter {
    out: String,
}

impl XmlWriter {
    /// An empty document, without a declaration.
    pub fn new() -> Self {
        Self { out: String::with_capacity(512) }
    }

    /// Opens an element. Names come from schemas and are never escaped.
    pub fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    /// Opens an element in a namespace, when there is one.
    pub fn open_in(&mut self, name: &str, namespace: Option<&str>) {
        let Some(namespace) = namespace else { return self.open(name) };
        self.out.push('<');
        self.out.push_str(name);
        self.out.push_str(" xmlns=\"");
        self.text(namespace);
        self.out.push_str("\">");
    }

    /// Closes the element.
    pub fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// An element without content.
    pub fn empty(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push_str("/>");
    }

    /// An element with text.
    pub fn element(&mut self, name: &str, text: &str) {
        self.open(name);
        self.text(text);
        self.close(name);
    }

    /// Text, escaped. Carriage returns are written as references, because readers turn bare
    /// ones into newlines; what XML 1.0 cannot carry at all becomes U+FFFD.
    pub fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\r' => self.out.push_str("&#xD;"),
                '\t' | '\n' => self.out.push(c),
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => self.out.push('\u{fffd}'),
                c => self.out.push(c),
            }
        }
    }

    /// The document.
    pub fn finish(self) -> String {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_what_xml_cannot_carry_is_replaced() {
        let mut xml = XmlWriter::new();
        xml.open_in("A", Some("urn:a\"b"));
        xml.element("B", "1 < 2 & 3 > 2\r\n\0é");
        xml.empty("C");
        xml.close("A");
        assert_eq!(xml.finish(), "<A xmlns=\"urn:a&quot;b\"><B>1 &lt; 2 &amp; 3 &gt; 2&#xD;\n\u{fffd}é</B><C/></A>");
    }
}
