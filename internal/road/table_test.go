package road_test

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/cabstand/cabstand/internal/road"
)

// A row is a line: what is wrong with one costs no other row, and each is told
// of by its own number.
func TestTable_Rows(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	table, err := road.OpenTable("trips", strings.NewReader("\ufeffa, b\r\n1,2\r\n\n\"3,4\n5,6\n7,\"8\n9\n\"x, \"\"y\"\"\","+long+"\n11,12"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for row := range table.Rows() {
		got = append(got, row.Text(0)+"|"+row.Text(1))
	}
	want := []string{"1|2", "5|6", "x, \"y\"|" + long, "11|12"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("read %.200q, want %.200q", got, want)
	}
	bad := table.Bad()
	if bad.Rows != 3 || table.Err() != nil {
		t.Fatalf("%v, %v", bad, table.Err())
	}
	for i, start := range []string{"trips line 4: ", "trips line 6: ", "trips line 7: wrong number"} {
		if !strings.HasPrefix(bad.First[i], start) {
			t.Errorf("told %q, want %q", bad.First[i], start)
		}
	}
}

func TestOpenTable_Refused(t *testing.T) {
	for text, words := range map[string]string{
		"":         "trips: the file is empty",
		"\n\n":     "trips: the file is empty",
		"a,\"b\n":  "the line that names the columns",
		"\x1f\x8b": "the gzip file is cut short",
	} {
		if _, err := road.OpenTable("trips", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: error %v, want %q", text, err, words)
		}
	}
}

func TestTable_Column(t *testing.T) {
	table, err := road.OpenTable("trips", strings.NewReader("a,b,a\n"))
	if err != nil {
		t.Fatal(err)
	}
	if i, err := table.Column("x", "b"); i != 1 || err != nil {
		t.Errorf("column b is %d, %v", i, err)
	}
	if _, err := table.Column("a"); err == nil || !strings.Contains(err.Error(), "column a comes twice") {
		t.Errorf("column a: error %v", err)
	}
}

func TestTable_CutShort(t *testing.T) {
	var file bytes.Buffer
	zip := gzip.NewWriter(&file)
	_, _ = zip.Write([]byte("a,b\n" + strings.Repeat("1,2\n", 1000)))
	_ = zip.Close()
	table, err := road.OpenTable("trips", bytes.NewReader(file.Bytes()[:file.Len()-4]))
	if err != nil {
		t.Fatal(err)
	}
	for range table.Rows() {
	}
	if err := table.Err(); err == nil || !strings.Contains(err.Error(), "trips: the gzip file is cut short") {
		t.Errorf("error %v", err)
	}
}
