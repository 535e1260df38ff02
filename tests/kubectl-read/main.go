// Command kubectl-read says what kubectl would read from files, so that our own reader
// can be held against it.
//
// It takes paths on standard input, one a line, and prints one JSON object a line for
// each document: {"file", "document", "value"} or {"file", "document", "error"}. Where
// kubectl would stop at a document that it cannot read, this goes on with the next one.
// Where it stops at a separator (`--- text`), this stops too and says so:
// {"file", "document", "error", "stopped": true}.
//
// Up to the first error it must agree with the decoder that kubectl's resource builder
// uses; it fails if it does not.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// line is one line of the output.
type line struct {
	File     string          `json:"file"`
	Document int             `json:"document"`
	Value    json.RawMessage `json:"value,omitempty"`
	Error    string          `json:"error,omitempty"`
	Stopped  bool            `json:"stopped,omitempty"`
}

// peek is how far the resource builder looks for the `{` of a JSON stream.
const peek = 4096

// bom is dropped by the resource builder's visitor before anything else looks at the text.
var bom = []byte("\xef\xbb\xbf")

func main() {
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	paths := bufio.NewScanner(os.Stdin)
	for paths.Scan() {
		if err := readFile(paths.Text(), encoder); err != nil {
			fail(err)
		}
	}
	if err := paths.Err(); err != nil {
		fail(err)
	}
	if err := out.Flush(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func readFile(path string, encoder *json.Encoder) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text = bytes.TrimPrefix(text, bom)
	lines := readText(text)
	if err := check(text, lines); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for number, found := range lines {
		found.File, found.Document = path, number
		if err := encoder.Encode(found); err != nil {
			return err
		}
	}
	return nil
}

// readText reads every document of a text.
func readText(text []byte) []line {
	if !utilyaml.IsJSONBuffer(text[:min(len(text), peek)]) {
		return readYAML(text, nil)
	}
	lines := []line{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	end := int64(0)
	for {
		raw := json.RawMessage{}
		err := decoder.Decode(&raw)
		if err == io.EOF {
			return lines
		}
		if err == nil {
			lines = append(lines, valueOf(raw))
			end = decoder.InputOffset()
			continue
		}
		// Behind two values the decoder is sure that the stream is JSON.
		rest, ok := skipSpace(text[end:])
		if len(lines) > 1 || !ok {
			return append(lines, line{Error: err.Error()})
		}
		return readYAML(rest, lines)
	}
}

// skipSpace skips white space up to a line break, as the decoder does before it tries YAML
// behind JSON; it gives up where fewer than four bytes are left.
func skipSpace(text []byte) ([]byte, bool) {
	for len(text) >= 4 {
		char, size := utf8.DecodeRune(text)
		if char == utf8.RuneError {
			return nil, false
		}
		if !unicode.IsSpace(char) {
			return text, true
		}
		text = text[size:]
		if char == '\n' {
			return text, true
		}
	}
	return nil, false
}

// readYAML splits a text as the resource builder does and reads each document by itself.
func readYAML(text []byte, lines []line) []line {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := reader.Read()
		if err == io.EOF {
			return lines
		}
		if err != nil {
			return append(lines, line{Error: err.Error(), Stopped: true})
		}
		value, err := yaml.YAMLToJSON(document)
		if err != nil {
			lines = append(lines, line{Error: err.Error()})
		} else {
			lines = append(lines, valueOf(value))
		}
	}
}

// valueOf is a value written anew: a JSON text may hold equal keys and halves of surrogate
// pairs, which its raw bytes still have, and numbers that nothing can hold.
func valueOf(raw []byte) line {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return line{Error: err.Error()}
	}
	if err := json.Unmarshal(raw, new(any)); err != nil {
		return line{Error: err.Error()}
	}
	written, err := json.Marshal(value)
	if err != nil {
		return line{Error: err.Error()}
	}
	return line{Value: written}
}

// check holds the lines against what kubectl's decoder gives, up to its first error.
func check(text []byte, lines []line) error {
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), peek)
	for number := 0; ; number++ {
		raw := runtime.RawExtension{}
		err := decoder.Decode(&raw)
		switch {
		case err == io.EOF:
			if number != len(lines) {
				return fmt.Errorf("%d documents, kubectl has %d", len(lines), number)
			}
			return nil
		case number >= len(lines):
			return fmt.Errorf("only %d documents (%v)", len(lines), err)
		case err != nil:
			if lines[number].Error == "" {
				return fmt.Errorf("document %d: kubectl says %w", number, err)
			}
			return nil
		}
		// RawExtension takes null for nothing.
		expected := line{Value: json.RawMessage("null")}
		if len(raw.Raw) > 0 {
			expected = valueOf(raw.Raw)
		}
		if expected.Error != lines[number].Error || !bytes.Equal(expected.Value, lines[number].Value) {
			return fmt.Errorf("document %d: %s, kubectl has %s", number, lines[number].Value, expected.Value)
		}
		if expected.Error != "" {
			return nil
		}
	}
}
