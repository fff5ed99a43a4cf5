package fault_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cabstand/cabstand/internal/fault"
)

// class stands for the domain's own types of string.
type class string

func TestNew_CutsWhatClientsSent(t *testing.T) {
	long := strings.Repeat("é", 60_000)
	for name, err := range map[string]*fault.Error{
		"Quoted":    fault.New(fault.Invalid, "%q is not accepted", long),
		"NamedType": fault.New(fault.Invalid, "%s is not accepted", class(long)),
		"Field":     fault.Field(long, "%d is not accepted: %s", 7, long),
		"NotUTF8":   fault.Field("name", "%q is not accepted", strings.Repeat("\xff", 60_000)),
	} {
		if n := utf8.RuneCountInString(err.Detail); n > 400 || !strings.Contains(err.Detail, "…") || !utf8.ValidString(err.Detail) {
			t.Errorf("%s: a detail of %d characters: %.200s", name, n, err.Detail)
		}
		if n := utf8.RuneCountInString(err.Field); n > 81 {
			t.Errorf("%s: a field of %d characters", name, n)
		}
	}
}

func TestCut(t *testing.T) {
	for _, same := range []string{"", "d1", strings.Repeat("é", 80)} {
		if got := fault.Cut(same); got != same {
			t.Errorf("%q became %q", same, got)
		}
	}
	if got, want := fault.Cut(strings.Repeat("é", 81)), strings.Repeat("é", 80)+"…"; got != want {
		t.Errorf("got %q", got)
	}
}
