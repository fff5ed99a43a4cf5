package faults

import (
	"fmt"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// claims checks that the table of claims was, at all times, a register for each
// driver and slot, and one for each trip: what is held is not taken, and only its
// holder gives it up. Whether an order of the changes exists in which that is so,
// each within its time, is what porcupine finds out.
func (j *judge) claims() {
	bySlot, byTrip := map[string][]Hold{}, map[string][]Hold{}
	for _, h := range j.h.Holds {
		slot := fmt.Sprintf("%s/%d", h.Driver, h.Slot)
		bySlot[slot] = append(bySlot[slot], h)
		byTrip[h.TripID] = append(byTrip[h.TripID], h)
	}
	for slot, holds := range bySlot {
		if !register(holds, func(h Hold) string { return h.TripID }) {
			j.violate("I1", holds[0].TripID, "driver and slot %s were held twice, or given up by another: %s", slot, tell(holds))
		}
	}
	for tripID, holds := range byTrip {
		if !register(holds, func(h Hold) string { return fmt.Sprintf("%s/%d", h.Driver, h.Slot) }) {
			j.violate("I2", tripID, "the trip held two drivers, or one gave up what another held: %s", tell(holds))
		}
	}
}

// judging bounds one register. There are tens of changes on each, few at once,
// so that nothing comes near it; one that does is not taken for proven.
const judging = time.Minute

// register reports whether the changes are those of one register.
func register(holds []Hold, value func(Hold) string) bool {
	slices.SortFunc(holds, func(a, b Hold) int { return int(a.Call - b.Call) })
	ops := make([]porcupine.Operation, len(holds))
	for i, h := range holds {
		ops[i] = porcupine.Operation{ClientId: i, Input: change{value(h), h.Made}, Call: h.Call, Return: h.Return}
	}
	return porcupine.CheckOperationsTimeout(holder, ops, judging) == porcupine.Ok
}

// change takes a register for a value, or gives it up.
type change struct {
	value string
	made  bool
}

// holder is a register that is empty, or held by one value.
var holder = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, _ any) (bool, any) {
		held, c := state.(string), input.(change)
		if c.made {
			return held == "", c.value
		}
		return held == c.value, ""
	},
}

func tell(holds []Hold) string {
	s := ""
	for _, h := range holds {
		verb := "given up"
		if h.Made {
			verb = "made"
		}
		s += fmt.Sprintf("; %s/%d for %s %s %s", h.Driver, h.Slot, h.TripID, verb, h.span())
	}
	return s[min(2, len(s)):]
}
