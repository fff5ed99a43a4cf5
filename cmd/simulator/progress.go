package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// progress shows how far a long run is: a bar on a terminal, elsewhere a line
// for each fifth of the way.
type progress struct {
	out  io.Writer
	live bool
	now  func() time.Duration

	mu    sync.Mutex
	drawn time.Duration // when the bar was drawn last
	told  int           // fifths that were told of
}

func newProgress(out io.Writer, now func() time.Duration) *progress {
	return &progress{out: out, live: isTerminal(out), now: now, drawn: -time.Hour}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const (
	redraw   = 100 * time.Millisecond
	barWidth = 40
)

// show is told how much is done, 0 to 1.
func (p *progress) show(share float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.live {
		if now-p.drawn >= redraw {
			p.drawn = now
			full := int(share * barWidth)
			fmt.Fprintf(p.out, "\r%s%s %3.0f %%  %s", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), 100*share, left(share, now))
		}
		return
	}
	if fifths := int(share * 5); fifths > p.told && fifths < 5 {
		p.told = fifths
		fmt.Fprintf(p.out, "%d %% after %v\n", 20*fifths, now.Round(time.Second))
	}
}

// left is how long it will go on, if it goes on like this.
func left(share float64, now time.Duration) string {
	if share <= 0.01 {
		return "          "
	}
	return fmt.Sprintf("%v left   ", time.Duration(float64(now)*(1-share)/share).Round(time.Second))
}

// done wipes the bar.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live {
		fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", barWidth+30))
	}
}
