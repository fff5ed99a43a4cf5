package trip

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/state_machine.md anew")

const diagramFile = "../../docs/state_machine.md"

// TestTransitions_Diagram keeps the picture in step with the table.
func TestTransitions_Diagram(t *testing.T) {
	want := diagramPage()
	if *update {
		if err := os.WriteFile(diagramFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(diagramFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the table says: go test ./internal/trip -run Diagram -update", diagramFile)
	}
}

func TestTransitions(t *testing.T) {
	t.Run("FinalStatesEnd", func(t *testing.T) {
		for _, s := range States {
			if s.Final() != (len(transitions[s]) == 0) {
				t.Errorf("%s is final: %v; it has %d ways out", s, s.Final(), len(transitions[s]))
			}
		}
	})
	t.Run("AllAreReached", func(t *testing.T) {
		seen := map[State]bool{Scheduled: true}
		for range States {
			for from := range maps.Clone(seen) {
				for _, to := range transitions[from] {
					seen[to] = true
				}
			}
		}
		for _, s := range States {
			if !seen[s] {
				t.Errorf("nothing leads from scheduled to %s", s)
			}
		}
	})
	t.Run("EveryTripCanEnd", func(t *testing.T) {
		for _, s := range States {
			if _, ok := transitions[s][cancel]; !ok && !s.Final() {
				t.Errorf("a trip that is %s cannot be cancelled", s)
			}
		}
	})
}

// Every refusal says in words what cannot be done: a driver who cancels knows
// nothing of a "redispatch".
func TestTransitions_RefusalsInWords(t *testing.T) {
	for _, from := range transitions {
		for c := range from {
			if inWords[c] == "" {
				t.Errorf("no words for %s", c)
			}
		}
	}
	if _, err := Riding.next(redispatch); err == nil || !strings.HasSuffix(err.Error(), "a trip that is riding cannot be taken from its driver") {
		t.Errorf("got %v", err)
	}
}

// diagramPage is docs/state_machine.md.
func diagramPage() string {
	var b strings.Builder
	b.WriteString(diagramHead)
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> scheduled: booked for later\n    [*] --> searching: requested now\n")
	for _, from := range States {
		for _, c := range slices.Sorted(maps.Keys(transitions[from])) {
			fmt.Fprintf(&b, "    %s --> %s: %s\n", from, transitions[from][c], c)
		}
		if from.Final() {
			fmt.Fprintf(&b, "    %s --> [*]\n", from)
		}
	}
	b.WriteString("```\n")
	b.WriteString(diagramFoot)
	return b.String()
}

const diagramHead = `# The states of a trip

This page is generated from the transition table in ` + "`internal/trip/state.go`" + `
(` + "`go test ./internal/trip -run Diagram -update`" + `), and a test fails when they
differ. Whatever has no arrow here is refused with ` + "`wrong_state`" + `.

`

const diagramFoot = `
Each arrow is one event, and counts the trip's version up by one.

- **accept** binds the driver of the pending offer. Offers come and go within
  ` + "`searching`" + `: making, declining and expiring one moves no trip.
- **reassign** gives the trip to a driver without asking: to another one who is
  nearer, in the next epoch, or to one for a trip that has no driver yet. Never
  while a driver looks at an offer of it, and never from the arrival on. The
  former driver may be given the trip again.
- **redispatch** takes the driver off, because the driver cancelled or was lost,
  and goes on searching in the next epoch. The driver is not offered the trip
  again.
- **cancel** ends the trip, and revokes the offer that may be pending. Once
  ` + "`riding`" + ` only an operator can.
- **expire** ends a search that found nobody in time.

A driver is claimed by a trip that is ` + "`assigned`, `arrived` or `riding`" + `, and by one
that is ` + "`searching`" + ` while its offer to the driver is pending. A claim in slot 0
is the trip at hand; one in slot 1 is the driver's next trip, which cannot be
arrived at before it is promoted to slot 0. That is no change of state.
`
