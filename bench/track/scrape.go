package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// samples is a page of /metrics: value by name and labels.
type samples map[string]float64

// scrape reads the metrics of a program.
func scrape(url string) (samples, error) {
	answer, err := http.Get(url + "/metrics")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s/metrics: %s", url, answer.Status)
	}
	return parseSamples(answer.Body)
}

func parseSamples(r io.Reader) (samples, error) {
	s := samples{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if !ok || name == "#" {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, fmt.Errorf("metrics: %q: %w", lines.Text(), err)
		}
		s[name] = v
	}
	return s, lines.Err()
}

func number(s string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return 0, fmt.Errorf("%q is no number", s)
	}
	return n, nil
}
