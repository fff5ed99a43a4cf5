package wire

import "time"

// Part is something that the installation stands on, as the dispatcher that was
// asked sees it: "redis", "nats", "store", "eta:osrm", "dispatcher:<id>",
// "tracker:<name>".
type Part struct {
	Name    string    `json:"name"`
	OK      bool      `json:"ok"`
	Since   time.Time `json:"since" doc:"since when it is so, as far as the dispatcher that answers saw it"`
	Affects string    `json:"affects" doc:"what people notice while the part is gone"`
}
