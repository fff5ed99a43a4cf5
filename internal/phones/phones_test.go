package phones_test

import (
	"fmt"
	"math"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/phones"
)

func read(t *testing.T, form, message string) (phones.Report, error) {
	t.Helper()
	switch form {
	case "traccar":
		return phones.Traccar([]byte(message))
	case "owntracks":
		return phones.OwnTracks([]byte(message))
	}
	values, err := url.ParseQuery(message)
	if err != nil {
		t.Fatal(err)
	}
	if form == "osmand" {
		return phones.OsmAnd(values)
	}
	return phones.GPSLogger(values)
}

// at is a position without any measure.
func at(lat, lon float64, fixed string) driver.Position {
	p := driver.Position{Point: geo.Point{Lat: lat, Lon: lon}, Speed: driver.Unknown, Heading: driver.Unknown, Accuracy: driver.Unknown}
	if fixed != "" {
		var err error
		if p.FixedAt, err = time.Parse(time.RFC3339Nano, fixed); err != nil {
			panic(err)
		}
	}
	return p
}

func with(p driver.Position, speed, heading, accuracy float64) driver.Position {
	p.Speed, p.Heading, p.Accuracy = speed, heading, accuracy
	return p
}

// The messages are those of the apps' documentation, or of the tests of the
// server that they were made for.
var messages = map[string]struct {
	form, message, token string
	want                 []driver.Position
}{
	"OsmAndSeconds": {"osmand", "id=123456&timestamp=1377177267&lat=60.0&lon=30.0&speed=0.0&bearing=0.0&altitude=0&hdop=0.0", "123456",
		[]driver.Position{with(at(60, 30, "2013-08-22T13:14:27Z"), 0, 0, -1)}},
	"OsmAndMillis": {"osmand", "id=902064&lat=42.06288&lon=-88.23412&timestamp=1442068686579&hdop=6.0&altitude=224.0&speed=0.0", "902064",
		[]driver.Position{with(at(42.06288, -88.23412, "2015-09-12T14:38:06.579Z"), 0, -1, -1)}},
	"OsmAndISO": {"osmand", "id=902064&lat=42.06288&lon=-88.23412&timestamp=2016-01-27T18%3A55%3A47Z&hdop=6.0", "902064",
		[]driver.Position{at(42.06288, -88.23412, "2016-01-27T18:55:47Z")}},
	"OsmAndDateAndTime": {"osmand", "lat=49.60688&lon=6.15788&timestamp=2014-06-04+09%3A10%3A11&altitude=384.7&id=353861053849681", "353861053849681",
		[]driver.Position{at(49.60688, 6.15788, "2014-06-04T09:10:11Z")}},
	"OsmAndKnots": {"osmand", "id=123456789012345&timestamp=1504763810&lat=40.7232948571&lon=-74.0061408571&bearing=7.19889788244&speed=40&ignition=true&rpm=933&fuel=24", "123456789012345",
		[]driver.Position{with(at(40.7232948571, -74.0061408571, "2017-09-07T05:56:50Z"), 20.57777777778, 7.19889788244, -1)}},
	"OsmAndNoTime": {"osmand", "lat=60.0&lon=30.0&speed=0.0&heading=0.0&vacc=0&hacc=0&altitude=0&deviceid=123456", "123456",
		[]driver.Position{with(at(60, 30, ""), 0, 0, -1)}},
	"OsmAndLocation": {"osmand", "id=123456&timestamp=1377177267&location=60.0,30.0", "123456", []driver.Position{at(60, 30, "2013-08-22T13:14:27Z")}},
	"OsmAndCellsOnly": {"osmand", "id=123456&timestamp=1377177267&cell=257,02,16,2224&cell=257,02,16,2223,-90&wifi=00-14-22-01-23-45,-80&wifi=00-1C-B3-09-85-15,-70",
		"123456", nil},
	"OsmAndNoFix":     {"osmand", "id=1&lat=60.0&lon=30.0&valid=false", "1", nil},
	"OsmAndNoToken":   {"osmand", "timestamp=1377177267&lat=60.0&lon=30.0", "", []driver.Position{at(60, 30, "2013-08-22T13:14:27Z")}},
	"OsmAndMetres":    {"osmand", "id=1&lat=60&lon=30&speed_mps=8.5&accuracy=3.9&bearing=271", "1", []driver.Position{with(at(60, 30, ""), 8.5, 271, 3.9)}},
	"OsmAndUnknowns":  {"osmand", "id=1&lat=60&lon=30&speed=-1&bearing=-1&accuracy=0.0", "1", []driver.Position{at(60, 30, "")}},
	"OsmAndEmpty":     {"osmand", "id=1&lat=60&lon=30&speed=&bearing=&accuracy=&timestamp=", "1", []driver.Position{at(60, 30, "")}},
	"OsmAndHeadings":  {"osmand", "id=1&lat=60&lon=30&bearing=360", "1", []driver.Position{with(at(60, 30, ""), -1, 0, -1)}},
	"OsmAndWild":      {"osmand", "id=1&lat=60&lon=30&bearing=361", "1", []driver.Position{at(60, 30, "")}},
	"OsmAndOffTheMap": {"osmand", "id=1&lat=91&lon=30", "1", []driver.Position{at(91, 30, "")}}, // for the filter to refuse

	"Traccar": {"traccar", `{"location":{"timestamp":"2025-06-15T13:45:12.862Z","coords":{"latitude":37.4219983,"longitude":-122.084,"accuracy":5,"speed":0,"heading":-1,"altitude":5},"is_moving":false,"odometer":0,"event":"motionchange","battery":{"level":1,"is_charging":false},"activity":{"type":"still"},"extras":{},"_":"&id=48241179&lat=37.4219983&lon=-122.084&timestamp=2025-06-15T13:45:12.862Z&"},"device_id":"48241179"}`,
		"48241179", []driver.Position{with(at(37.4219983, -122.084, "2025-06-15T13:45:12.862Z"), 0, -1, 5)}},
	"TraccarMetres": {"traccar", `{"location":{"event":"motionchange","is_moving":false,"uuid":"0e9a2473-a9a7-4c00-997b-fb97d2154e75","timestamp":"2021-07-21T08:06:34.444Z","odometer":0,"coords":{"latitude":-6.1148096,"longitude":106.6837015,"accuracy":3.8,"speed":18.67,"speed_accuracy":0.26,"heading":63,"heading_accuracy":0.28,"altitude":35.7,"altitude_accuracy":3.8},"activity":{"type":"still","confidence":100},"battery":{"is_charging":false,"level":0.79},"extras":{}},"device_id":"8737767034"}`,
		"8737767034", []driver.Position{with(at(-6.1148096, 106.6837015, "2021-07-21T08:06:34.444Z"), 18.67, 63, 3.8)}},
	"TraccarIOS": {"traccar", `{"location":{"extras":{},"mock":true,"coords":{"speed_accuracy":-1,"speed":-1,"longitude":-122.406417,"ellipsoidal_altitude":0,"floor":null,"heading_accuracy":-1,"latitude":37.785834000000001,"accuracy":5,"altitude_accuracy":-1,"altitude":0,"heading":-1},"is_moving":false,"age":188,"odometer":0,"uuid":"2FB04C65-99CF-42AB-8DD3-EBCB4B108BF8","event":"motionchange","battery":{"level":-1,"is_charging":false},"activity":{"type":"unknown","confidence":100},"timestamp":"2025-05-09T04:11:30.579Z"},"device_id":"658765"}`,
		"658765", []driver.Position{with(at(37.785834, -122.406417, "2025-05-09T04:11:30.579Z"), -1, -1, 5)}},
	"TraccarBatch": {"traccar", `{"device_id":7,"location":[{"timestamp":1750000000,"coords":{"latitude":1,"longitude":2}},{"timestamp":1750000000500,"coords":{"latitude":3,"longitude":4,"speed":null}}]}`,
		"7", []driver.Position{at(1, 2, "2025-06-15T15:06:40Z"), at(3, 4, "2025-06-15T15:06:40.5Z")}},

	"OwnTracks": {"owntracks", `{"_type":"location","acc":10,"alt":34,"batt":78,"cog":270,"lat":48.85833,"lon":2.29513,"t":"u","tid":"JJ","tst":1497476456,"vac":4,"vel":36,"conn":"w","topic":"owntracks/jane/phone","inregions":["Home"]}`, "",
		[]driver.Position{with(at(48.85833, 2.29513, "2017-06-14T21:40:56Z"), 10, 270, 10)}},
	"OwnTracksShort":      {"owntracks", `{"lon":2.29513,"lat":48.85833,"_type":"location","tst":1497476456, "tid":"JJ"}`, "", []driver.Position{at(48.85833, 2.29513, "2017-06-14T21:40:56Z")}},
	"OwnTracksIOS":        {"owntracks", `{"_type":"location","lat":48.85833,"lon":2.29513,"tst":1497476456,"vel":-1,"cog":-1,"acc":65}`, "", []driver.Position{with(at(48.85833, 2.29513, "2017-06-14T21:40:56Z"), -1, -1, 65)}},
	"OwnTracksTransition": {"owntracks", `{"_type":"transition","wtst":1,"lat":48.8,"lon":2.2,"tst":1497476456,"acc":5,"event":"enter"}`, "", nil},
	"OwnTracksLwt":        {"owntracks", `{"_type":"lwt","tst":1497476456}`, "", nil},
	"OwnTracksEmpty":      {"owntracks", " ", "", nil},

	"GPSLogger": {"gpslogger", "lat=51.4772&lon=-0.0005&sat=12&desc=&alt=139.0&acc=10.618999481201172&dir=84.5&prov=gps&spd=3.18&timestamp=1521095734&timeoffset=2018-03-15T06:35:34.000Z&time=2018-03-15T06:35:34.500Z&date=2018-03-15&starttimestamp=1521095000&batt=77.0&aid=1&ser=2&act=&filename=x&profile=Default&hdop=&vdop=&pdop=&dist=0&token=t1",
		"t1", []driver.Position{with(at(51.4772, -0.0005, "2018-03-15T06:35:34.5Z"), 3.18, 84.5, 10.618999481201172)}},
	"GPSLoggerOffset": {"gpslogger", "id=t1&lat=1&long=2&time=2018-03-15T09:35:34.000%2B03:00", "t1", []driver.Position{at(1, 2, "2018-03-15T06:35:34Z")}},
	"GPSLoggerNetwork": {"gpslogger", "id=t1&lat=1&lon=2&timestamp=1521095734&spd=0.0&dir=0.0&acc=0.0", "t1",
		[]driver.Position{with(at(1, 2, "2018-03-15T06:35:34Z"), 0, 0, -1)}},
}

func TestReport(t *testing.T) {
	for name, m := range messages {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, m.form, m.message)
			for i := range got.Positions {
				if p := &got.Positions[i]; p.Speed > 0 { // a conversion's last digits are nobody's concern
					p.Speed = math.Round(p.Speed*1e11) / 1e11
				}
			}
			if err != nil || !reflect.DeepEqual(got, phones.Report{Token: m.token, Positions: m.want}) {
				t.Errorf("%s\n got %+v, %v\nwant %q %+v", m.message, got, err, m.token, m.want)
			}
		})
	}
}

// Each refusal names the field, the value and what is accepted, in words that
// are not of our code.
func TestReport_Refusals(t *testing.T) {
	many := strings.Repeat(`{"timestamp":1,"coords":{"latitude":1,"longitude":2}},`, phones.MaxPositions+1)
	for _, m := range []struct {
		form, message string
		code          fault.Code
		field, says   string
	}{
		{"osmand", "id=1&lat=60", fault.Invalid, "lon", "missing"},
		{"osmand", "id=1&lon=60", fault.Invalid, "lat", "missing"},
		{"osmand", "id=1&lat=north&lon=1", fault.Invalid, "lat", `"north"`},
		{"osmand", "id=1&lat=NaN&lon=1", fault.Invalid, "lat", `"NaN"`},
		{"osmand", "id=1&lat=1&lon=-Inf", fault.Invalid, "lon", `"-Inf"`},
		{"osmand", "id=1&lat=1&lat=2&lon=1", fault.Invalid, "lat", "2 times"},
		{"osmand", "id=1&lat=1&lon=1&speed=fast", fault.Invalid, "speed", "a number"},
		{"osmand", "id=1&lat=1&lon=1&speed_mps=fast", fault.Invalid, "speed_mps", "a number"},
		{"osmand", "id=1&lat=1&lon=1&timestamp=yesterday", fault.Invalid, "timestamp", "2026-05-01T08:00:00Z"},
		{"osmand", "id=1&lat=1&lon=1&timestamp=99999999999999999", fault.Invalid, "timestamp", "milliseconds"},
		{"osmand", "id=1&location=60.0", fault.Invalid, "location", "comma"},
		{"osmand", "id=1&location=60.0,x", fault.Invalid, "location", `"x"`},
		{"gpslogger", "id=1", fault.Invalid, "lat", "missing"},
		{"gpslogger", "id=1&lat=%25LAT&lon=%25LON", fault.Invalid, "lat", `"%LAT"`},
		{"gpslogger", "id=1&lat=1&lon=2&spd=x", fault.Invalid, "spd", `"x"`},
		{"traccar", `{"location":`, fault.Malformed, "", "JSON"},
		{"traccar", `[]`, fault.Malformed, "", "an object"},
		{"traccar", `{"device_id":"1"}`, fault.Invalid, "location", "missing"},
		{"traccar", `{"device_id":"1","location":null}`, fault.Invalid, "location", "missing"},
		{"traccar", `{"device_id":"1","location":7}`, fault.Invalid, "location", "an object"},
		{"traccar", `{"device_id":"1","location":{}}`, fault.Invalid, "location.coords.latitude", "missing"},
		{"traccar", `{"device_id":"1","location":{"coords":{"latitude":1,"longitude":[2]}}}`, fault.Invalid, "location.coords.longitude", "a number"},
		{"traccar", `{"device_id":"1","location":{"coords":{"latitude":true,"longitude":2}}}`, fault.Invalid, "location.coords.latitude", "a number"},
		{"traccar", `{"device_id":{},"location":{}}`, fault.Invalid, "device_id", "a text"},
		{"traccar", `{"device_id":"1","location":[` + strings.TrimSuffix(many, ",") + `]}`, fault.Invalid, "location", "at most 100"},
		{"owntracks", `{"lat":1,"lon":2}`, fault.Invalid, "_type", "missing"},
		{"owntracks", `{"_type":"encrypted","data":"x"}`, fault.Invalid, "_type", "encryption key"},
		{"owntracks", `{"_type":"location","lat":1,"tst":2}`, fault.Invalid, "lon", "missing"},
		{"owntracks", `{"_type":"location","lat":1,"lon":1e300,"tst":2}`, fault.Invalid, "lon", "1e300"},
		{"owntracks", `{"_type":"location","lat":1,"lon":{}}`, fault.Invalid, "lon", "a number"},
		{"owntracks", `nonsense`, fault.Malformed, "", "JSON"},
	} {
		report, err := read(t, m.form, m.message)
		f, ok := err.(*fault.Error)
		if !ok || f.Code != m.code || f.Field != m.field || !strings.Contains(f.Detail, m.says) || report.Positions != nil {
			t.Errorf("%s %.60s: %+v, %v, want %s of %q that says %q", m.form, m.message, report, err, m.code, m.field, m.says)
			continue
		}
		for _, ours := range []string{"Go ", "float64", "struct", "json:", "scalar", "phones"} {
			if strings.Contains(f.Detail, ours) {
				t.Errorf("%q tells of our code", f.Detail)
			}
		}
	}
}

// Whatever comes, what is read can be stored, compared and sent on.
func FuzzReport(f *testing.F) {
	for _, m := range messages {
		f.Add(m.form, m.message)
	}
	f.Fuzz(func(t *testing.T, form, message string) {
		if _, err := url.ParseQuery(message); err != nil && form != "traccar" && form != "owntracks" {
			return
		}
		report, err := read(t, form, message)
		if err != nil {
			if code := fault.CodeOf(err); code != fault.Invalid && code != fault.Malformed {
				t.Errorf("%v", err)
			}
			return
		}
		if len(report.Positions) > phones.MaxPositions {
			t.Errorf("%d positions", len(report.Positions))
		}
		for _, p := range report.Positions {
			for name, v := range map[string]float64{"lat": p.Lat, "lon": p.Lon, "speed": p.Speed, "heading": p.Heading, "accuracy": p.Accuracy} {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%s is %v", name, v)
				}
			}
			if p.Speed < 0 && p.Speed != driver.Unknown || p.Accuracy <= 0 && p.Accuracy != driver.Unknown ||
				(p.Heading < 0 || p.Heading >= 360) && p.Heading != driver.Unknown {
				t.Errorf("%+v", p)
			}
			if _, err := p.FixedAt.MarshalJSON(); err != nil {
				t.Errorf("%v: %v", p.FixedAt, err)
			}
		}
	})
}

// An example of what an app's message becomes.
func ExampleOsmAnd() {
	values, _ := url.ParseQuery("id=cab_secret&lat=40.73&lon=-73.98&timestamp=1700000000&speed=10&bearing=271&accuracy=6")
	report, err := phones.OsmAnd(values)
	if err != nil {
		fmt.Println(err)
		return
	}
	p := report.Positions[0]
	fmt.Printf("%v at %s, %.2f m/s\n", p.Point, p.FixedAt.Format(time.TimeOnly), p.Speed)
	// Output: 40.730000,-73.980000 at 22:13:20, 5.14 m/s
}
