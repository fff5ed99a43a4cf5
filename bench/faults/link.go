package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// link is a way from one part to another that can be broken.
type link struct {
	proxy *toxiproxy.Proxy
	url   string // what to connect to in place of the other part
}

var proxies = toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())

// Toxics log to zerolog's own logger, which cannot be replaced for them alone.
func init() { zerolog.SetGlobalLevel(zerolog.Disabled) }

// newLink opens a way to the server at the address.
func newLink(name, address string) (*link, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	p := toxiproxy.NewProxy(proxies, name, "127.0.0.1:0", u.Host)
	if err := p.Start(); err != nil {
		return nil, err
	}
	u.Host = p.Listen
	return &link{proxy: p, url: u.String()}, nil
}

// cut closes every connection and refuses new ones; mend takes them again, at the
// same address.
func (l *link) cut()        { l.proxy.Stop() }
func (l *link) mend() error { return l.proxy.Start() }

// stall lets nothing through. The bytes are lost, as in a network that is gone, so
// that the connections have to be cut afterwards.
func (l *link) stall() error {
	return l.poison(`"type":"timeout","attributes":{"timeout":0}`)
}

// slow adds half a second, more or less, and lets few bytes through.
func (l *link) slow() error {
	return l.poison(`"type":"latency","attributes":{"latency":500,"jitter":250}`, `"type":"bandwidth","attributes":{"rate":64}`)
}

func (l *link) poison(toxics ...string) error {
	for i, t := range toxics {
		for _, way := range []string{"upstream", "downstream"} {
			json := fmt.Sprintf(`{"name":"%s-%d","stream":"%s",%s}`, way, i, way, t)
			if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(json)); err != nil {
				return err
			}
		}
	}
	return nil
}

// heal takes away what slows it down.
func (l *link) heal() { l.proxy.Toxics.ResetToxics(context.Background()) }
