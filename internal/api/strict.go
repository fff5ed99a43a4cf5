package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/cabstand/cabstand/internal/fault"
)

// bodyWithin is how long a client has to send a body, once it was let in.
const bodyWithin = 5 * time.Second

// strict refuses what could be understood in two ways, before anybody does:
// parameters and fields that are given twice, broken escapes, numbers that would
// be rounded to infinity.
func (a *API) strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := checkQuery(r)
		if err == nil && (r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch) {
			err = readBody(w, r)
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// checkQuery refuses broken escapes and parameters that are given twice.
func checkQuery(r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fault.New(fault.Malformed, "the query is not accepted: %s", err.Error())
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if n := len(query[name]); n > 1 {
			return fault.Field(name, "is given %d times: once is accepted", n)
		}
	}
	return nil
}

// readBody reads the body, checks it and puts it back.
func readBody(w http.ResponseWriter, r *http.Request) error {
	if err := settable(http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWithin))); err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return fault.Wrap(err, fault.Malformed, fmt.Sprintf("the body did not come: it has to within %v", bodyWithin))
	case len(body) > maxBody:
		return fault.New(fault.TooLarge, "the body is too large: at most %d bytes are accepted", maxBody)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		return nil
	}
	return checkJSON(body)
}

// checkJSON refuses what is not one JSON value in UTF-8, objects that name a
// field twice, and numbers that 64 bits cannot hold. What the fields must be is
// the schema's to say.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return fault.New(fault.Malformed, "the body is not accepted: not UTF-8")
	}
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		return fault.New(fault.Malformed, "the body is not JSON: %s", err.Error())
	}
	walk := json.NewDecoder(bytes.NewReader(data))
	walk.UseNumber()
	return checkValue(walk, "")
}

// checkValue checks the value that comes next. Values are nested no deeper than
// encoding/json, which has read them before, allows.
func checkValue(walk *json.Decoder, path string) error {
	token, err := walk.Token()
	if err != nil {
		return fault.New(fault.Malformed, "the body is not JSON: %s", err.Error())
	}
	switch token := token.(type) {
	case json.Number:
		if _, err := token.Float64(); err != nil {
			return fault.Field(path, "%s is not accepted: a number that 64 bits can hold", token)
		}
	case json.Delim:
		if token == '{' {
			return checkObject(walk, path)
		}
		return checkArray(walk, path)
	}
	return nil
}

func checkObject(walk *json.Decoder, path string) error {
	names := map[string]bool{}
	for walk.More() {
		token, err := walk.Token()
		if err != nil {
			return fault.New(fault.Malformed, "the body is not JSON: %s", err.Error())
		}
		name, _ := token.(string)
		if names[name] {
			return fault.Field(within(path, name), "is given twice: once is accepted")
		}
		names[name] = true
		if err := checkValue(walk, within(path, name)); err != nil {
			return err
		}
	}
	_, err := walk.Token() // the end of the object
	return err
}

func checkArray(walk *json.Decoder, path string) error {
	for i := 0; walk.More(); i++ {
		if err := checkValue(walk, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	_, err := walk.Token() // the end of the array
	return err
}

// within names a field of the object at path.
func within(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
