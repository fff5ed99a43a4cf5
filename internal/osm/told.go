package osm

import (
	"fmt"
	"slices"
	"strings"
)

// Told tells what was read.
type Told struct {
	Ways    int       // that are used
	Refused []Refused // that have the key highway and are not used, the most first
	Nodes   int       // of the graph before its largest part was taken
	Edges   int       // of the same
	Kept    int       // nodes of that part
	Missing int       // nodes of used ways that are not in the file
	TooLong int       // pieces of street that take more than half a day, or no time that can be told

	Barriers, Signals int // nodes of streets that nobody passes; with traffic signals

	BadTags int      // that say nothing and were passed over
	First   []string // the first of them, as `way 7: maxspeed "fast"`
}

// Refused is how many ways are not used for one reason.
type Refused struct {
	Reason string
	Ways   int
}

const maxNamed = 10

func (t *Told) refuse(why reason) {
	i := slices.IndexFunc(t.Refused, func(r Refused) bool { return r.Reason == string(why) })
	if i < 0 {
		i = len(t.Refused)
		t.Refused = append(t.Refused, Refused{Reason: string(why)})
	}
	t.Refused[i].Ways++
	for ; i > 0 && t.Refused[i].Ways > t.Refused[i-1].Ways; i-- {
		t.Refused[i], t.Refused[i-1] = t.Refused[i-1], t.Refused[i]
	}
}

func (t *Told) bad(element string, id int64, key, value string) {
	t.BadTags++
	if len(t.First) < maxNamed {
		t.First = append(t.First, fmt.Sprintf("%s %d: %s %.40q", element, id, key, value))
	}
}

func (t Told) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d ways are streets for cars", t.Ways)
	for i, r := range t.Refused {
		lead := ", "
		if i == 0 {
			lead = "; not used: "
		}
		fmt.Fprintf(&s, "%s%d %s", lead, r.Ways, r.Reason)
	}
	if t.Nodes > 0 {
		fmt.Fprintf(&s, "; %d nodes and %d edges, of which %d nodes are connected", t.Nodes, t.Edges, t.Kept)
	}
	if t.Missing > 0 {
		fmt.Fprintf(&s, "; %d nodes are not in the file", t.Missing)
	}
	if t.BadTags > 0 {
		fmt.Fprintf(&s, "; %d tags say nothing: %s", t.BadTags, strings.Join(t.First, "; "))
	}
	return s.String()
}
