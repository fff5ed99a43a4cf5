package wire_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// badSubscriptions has frames that must be refused, with the code and the field
// that the error names.
var badSubscriptions = []struct {
	text  string
	code  fault.Code
	field string
}{
	{``, fault.Malformed, ""},
	{`{`, fault.Malformed, ""},
	{`[]`, fault.Malformed, ""},
	{`null`, fault.Malformed, ""},
	{`"subscribe"`, fault.Malformed, ""},
	{"\xff\xfe", fault.Malformed, ""},
	{`{"type":"subscribe"} {}`, fault.Malformed, ""},
	{`{}`, fault.Invalid, "type"},
	{`{"type":5}`, fault.Invalid, "type"},
	{`{"type":"hello"}`, fault.Invalid, "type"},
	{`{"Type":"subscribe"}`, fault.Invalid, "type"},
	{`{"type":"subscribe","zoom":3}`, fault.Invalid, "zoom"},
	{`{"type":"subscribe","CELLS":["dr5r"]}`, fault.Invalid, "CELLS"},
	{`{"type":"subscribe","cells":"dr5r"}`, fault.Invalid, "cells"},
	{`{"type":"subscribe","cells":[5]}`, fault.Invalid, "cells"},
	{`{"type":"subscribe","cells":null}`, fault.Invalid, "cells"},
	{`{"type":"subscribe","bbox":[1e999]}`, fault.Invalid, "bbox"},
	{`{"type":"subscribe","bbox":{}}`, fault.Invalid, "bbox"},
	{`{"type":"subscribe","detail":"all"}`, fault.Invalid, "detail"},
	{`{"type":"subscribe","detail":""}`, fault.Invalid, "detail"},
	{`{"type":"subscribe","detail":5}`, fault.Invalid, "detail"},
}

func TestDecodeSubscribeFrame(t *testing.T) {
	for text, want := range map[string]wire.SubscribeFrame{
		`{"type":"subscribe"}`:                                   {Type: "subscribe"},
		`{"type":"subscribe","cells":["dr5r","dr72"]}`:           {Type: "subscribe", Cells: []string{"dr5r", "dr72"}},
		`{"bbox":[-74.1,40.6,-73.8,40.9],"type":"subscribe"}`:    {Type: "subscribe", BBox: []float64{-74.1, 40.6, -73.8, 40.9}},
		`{"type":"subscribe","cells":["dr5r"],"detail":"cells"}`: {Type: "subscribe", Cells: []string{"dr5r"}, Detail: "cells"},
	} {
		if got, err := wire.DecodeSubscribeFrame([]byte(text)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, bad := range badSubscriptions {
		_, err := wire.DecodeSubscribeFrame([]byte(bad.text))
		checkRefusal(t, bad.text, err, bad.code, bad.field)
	}
}

// checkRefusal holds an error against what it must name, and its text against
// what people can read.
func checkRefusal(t *testing.T, text string, err error, code fault.Code, field string) {
	t.Helper()
	wrong, ok := err.(*fault.Error)
	if !ok || wrong.Code != code || wrong.Field != field {
		t.Errorf("%s: %v, want %s of %q", text, err, code, field)
		return
	}
	for _, ours := range []string{"Go ", "float64", "wire.", "json:"} {
		if strings.Contains(wrong.Detail, ours) {
			t.Errorf("%s: %s", text, wrong.Detail)
		}
	}
}

func FuzzDecodeSubscribeFrame(f *testing.F) {
	for _, bad := range badSubscriptions {
		f.Add([]byte(bad.text))
	}
	f.Add([]byte(`{"type":"subscribe","bbox":[-74.1,40.6,-73.8,40.9]}`))
	f.Add([]byte(`{"type":"` + strings.Repeat("x", 10_000) + `"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := wire.DecodeSubscribeFrame(data)
		switch {
		case err == nil && frame.Type != wire.FrameSubscribe:
			t.Errorf("%q passed for %+v", data, frame)
		case err != nil:
			checkFault(t, data, err)
			if detail := wire.NewErrorFrame(err, "").Detail; len(detail) > 1000 {
				t.Errorf("%q: the answer repeats %d bytes", data, len(detail))
			}
		}
	})
}
