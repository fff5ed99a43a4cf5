package replay_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/replay"
)

func TestReadReport(t *testing.T) {
	var file bytes.Buffer
	report := replay.Report{Format: replay.Format, Options: replay.Options{Label: "x", Fleet: 3}, Runs: []replay.Run{{Seed: 7}}}
	if err := report.Write(&file); err != nil {
		t.Fatal(err)
	}
	good := file.String()
	if got, err := replay.ReadReport(strings.NewReader(good)); err != nil || got.Runs[0].Seed != 7 || got.Options.Fleet != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	for text, words := range map[string]string{
		"":                 "not the result of a replay",
		good[:len(good)/2]: "cut short",
		"[]":               "not the result of a replay",
		"{}":               "format",
		good + good:        "one file holds one",
		good + "x":         "one file holds one",
		strings.Replace(good, `"fleet": 3`, `"fleet": 0`, 1): "fleet",
	} {
		if _, err := replay.ReadReport(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%.40q: error %v, want %q", text, err, words)
		}
	}
}
