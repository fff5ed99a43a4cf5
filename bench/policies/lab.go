package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/cabstand/cabstand/internal/dispatch"
	"github.com/cabstand/cabstand/internal/replay"
)

// trial is a setting to measure.
type trial struct {
	fleet int
	set   setting
	span  span
	seeds []uint64
}

// outcome is what came of a trial, a run for each seed.
type outcome struct {
	trial
	runs []replay.Run
	sum  replay.Summary
}

func outcomeOf(t trial, runs []replay.Run) outcome {
	return outcome{trial: t, runs: runs, sum: replay.Summarize(runs)}
}

func (o outcome) share() float64 { return o.sum.ServedShare.Mean }
func (o outcome) wait() float64  { return o.sum.WaitMean.Mean }

// swapsMost is the most exchanges that any trip went through.
func (o outcome) swapsMost() (most int) {
	for _, r := range o.runs {
		most = max(most, r.SwapsMost)
	}
	return most
}

// measure is what finds out what came of trials, in their order.
type measure func(ctx context.Context, what string, trials []trial) ([]outcome, error)

// lab replays, and keeps what came of it.
type lab struct {
	city   *city
	folder string
	jobs   int // at a time
	meter  *meter
}

// measure replays the trials, unless it is known what comes of them.
func (l *lab) measure(ctx context.Context, what string, trials []trial) ([]outcome, error) {
	l.meter.begin(what)
	runs := make([][]replay.Run, len(trials))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(l.jobs)
	for i, t := range trials {
		runs[i] = make([]replay.Run, len(t.seeds))
		for k, seed := range t.seeds {
			group.Go(func() (err error) {
				runs[i][k], err = l.run(ctx, t, seed)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(trials))
	for i, t := range trials {
		outcomes[i] = outcomeOf(t, runs[i])
	}
	return outcomes, nil
}

// run is the trial with one seed, from the folder if it is there.
func (l *lab) run(ctx context.Context, t trial, seed uint64) (replay.Run, error) {
	report := replay.Report{Format: replay.Format, Options: l.options(t, seed)}
	report.Input.Requests = l.city.requests(t.span)
	file, err := l.file(report.Options)
	if err != nil {
		return replay.Run{}, err
	}
	if kept, err := read(file, report.Options); err != nil || len(kept.Runs) == 1 {
		if err == nil {
			l.meter.known(report.Input.Requests)
			return kept.Runs[0], nil
		}
		return replay.Run{}, err
	}
	run, err := l.scenario(t).Run(ctx, seed)
	if err != nil {
		return replay.Run{}, fmt.Errorf("%s, %d vehicles, seed %d: %w", t.set.flags(), t.fleet, seed, err)
	}
	l.meter.done(report.Input.Requests)
	report.Runs = []replay.Run{run}
	report.Summary = replay.Summarize(report.Runs)
	return run, write(file, report)
}

func (l *lab) scenario(t trial) *replay.Scenario {
	config := dispatch.DefaultConfig
	config.Window, config.Policy = t.set.window, t.set.policy
	return &replay.Scenario{
		From: t.span.from, To: t.span.to, Orders: l.city.within(t.span), Fleet: t.fleet,
		Network: l.city.network, Dispatch: config, Behaviour: replay.DefaultBehaviour,
	}
}

// options is all that decides what comes of the trial, but for the code.
func (l *lab) options(t trial, seed uint64) replay.Options {
	settings := append(t.set.values(),
		replay.Setting{Name: "seed", Value: fmt.Sprint(seed)},
		replay.Setting{Name: "behaviour", Value: fmt.Sprintf("%+v", replay.DefaultBehaviour)},
		replay.Setting{Name: "limits", Value: fmt.Sprintf("%+v", dispatch.DefaultConfig.Limits)},
	)
	return replay.Options{
		Label: t.set.flags(), Policy: t.set.policy.Name, Settings: settings,
		Fleet: t.fleet, Network: l.city.name, From: t.span.from, To: t.span.to,
	}
}

// file is where the run with the options is kept.
func (l *lab) file(o replay.Options) (string, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return "", err
	}
	return filepath.Join(l.folder, fmt.Sprintf("%s-%d-%.8x.json", o.Policy, o.Fleet, sha256.Sum256(text))), nil
}

// read is the report in the file, if it is there and of these options.
func read(file string, o replay.Options) (replay.Report, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return replay.Report{}, nil
	}
	if err != nil {
		return replay.Report{}, err
	}
	report, err := replay.ReadReport(bytes.NewReader(data))
	if err != nil {
		return replay.Report{}, fmt.Errorf("%s: %w", file, err)
	}
	got, err := json.Marshal(report.Options)
	if err != nil {
		return replay.Report{}, err
	}
	if want, err := json.Marshal(o); err != nil || !bytes.Equal(got, want) {
		return replay.Report{}, err
	}
	return report, nil
}

// write leaves the whole report or none, also when it is interrupted.
func write(file string, r replay.Report) error {
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		return err
	}
	part := file + ".part"
	return errors.Join(os.WriteFile(part, text.Bytes(), 0o644), os.Rename(part, file))
}
