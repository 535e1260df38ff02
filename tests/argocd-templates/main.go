// Command argocd-templates says what Argo CD makes of the templates of an ApplicationSet, so
// that our own reading of them can be held against it: it runs the libraries that Argo CD runs.
//
// It takes one JSON object a line, {"template", "parameters", "go", "strict"}, and prints one a
// line: {"out"} or {"err"}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/valyala/fasttemplate"
)

type question struct {
	Template   string         `json:"template"`
	Parameters map[string]any `json:"parameters"`
	Go         bool           `json:"go"`
	Strict     bool           `json:"strict"`
}

type answer struct {
	Out *string `json:"out,omitempty"`
	Err string  `json:"err,omitempty"`
}

func main() {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
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
			fail(err)
		}
	}
	if err := out.Flush(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func answered(asked question) answer {
	text, err := plain(asked)
	if asked.Go {
		text, err = run(asked)
	}
	if err != nil {
		return answer{Err: err.Error()}
	}
	return answer{Out: &text}
}

var templated = regexp.MustCompile(`.*{{\s*.*\s*}}.*`)

// plain leaves what has no value, or none that is a text, as it is written.
func plain(asked question) (string, error) {
	if !templated.MatchString(asked.Template) {
		return asked.Template, nil
	}
	parsed, err := fasttemplate.NewTemplate(asked.Template, "{{", "}}")
	if err != nil {
		return "", err
	}
	return parsed.ExecuteFuncString(func(out io.Writer, tag string) (int, error) {
		if value, ok := asked.Parameters[strings.TrimSpace(tag)].(string); ok {
			return io.WriteString(out, value)
		}
		return fmt.Fprintf(out, "{{%s}}", tag)
	}), nil
}

var unnamed = regexp.MustCompile("[^-a-z0-9.]")

func run(asked question) (string, error) {
	functions := sprig.GenericFuncMap()
	functions["normalize"] = func(name string) string {
		name = unnamed.ReplaceAllString(strings.ToLower(name), "-")
		return strings.Trim(name[:min(len(name), 253)], "-.")
	}
	parsed, err := template.New("").Funcs(functions).Parse(asked.Template)
	if err != nil {
		return "", err
	}
	if asked.Strict {
		parsed.Option("missingkey=error")
	}
	out := strings.Builder{}
	if err := parsed.Execute(&out, asked.Parameters); err != nil {
		return "", err
	}
	return out.String(), nil
}
