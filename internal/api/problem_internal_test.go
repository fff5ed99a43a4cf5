package api

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/fault"
)

// codes reads the vocabulary from its source, so that a new code is not
// forgotten here.
func codes(tb testing.TB) []fault.Code {
	tb.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../fault/fault.go", nil, 0)
	if err != nil {
		tb.Fatal(err)
	}
	var found []fault.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				tb.Fatal(err)
			}
			found = append(found, fault.Code(value))
		}
		return true
	})
	if len(found) < 15 {
		tb.Fatalf("only %v found", found)
	}
	return found
}

func TestProblem_EveryCode(t *testing.T) {
	known := codes(t)
	for _, code := range known {
		status, ok := statuses[code]
		if !ok {
			t.Errorf("%s has no status", code)
			continue
		}
		p := newProblem(fault.New(code, "a detail"))
		if p.Status != status || p.Code != code || p.Detail != "a detail" || p.Title != http.StatusText(status) {
			t.Errorf("%s: %+v", code, p)
		}
		if (status == http.StatusInternalServerError) != (code == fault.Internal) {
			t.Errorf("%s is answered with %d", code, status)
		}
		h := p.GetHeaders()
		if again := status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests; again != (h.Get("Retry-After") != "") {
			t.Errorf("%s: Retry-After %q", code, h.Get("Retry-After"))
		}
		if (status == http.StatusUnauthorized) != (h.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: WWW-Authenticate %q", code, h.Get("WWW-Authenticate"))
		}
	}
	if len(statuses) != len(known) {
		t.Errorf("%d statuses for %d codes", len(statuses), len(known))
	}
}

func TestProblem_KeepsOurTextInside(t *testing.T) {
	secret := errors.New("password=hunter2")
	for _, err := range []error{secret, fault.Wrap(secret, fault.Unavailable, "the store is away"), fault.Wrap(secret, "no_such_code", "odd")} {
		if p := newProblem(err); strings.Contains(p.Detail, "hunter2") {
			t.Errorf("%+v", p)
		}
	}
	if p := newProblem(secret); p.Status != http.StatusInternalServerError || p.Code != fault.Internal {
		t.Errorf("%+v", p)
	}
}
