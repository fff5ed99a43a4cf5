package main

import (
	"fmt"
	"net/url"
	"strings"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// link is a way from one part to another that can be broken.
type link struct {
	proxy    *toxiproxy.Proxy
	upstream string // address of the other part
	url      string // what to connect to in place of it
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
	l := &link{proxy: p, upstream: u.Host}
	u.Host = p.Listen
	l.url = u.String()
	return l, nil
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

// heal ends what slows or stalls it: every connection is closed, and new ones are
// as before, at the same address. A connection cannot be spared: the proxy hangs
// when it takes a toxic off one whose other end has gone meanwhile.
func (l *link) heal() error {
	l.proxy.Stop()
	l.proxy = toxiproxy.NewProxy(proxies, l.proxy.Name, l.proxy.Listen, l.upstream)
	return l.proxy.Start()
}
