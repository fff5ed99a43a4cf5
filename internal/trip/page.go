package trip

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
)

// DefaultPage is the length of a page of a Query that names no limit.
const DefaultPage = 100

// Cursor names the place of the trip in a list, newest request first, ids
// descending where the times are equal.
func (t *Trip) Cursor() string {
	at := strconv.FormatInt(t.RequestedAt.UnixMicro(), 10)
	return base64.RawURLEncoding.EncodeToString([]byte(at + " " + t.ID))
}

// maxMicros is the last microsecond of the year 9999: what no store keeps is no
// cursor of ours.
const maxMicros = 253402300799999999

// ParseCursor reads what Cursor wrote.
func ParseCursor(s string) (requestedAt time.Time, id string, err error) {
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		micros, rest, _ := strings.Cut(string(data), " ")
		if at, bad := strconv.ParseInt(micros, 10, 64); bad == nil && at >= 0 && at <= maxMicros && driver.ValidID(rest) {
			return time.UnixMicro(at).UTC(), rest, nil
		}
	}
	return time.Time{}, "", fault.Field("cursor", "%q is not the cursor of a page", s)
}
