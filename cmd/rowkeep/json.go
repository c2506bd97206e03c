package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// encode leaves < and > readable, which json.Marshal does not, and escapes the controls
// that some terminals obey, which it leaves.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // strings and numbers always encode
	}
	return escapeControls(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// escapeControls escapes DEL and the C1 controls, which stand in strings only.
func escapeControls(data []byte) []byte {
	obeyed := func(r rune) bool { return r >= 0x7f && r <= 0x9f }
	if !bytes.ContainsFunc(data, obeyed) {
		return data
	}
	var out []byte
	for _, r := range string(data) {
		if obeyed(r) {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// writeList writes {"schema":SCHEMA,NAME:[...]} with an element on each line.
func writeList[T any](o *output, schema, name string, list []T) error {
	w := bufio.NewWriter(o.stdout)
	fmt.Fprintf(w, `{"schema":%q,%q:[`, schema, name)
	separator := "\n"
	for _, v := range list {
		w.WriteString(separator)
		w.Write(encode(v))
		separator = ",\n"
	}
	w.WriteString("]}\n")
	return w.Flush()
}

// keyJSON is a list of names, or null and its bytes where one is not UTF-8.
func keyJSON(key []string) (any, [][]byte) {
	if !slices.ContainsFunc(key, func(s string) bool { return !utf8.ValidString(s) }) {
		return append([]string{}, key...), nil
	}
	var b64 [][]byte
	for _, s := range key {
		b64 = append(b64, []byte(s))
	}
	return nil, b64
}
