package api

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/phones"
	"github.com/cabstand/cabstand/internal/track"
)

// phoneForm is how one kind of tracking app speaks.
type phoneForm struct {
	name string
	read func(query url.Values, body []byte) (phones.Report, error)
	// listens: the app wants a JSON array, of messages to itself. The others do
	// not look at the answer, and people do.
	listens bool
}

// phoneForms by their paths.
var phoneForms = map[string]phoneForm{
	"/osmand":    {name: "osmand", read: readOsmAnd},
	"/gpslogger": {name: "gpslogger", read: readGPSLogger},
	"/owntracks": {name: "owntracks", listens: true, read: func(_ url.Values, body []byte) (phones.Report, error) {
		return phones.OwnTracks(body)
	}},
}

// phoneRoutes adds the paths of tracking apps, each with and without a slash at
// its end, since people type them.
func phoneRoutes(r chi.Router, tracker *track.Tracker, opts TrackerOptions) {
	busy := make(places, DefaultRequests)
	for path, form := range phoneForms {
		door := &phoneDoor{form, tracker, opts, busy}
		for _, path := range []string{path, path + "/"} {
			r.Post(path, door.serve)
			if !form.listens {
				r.Get(path, door.serve)
			}
		}
	}
}

// phoneDoor lets reports of one form in.
type phoneDoor struct {
	form    phoneForm
	tracker *track.Tracker
	opts    TrackerOptions
	busy    places // shared by all forms
}

// phoneAnswer tells people who try an app's settings out what came of them.
type phoneAnswer struct {
	DriverID string           `json:"driver_id"`
	Accepted int              `json:"accepted"`
	Refused  []driver.Refusal `json:"refused,omitempty"`
}

// serve takes a report. What the driver's filter refuses is no error: the app
// would send it again and again.
func (d *phoneDoor) serve(w http.ResponseWriter, r *http.Request) {
	heard, err := d.report(w, r)
	d.opts.Metrics.reported(d.form.name, fault.CodeOf(err), heard.Believed)
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	var answer any = phoneAnswer{heard.DriverID, heard.Believed + heard.Passed, heard.Refused}
	if d.form.listens {
		answer = []struct{}{}
	}
	writeJSON(w, http.StatusOK, "application/json", answer, d.opts.Log)
}

func (d *phoneDoor) report(w http.ResponseWriter, r *http.Request) (track.Heard, error) {
	leave, err := d.busy.take()
	if err != nil {
		return track.Heard{}, err
	}
	defer leave()
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return track.Heard{}, fault.New(fault.Malformed, "the query is not accepted: %s", err.Error())
	}
	body, err := phoneBody(w, r)
	if err != nil {
		return track.Heard{}, err
	}
	report, err := d.form.read(query, body)
	if err != nil {
		return track.Heard{}, err
	}
	if report.Token == "" {
		report.Token = phoneToken(r, query)
	}
	return d.tracker.Report(r.Context(), report.Token, report.Positions)
}

// phoneBody reads the body, which is small, and has to come soon.
func phoneBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	if err := settable(http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWithin))); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fault.Wrap(err, fault.Malformed, fmt.Sprintf("the body did not come: it has to within %v", bodyWithin))
	case len(body) > maxBody:
		return nil, fault.New(fault.TooLarge, "the body is too large: at most %d bytes are accepted", maxBody)
	}
	return body, nil
}

// phoneToken is the token beside the message: of HTTP's Basic authentication the
// password, or the user where there is no password; or of the address.
func phoneToken(r *http.Request, query url.Values) string {
	if user, password, ok := r.BasicAuth(); ok {
		if password != "" {
			return password
		}
		return user
	}
	if token := tokenOf(r, false); token != "" {
		return token
	}
	return query.Get("token")
}

// readOsmAnd reads JSON where it is JSON, else parameters.
func readOsmAnd(query url.Values, body []byte) (phones.Report, error) {
	if isObject(body) {
		return phones.Traccar(body)
	}
	values, err := withForm(query, body)
	if err != nil {
		return phones.Report{}, err
	}
	return phones.OsmAnd(values)
}

func readGPSLogger(query url.Values, body []byte) (phones.Report, error) {
	if isObject(body) {
		return phones.Report{}, fault.New(fault.Malformed, "the body is not accepted: leave it empty and put the parameters into the URL, or write them as in a URL")
	}
	values, err := withForm(query, body)
	if err != nil {
		return phones.Report{}, err
	}
	return phones.GPSLogger(values)
}

func isObject(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) }

// withForm is the parameters of the address and those of a form's body.
func withForm(query url.Values, body []byte) (url.Values, error) {
	more, err := url.ParseQuery(strings.TrimSpace(string(body)))
	if err != nil {
		return nil, fault.New(fault.Malformed, "the body is not accepted: parameters as in a URL")
	}
	for name, values := range more {
		query[name] = append(query[name], values...)
	}
	return query, nil
}

// refuse answers with a problem. A value that is not accepted is 400 here, as
// from the servers that these apps were made for.
func (d *phoneDoor) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := newProblem(err)
	if p.Code == fault.Invalid {
		p.Status, p.Title = http.StatusBadRequest, http.StatusText(http.StatusBadRequest)
	}
	p.ID = requestID(r.Context())
	if p.Code == fault.Internal {
		d.opts.Log.Error("report not taken", "form", d.form.name, "request_id", p.ID, "err", err)
	}
	maps.Copy(w.Header(), p.GetHeaders())
	if p.Code == fault.Unauthenticated {
		w.Header().Set("WWW-Authenticate", `Basic realm="cabstand"`)
	}
	writeJSON(w, p.Status, p.ContentType(""), p, d.opts.Log)
}
