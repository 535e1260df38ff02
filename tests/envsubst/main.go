// Command envsubst says what Flux makes of texts and objects with variables, so that our own
// substitution can be held against it.
//
// It takes one JSON object a line: {"text", "vars", "strict"} for a bare text, or {"object",
// "vars", "strict"} for an object, which is written as YAML, filled in and read again. It
// prints one a line: {"out"} or {"err"}; of an object {"yaml"} too, the text before.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/fluxcd/pkg/envsubst"
	"sigs.k8s.io/yaml"
)

type question struct {
	Text   *string           `json:"text"`
	Object json.RawMessage   `json:"object"`
	Vars   map[string]string `json:"vars"`
	Strict bool              `json:"strict"`
}

type answer struct {
	Out  any    `json:"out,omitempty"`
	Yaml string `json:"yaml,omitempty"`
	Err  string `json:"err,omitempty"`
}

func main() {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		asked := question{}
		err := in.Decode(&asked)
		if err == io.EOF {
			break
		}
		if err == nil {
			err = encoder.Encode(answered(asked))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// answered turns a panic of the library into an error: it ends the controller's work as well.
func answered(asked question) (given answer) {
	defer func() {
		if panicked := recover(); panicked != nil {
			given = answer{Err: fmt.Sprint("panic: ", panicked)}
		}
	}()
	if asked.Text != nil {
		text, err := asked.eval(*asked.Text)
		if err != nil {
			return answer{Err: err.Error()}
		}
		return answer{Out: &text}
	}
	return asked.object()
}

func (asked question) object() answer {
	written, err := rewritten(asked.Object)
	if err != nil {
		return answer{Err: err.Error()}
	}
	text, err := yaml.JSONToYAML(written)
	if err != nil {
		return answer{Err: err.Error()}
	}
	if disabled(text) {
		asked.Vars = nil
	}
	filled, err := asked.eval(string(text))
	if err != nil {
		return answer{Yaml: string(text), Err: err.Error()}
	}
	value, err := yaml.YAMLToJSON([]byte(filled))
	if err != nil {
		return answer{Yaml: string(text), Err: err.Error()}
	}
	if !bytes.HasPrefix(value, []byte("{")) {
		return answer{Yaml: string(text), Err: "no object"}
	}
	return answer{Yaml: string(text), Out: json.RawMessage(value)}
}

// disabled says whether the object itself forbids it.
func disabled(text []byte) bool {
	const name = "kustomize.toolkit.fluxcd.io/substitute"
	object := struct {
		Metadata struct {
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}{}
	err := yaml.Unmarshal(text, &object)
	metadata := object.Metadata
	return err == nil && (metadata.Labels[name] == "disabled" || metadata.Annotations[name] == "disabled")
}

// rewritten is the JSON as Go writes it, which escapes what YAML would take for a line break.
func rewritten(object json.RawMessage) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	value := map[string]any{}
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// eval is what the controller does: without variables it leaves the text as it is, and of
// values it drops line feeds.
func (asked question) eval(text string) (string, error) {
	if len(asked.Vars) == 0 {
		return text, nil
	}
	return envsubst.Eval(text, func(name string) (string, bool) {
		value, set := asked.Vars[name]
		return strings.ReplaceAll(value, "\n", ""), set || !asked.Strict
	})
}
