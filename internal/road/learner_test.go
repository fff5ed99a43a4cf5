package road_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/road"
	"pgregory.net/rapid"
)

var timesSquare = geo.Point{Lat: 40.758, Lon: -73.985}

// teach has so many trips of ten minutes take ratio times as long.
func teach(l *road.Learner, trips int, ratio float64) {
	const predicted = 10 * time.Minute
	for range trips {
		l.Learn(timesSquare, 18, predicted, time.Duration(ratio*float64(predicted)))
	}
}

func TestLearner_Learn(t *testing.T) {
	t.Run("ComesToTheTrueRatio", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			var l road.Learner
			ratio := rapid.Float64Range(0.55, 1.9).Draw(t, "ratio")
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
			for range 3000 {
				teach(&l, 1, ratio*(0.8+0.4*rng.Float64()))
			}
			if f := l.Factor(timesSquare, 18); math.Abs(f/ratio-1) > 0.05 {
				t.Fatalf("learned %v, the trips took %v", f, ratio)
			}
		})
	})
	t.Run("StaysInBounds", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			var l road.Learner
			for range rapid.IntRange(1, 2000).Draw(t, "trips") {
				l.Learn(timesSquare, 18, 10*time.Minute, 100*time.Hour)
			}
			high := l.Factor(timesSquare, 18)
			for range rapid.IntRange(1, 2000).Draw(t, "trips") {
				l.Learn(timesSquare, 18, 20*time.Hour, time.Minute)
			}
			if low := l.Factor(timesSquare, 18); high > 2 || high <= 1 || low < 0.5 || low >= high {
				t.Fatalf("up to %v, then down to %v", high, low)
			}
		})
	})
	t.Run("FewTripsBarelyMoveIt", func(t *testing.T) {
		var l road.Learner
		teach(&l, 1, 1000)
		if f := l.Factor(timesSquare, 18); f > 1.025 || f == 1 {
			t.Fatalf("one trip makes it %v", f)
		}
	})
	t.Run("OutliersDoNotPushIt", func(t *testing.T) {
		var l road.Learner
		for range 300 {
			teach(&l, 9, 1.2)
			teach(&l, 1, 8)
		}
		if f := l.Factor(timesSquare, 18); math.Abs(f-1.2) > 0.05 {
			t.Fatalf("learned %v of trips that take 1.2, and some 8", f)
		}
	})
	t.Run("ForgetsSlowly", func(t *testing.T) {
		var l road.Learner
		teach(&l, 2000, 1.5)
		teach(&l, 20, 0.8)
		if f := l.Factor(timesSquare, 18); f < 1.4 {
			t.Errorf("20 trips take it from 1.5 to %v", f)
		}
		teach(&l, 2000, 0.8)
		if f := l.Factor(timesSquare, 18); math.Abs(f-0.8) > 0.01 {
			t.Errorf("2000 trips of 0.8 make it %v", f)
		}
	})
	t.Run("ElsewhereNothing", func(t *testing.T) {
		var l road.Learner
		teach(&l, 500, 1.5)
		far := geo.Point{Lat: 40.70, Lon: -74.01}
		if l.Factor(far, 18) != 1 || l.Factor(timesSquare, 17) != 1 || l.Factor(timesSquare, 18) == 1 {
			t.Fatal("learned for another area or hour, or not at all")
		}
		if got := l.Scale(time.Minute, far, 18); got != time.Minute {
			t.Fatalf("a minute became %v", got)
		}
	})
	t.Run("NoLesson", func(t *testing.T) {
		var l road.Learner
		for range 100 {
			l.Learn(timesSquare, 18, 0, time.Hour)
			l.Learn(timesSquare, 18, time.Hour, -time.Hour)
			l.Learn(timesSquare, 18, 10*time.Second, time.Hour)
			l.Learn(timesSquare, 168, time.Hour, 2*time.Hour)
			l.Learn(geo.Point{Lat: math.NaN()}, 18, time.Hour, 2*time.Hour)
		}
		if saved, _ := json.Marshal(&l); string(saved) != "[]" {
			t.Fatalf("learned %s", saved)
		}
	})
	t.Run("Together", func(t *testing.T) {
		var l road.Learner
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				teach(&l, 100, 1.3)
				l.Scale(time.Minute, timesSquare, 18)
			})
		}
		wait.Wait()
		var alone road.Learner
		teach(&alone, 400, 1.3)
		if a, b := l.Factor(timesSquare, 18), alone.Factor(timesSquare, 18); a != b {
			t.Fatalf("four together learn %v, one alone %v", a, b)
		}
	})
}

func TestLearner_Scale(t *testing.T) {
	var l road.Learner
	teach(&l, 3000, 1.5)
	f := l.Factor(timesSquare, 18)
	if got := l.Scale(1000*time.Second, timesSquare, 18); got != time.Duration(math.Round(f*1e6))*time.Millisecond {
		t.Fatalf("1000 s by %v is %v", f, got)
	}
}

func TestLearner_JSON(t *testing.T) {
	t.Run("GoesOnAsBefore", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			var l, again road.Learner
			learn := func(learners ...*road.Learner) {
				p := geo.Point{Lat: 40 + rapid.Float64Range(0, 0.2).Draw(t, "lat"), Lon: -74}
				hour := rapid.IntRange(0, 167).Draw(t, "hour")
				real := time.Duration(rapid.IntRange(0, 3600).Draw(t, "s")) * time.Second
				for _, l := range learners {
					l.Learn(p, hour, 10*time.Minute, real)
				}
			}
			for range rapid.IntRange(0, 30).Draw(t, "before") {
				learn(&l)
			}
			saved := mustJSON(t, &l)
			if err := json.Unmarshal([]byte(saved), &again); err != nil {
				t.Fatal(err)
			}
			for range rapid.IntRange(0, 30).Draw(t, "after") {
				learn(&l, &again)
			}
			if a, b := mustJSON(t, &l), mustJSON(t, &again); a != b {
				t.Fatalf("%s\n%s", a, b)
			}
		})
	})
	t.Run("Err", func(t *testing.T) {
		var l road.Learner
		teach(&l, 5, 1.5)
		before := l.Factor(timesSquare, 18)
		for saved, want := range map[string]string{
			`{}`: "cannot unmarshal",
			`[{"area":"dr5r","hour":1,"factor_millionths":1000000,"trips":1}]`:                                                                  `area "dr5r"`,
			`[{"area":"dr5ra","hour":1,"factor_millionths":1000000,"trips":1}]`:                                                                 "area",
			`[{"area":"dr5ru","hour":168,"factor_millionths":1000000,"trips":1}]`:                                                               "hour 168 is not 0 to 167",
			`[{"area":"dr5ru","hour":1,"factor_millionths":1,"trips":1}]`:                                                                       "factor_millionths 1 is not",
			`[{"area":"dr5ru","hour":1,"factor_millionths":1000000,"trips":-9}]`:                                                                "trips -9",
			`[{"area":"dr5ru","hour":1,"factor_millionths":1000000,"trips":1},{"area":"dr5ru","hour":1,"factor_millionths":1000000,"trips":1}]`: "one each",
		} {
			if err := json.Unmarshal([]byte(saved), &l); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v does not say %q", saved, err, want)
			}
		}
		if l.Factor(timesSquare, 18) != before {
			t.Error("what was refused was learned")
		}
	})
}

func mustJSON(t *rapid.T, l *road.Learner) string {
	saved, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	return string(saved)
}

// What is read back at all is what would be saved.
func FuzzLearner_UnmarshalJSON(f *testing.F) {
	var l road.Learner
	teach(&l, 5, 1.5)
	saved, err := json.Marshal(&l)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(saved)
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var read, again road.Learner
		if json.Unmarshal(data, &read) != nil {
			return
		}
		saved, err := json.Marshal(&read)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(saved, &again); err != nil {
			t.Fatalf("%q is saved as %s: %v", data, saved, err)
		}
		if twice, err := json.Marshal(&again); err != nil || string(twice) != string(saved) {
			t.Errorf("%q is saved as %s, then as %s, %v", data, saved, twice, err)
		}
		if factor := read.Factor(timesSquare, 18); !(factor > 0 && factor < 100) {
			t.Errorf("%q makes drives take %v times as long", data, factor)
		}
	})
}
