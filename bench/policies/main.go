// Command policies tells what the policies are worth: it replays recorded demand
// with every policy at every fleet size, against the greedy one at its best, and
// prints the tables of docs/benchmarks.md. A goal that was missed is said; it is
// no failure of the run.
//
// It has two stages. The first tunes both sides on seeds and a part of the day of
// its own, the second measures what came of it on other seeds. What was measured
// is kept in --out, and a run with the same folder goes on from there; a folder
// is only good for one version of the code.
//
// Where the recorded data is absent it says so and ends well: the data is no part
// of the project.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type config struct {
	Fleets []int     `default:"1000,1200,1500,2000" help:"Fleet sizes."`
	Seeds  int       `default:"10" help:"Seeds of the final figures: 1 to this."`
	From   time.Time `default:"2013-09-01T17:00:00Z" help:"The final figures are of requests from this time on…"`
	To     time.Time `default:"2013-09-01T21:00:00Z" help:"…and before this."`

	TuneSeeds int       `default:"1" help:"Seeds to tune on, which are others: 1001 and the following."`
	TuneFrom  time.Time `default:"2013-09-01T18:00:00Z" help:"It is tuned on requests from this time on…"`
	TuneTo    time.Time `default:"2013-09-01T20:00:00Z" help:"…and before this."`

	Quick bool   `help:"A rehearsal: few settings, 2 seeds, 10 minutes of the day, 700 vehicles. Its figures mean nothing."`
	Out   string `type:"path" help:"Folder that keeps what was measured, to go on from; a new one without it."`
	Jobs  int    `help:"Replays at a time; as many as there are processors without it."`
	Data  string `default:"../shared/data" env:"CABSTAND_DATA" help:"Folder of the recorded data."`
}

func main() {
	var c config
	kong.Parse(&c, kong.Description("Measures what the policies are worth on recorded demand."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, c, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench/policies:", err)
		os.Exit(1)
	}
}

// Validate checks the settings.
func (c *config) Validate() error {
	for _, fleet := range c.Fleets {
		if fleet < 1 || fleet > 100_000 {
			return fmt.Errorf("--fleets: %d is not accepted: 1 to 100000", fleet)
		}
	}
	switch {
	case len(c.Fleets) == 0:
		return errors.New("--fleets: none is not accepted: one or more")
	case c.Seeds < 1 || c.Seeds > firstTuning:
		return fmt.Errorf("--seeds: %d is not accepted: 1 to %d", c.Seeds, firstTuning)
	case c.TuneSeeds < 1 || c.TuneSeeds > 1000:
		return fmt.Errorf("--tune-seeds: %d is not accepted: 1 to 1000", c.TuneSeeds)
	case c.Jobs < 0:
		return fmt.Errorf("--jobs: %d is not accepted: 0 or more", c.Jobs)
	case !c.From.Before(c.To):
		return fmt.Errorf("--to: %s is not accepted: a time after --from", c.To.Format(time.RFC3339))
	case !c.TuneFrom.Before(c.TuneTo):
		return fmt.Errorf("--tune-to: %s is not accepted: a time after --tune-from", c.TuneTo.Format(time.RFC3339))
	}
	return nil
}

// firstTuning is the last seed of the final figures; those to tune on follow it.
const firstTuning = 1000

func seedsAfter(last uint64, n int) (all []uint64) {
	for i := range uint64(n) {
		all = append(all, last+1+i)
	}
	return all
}

// rehearse makes it short.
func (c *config) rehearse() {
	c.Fleets, c.Seeds, c.TuneSeeds = []int{700}, 2, 1
	c.From = time.Date(2013, 9, 1, 18, 0, 0, 0, time.UTC)
	c.To = c.From.Add(10 * time.Minute)
	c.TuneFrom, c.TuneTo = c.From, c.To
}

// bench tunes, measures and reports.
func bench(ctx context.Context, c config, out, log io.Writer) error {
	if _, err := os.Stat(filepath.Join(c.Data, "nyc_trips.csv.gz")); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(out, "skipped: no recorded data in %s; CABSTAND_DATA names its folder\n", c.Data)
		return nil
	}
	knobs := allKnobs
	if c.Quick {
		c.rehearse()
		knobs = fewKnobs
	}
	l, err := c.lab(ctx, log)
	if err != nil {
		return err
	}
	tuning, final := span{c.TuneFrom, c.TuneTo}, span{c.From, c.To}
	few, many := seedsAfter(firstTuning, c.TuneSeeds), seedsAfter(0, c.Seeds)
	l.meter.ahead(len(c.Fleets)*knobs.size()*len(few)*l.city.requests(tuning) + len(c.Fleets)*rowsPerFleet*len(many)*l.city.requests(final))
	t := tuner{measure: l.measure, span: tuning, seeds: few, knobs: knobs}
	tuned, err := t.tune(ctx, c.Fleets)
	if err != nil {
		return err
	}
	finals, err := measureRows(ctx, l.measure, tuned, final, many)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %s/%s, %d cores, %s; %s\n\n", time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(), runtime.Version(), strings.Join(append([]string{"bench/policies"}, os.Args[1:]...), " "))
	fmt.Fprintf(out, "Final figures: %s, %d requests, seeds 1 to %d. Tuned on: %s, %d requests, seeds %d to %d.\n\n",
		final, l.city.requests(final), len(many), tuning, l.city.requests(tuning), few[0], few[len(few)-1])
	writeReport(out, tuned, finals, t)
	return nil
}

// lab makes ready what is needed to measure.
func (c *config) lab(ctx context.Context, log io.Writer) (*lab, error) {
	folder := c.Out
	if folder == "" {
		temp, err := os.MkdirTemp("", "cabstand-bench-policies-")
		if err != nil {
			return nil, err
		}
		folder = temp
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	began := time.Now()
	clock := func() time.Duration { return time.Since(began) }
	whole := span{c.From, c.To}.with(span{c.TuneFrom, c.TuneTo})
	city, err := loadCity(ctx, c.Data, whole, log)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(log, "%d requests read in %s; what is measured is kept in %s\n", len(city.orders), clock().Round(time.Second), folder)
	jobs := c.Jobs
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	return &lab{city: city, folder: folder, jobs: jobs, meter: newMeter(log, clock)}, nil
}
